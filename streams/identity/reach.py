"""Everything that is said of some identities and of whoever is joined to them, now or then."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import LinkKind
from streams.identity.statements import Statement

# What was known then, and not yet taken back; of a thread, what no greater version replaced.
_HOLDS = """
s.known_at <= moment.at and (s.withdrawn_at is null or s.withdrawn_at > moment.at)
and (s.thread is null or not exists (
  select from identity_statements g where g.thread = s.thread
    and (g.version, g.event_id) > (s.version, s.event_id)
    and g.known_at <= moment.at and (g.withdrawn_at is null or g.withdrawn_at > moment.at)))
"""
_MOMENT = """
moment(at) as (select coalesce(cast(:as_known_at as timestamptz), 'infinity'))
"""
# One NHS number is one neighbourhood, whatever dates of birth it was proven with.
_REACHED = text(f"""
with recursive {_MOMENT}, reach(key) as (
  select unnest(cast(:keys as text[])) union
  select n.key from reach r cross join moment join lateral (
    select s.other as key from identity_statements s
    where s.one = r.key and s.kind in ('same', 'merged', 'linked') and {_HOLDS}
    union all
    select s.one from identity_statements s
    where s.other = r.key and s.kind in ('same', 'merged', 'linked') and {_HOLDS}
    union all
    select b.key from identities a join identities b on b.number = a.number where a.key = r.key
  ) n on true
)
select i.key, i.own_id, i.person_id from identities i join reach using (key)
""")  # noqa: S608 (constants of ours)
_SAID = text(f"""
with {_MOMENT}
select distinct on (one, other, kind, who, thread, case when repeats then null else event_id end)
  event_id, number, one, other, kind, source, thread, version, said_at, who, content
from (
  select s.*, s.thread is null and s.kind = 'same' as repeats
  from identity_statements s cross join moment where s.one = any(:keys) and {_HOLDS}
  union
  select s.*, s.thread is null and s.kind = 'same' as repeats
  from identity_statements s cross join moment where s.other = any(:keys) and {_HOLDS}
) s
""")  # noqa: S608 (constants of ours)


class Reached(NamedTuple):
    """Identities that may be one person, with their own ids and the person of each as stored."""

    own_ids: dict[str, UUID]
    person: dict[str, UUID]
    statements: list[Statement]


async def reached(
    tx: AsyncConnection, keys: Collection[str], as_known_at: datetime | None = None
) -> Reached:
    """All that decides whose the identities are, as it is known now or was known then.

    What is said of one of them and of somebody whom nothing joins to them is there too.
    """
    values = {"keys": sorted(set(keys)), "as_known_at": as_known_at}
    rows = (await tx.execute(_REACHED, values)).all()
    own_ids = {row.key: row.own_id for row in rows}
    said = await tx.execute(_SAID, values | {"keys": list(own_ids)})
    return Reached(
        own_ids, {row.key: row.person_id for row in rows}, [statement(row) for row in said]
    )


def statement(row: Row[Any]) -> Statement:
    """A stored statement."""
    return Statement(
        row.event_id,
        row.number,
        row.one,
        row.other,
        LinkKind(row.kind),
        row.source,
        row.thread,
        row.version,
        row.said_at,
        row.who,
        row.content,
    )
