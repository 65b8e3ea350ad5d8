"""What has changed since a moment, of everybody or of one person, from PostgreSQL.

Rows are known from the start of the transaction that stores them, and are seen once it commits.
So a look also says until when everything was there: the oldest transaction that was storing. That
is asked after what is stored was looked at, so it holds for the look before: whatever one look
did not see began after what the look before it says.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.record.changes import Behind, Change, Made, Seen, What
from services.record.presenters import every_fact_in
from services.record.referrals import facts_in_strand
from streams.runtime.database import SERVICE, WORKER
from streams.runtime.frozen import AT_MOST_S
from streams.runtime.horizon import MARGIN

# A transaction that is older has been ended, or stores nothing.
LATE: Final = timedelta(seconds=AT_MOST_S + 5.0)

_COLUMNS: Final = ", ".join(Change._fields)
# What a fact changes is of whoever it is about, and of whoever its thread was about just before:
# it replaces what they had, deletes it or takes it to somebody else.
_CHANGES: Final = """
select 'fact' as what, f.subject, '' as mark, f.event_id, f.event_id as shown, f.thread, f.source,
  f.kind, '' as name, null::uuid as person
from fresh f where f.subject is not null
union all
select 'fact', earlier.subject, '', f.event_id, earlier.event_id, f.thread, f.source, f.kind, '',
  null
from fresh f cross join lateral (
  select g.event_id, g.subject from facts g where g.thread = f.thread and g.version < f.version
  order by g.version desc, g.event_id limit 1
) earlier where earlier.subject is not null and earlier.subject is distinct from f.subject
union all
select 'fact', t.subject, 'withdrawn', t.event_id, t.event_id, f.thread, f.source, f.kind, '', null
from timeline t join facts f using (event_id) where t.withdrawn_at >= :since
union all
select 'stay', s.subject, s.revision::text, null, null, '', s.source, '', s.visit, null
from stays s where s.known_at >= :since and s.subject is not null
union all
select 'referral', r.subject, r.known_at::text, null, null, '', '', '', r.name, null
from referrals r where r.known_at >= :since and r.subject is not null
union all
select 'identity', i.key, i.changed_at::text, null, null, '', '', '', '', i.person_id
from identities i where i.changed_at >= :since
"""
_ALL = text(f"""
with fresh as materialized (
  select event_id, thread, version, subject, source, kind from facts where known_at >= :since
), changes as ({_CHANGES}), known as (
  select clock_timestamp() as at, greatest(
    clock_timestamp() - cast(:late as interval),
    least(clock_timestamp() - cast(:margin as interval), (
      select min(xact_start) from pg_stat_activity where datname = current_database()
        and pid <> pg_backend_pid() and application_name in (:worker, :service)))) as until
)
select 'known' as what, null as subject, null as mark, null::uuid as event_id, null::uuid as shown,
  null as thread, null as source, null as kind, null as name, null::uuid as person, at, until
from known
union all
select {_COLUMNS}, null, null from changes
""")  # noqa: S608 (constants of ours)
_OF_PERSON = text(f"""
with fresh as materialized (
  select f.event_id, f.thread, f.version, f.subject, f.source, f.kind
  from (select distinct thread from timeline where subject = any(:keys)) t
  join facts f using (thread) where f.known_at >= :since
), changes as ({_CHANGES})
select {_COLUMNS} from changes where subject = any(:keys) or person = :person
""")  # noqa: S608 (constants of ours)
_STAYS = text("""
select s.source, s.visit, s.provider, cast(s.facts as text) as facts
from unnest(cast(:sources as text[]), cast(:names as text[])) as k(source, visit)
join stays s using (source, visit)
""")
_REFERRALS = text("""
select r.name, cast(s.facts as text) as facts, r.referral->'requester'->>'code' as requester,
  r.referral->'receiver'->>'code' as receiver, r.referral->'owner'->>'code' as owner
from referrals r join referral_strands s on s.name = r.strand where r.name = any(:names)
""")
_OF_IDENTITIES = text("""
select subject, event_id from timeline where subject = any(:keys)
""")
_FACTS = text("select event_id, thread, source from facts where event_id = any(:event_ids)")


class Changed(NamedTuple):
    """What a look saw, and when; what began to be stored before `until` was there after it."""

    changes: frozenset[Change]
    at: datetime
    until: datetime


async def changed(tx: AsyncConnection, since: datetime) -> Changed:
    """Everything that is known since a moment, of everybody: one statement."""
    values = {"since": since, "late": LATE, "margin": MARGIN, "worker": WORKER, "service": SERVICE}
    rows = (await tx.execute(_ALL, values)).all()
    known = next(row for row in rows if row.what == "known")
    changes = frozenset(_change(row) for row in rows if row is not known)
    return Changed(changes, known.at, known.until)


async def changed_of(
    tx: AsyncConnection, person: UUID, keys: Collection[str], since: datetime
) -> frozenset[Change]:
    """The same of one person, by their identities."""
    values = {"since": since, "keys": list(keys), "person": person}
    return frozenset(map(_change, await tx.execute(_OF_PERSON, values)))


async def behind(tx: AsyncConnection, changes: Collection[Change]) -> Behind:
    """What these changes are made of; no statement where none is made of other things."""
    of = {what: [change for change in changes if change.what is what] for what in What}
    made = {
        **await _of_stays(tx, of[What.STAY]),
        **await _of_referrals(tx, of[What.REFERRAL]),
        **await _of_identities(tx, of[What.IDENTITY]),
    }
    return Behind(made, await _facts(tx, {fact for one in made.values() for fact in one.facts}))


async def _of_stays(tx: AsyncConnection, changes: Sequence[Change]) -> dict[Change, Made]:
    values = {"sources": [one.source for one in changes], "names": [one.name for one in changes]}
    rows = {(row.source, row.visit): row for row in await _rows(tx, _STAYS, values, changes)}
    return {
        change: Made(every_fact_in(row.facts), {row.source, row.provider})
        for change in changes
        if (row := rows.get((change.source, change.name))) is not None
    }


async def _of_referrals(tx: AsyncConnection, changes: Sequence[Change]) -> dict[Change, Made]:
    values = {"names": [one.name for one in changes]}
    rows = {row.name: row for row in await _rows(tx, _REFERRALS, values, changes)}
    return {
        change: Made(facts_in_strand(row.facts), {row.requester, row.receiver, row.owner} - {None})
        for change in changes
        if (row := rows.get(change.name)) is not None
    }


async def _of_identities(tx: AsyncConnection, changes: Sequence[Change]) -> dict[Change, Made]:
    found: dict[str, set[UUID]] = {change.subject: set() for change in changes}
    for row in await _rows(tx, _OF_IDENTITIES, {"keys": list(found)}, changes):
        found[row.subject].add(row.event_id)
    return {change: Made(found[change.subject], set()) for change in changes}


async def _facts(tx: AsyncConnection, event_ids: Collection[UUID]) -> dict[UUID, Seen]:
    rows = await _rows(tx, _FACTS, {"event_ids": list(event_ids)}, event_ids)
    return {row.event_id: Seen(row.event_id, row.thread, row.source) for row in rows}


async def _rows(
    tx: AsyncConnection, query: TextClause, values: dict[str, Any], wanted: Collection[object]
) -> Sequence[Row[Any]]:
    """The rows of a query; none, and no statement, where nothing is wanted."""
    return (await tx.execute(query, values)).all() if wanted else ()


def _change(row: Row[Any]) -> Change:
    said = row._mapping
    return Change(**{name: said[name] for name in Change._fields} | {"what": What(row.what)})
