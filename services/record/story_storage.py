"""The facts that a person's story is read from, over a transaction that the caller owns."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import decode
from streams.story.fact import Fact, fact_of
from streams.story.people import threads_in
from streams.timeline.read import LATER

_KNOWN = "known_at <= coalesce(cast(:as_known_at as timestamptz), 'infinity')"
# The kinds of facts that are asked for, and those of messages by their codes (`ADT^%`).
_OF_KIND = "(f.kind = any(:kinds) or f.kind like any(:codes))"
_HELD = text(f"""
select f.event, later.event_id is not null as is_gone from (
  select distinct on (t.thread) t.event_id, t.thread, t.version
  from timeline t join facts f using (event_id)
  where t.subject = any(:keys) and {_OF_KIND} and t.{_KNOWN}
  order by t.thread, t.version desc, t.event_id
) t join facts f using (event_id) {LATER} where later.subject is null
""")  # noqa: S608 (constants of ours)
_EVERY = text(f"""
select f.event, later.event_id is not null and later.subject is null as is_gone
from timeline t join facts f using (event_id) {LATER}
where t.subject = any(:keys) and {_OF_KIND} and t.{_KNOWN}
  and (later.subject is null or later.subject = any(:keys))
""")  # noqa: S608 (constants of ours)
_OF_NOBODY = text(f"""
select distinct on (f.thread) f.event from facts f
where f.thread = any(:threads) and f.subject is null and f.{_KNOWN}
order by f.thread, f.version desc, f.event_id
""")  # noqa: S608 (a constant of ours)


async def held(
    tx: AsyncConnection,
    keys: Collection[str],
    kinds: Sequence[str],
    as_known_at: datetime | None,
    *,
    codes: Sequence[str] = (),
) -> list[Fact]:
    """The facts of these kinds that hold of the identities; deleted ones are struck."""
    values = _values(keys, kinds, codes, as_known_at)
    return [fact_of(decode(row.event), gone=row.is_gone) for row in await tx.execute(_HELD, values)]


async def every(
    tx: AsyncConnection, keys: Collection[str], kinds: Sequence[str], as_known_at: datetime | None
) -> list[Fact]:
    """Every fact of these kinds that there is, also those that no longer hold."""
    values = _values(keys, kinds, (), as_known_at)
    return [
        fact_of(decode(row.event), gone=row.is_gone) for row in await tx.execute(_EVERY, values)
    ]


def _values(
    keys: Collection[str],
    kinds: Sequence[str],
    codes: Sequence[str],
    as_known_at: datetime | None,
) -> dict[str, object]:
    return {
        "keys": list(keys),
        "kinds": list(kinds),
        "codes": list(codes),
        "as_known_at": as_known_at,
    }


# A role names a practitioner and an organisation: what is named by what is named.
_HOPS = 2


async def directory(
    tx: AsyncConnection, threads: Collection[str], as_known_at: datetime | None
) -> Mapping[str, Fact]:
    """What is held of the people, organisations and places of these threads, and whom they name."""
    found: dict[str, Fact] = {}
    wanted = set(threads)
    for _ in range(_HOPS):
        more = await _of_nobody(tx, wanted - found.keys(), as_known_at) if wanted else {}
        found |= more
        wanted = threads_in(more.values())
    return found


async def _of_nobody(
    tx: AsyncConnection, threads: Collection[str], as_known_at: datetime | None
) -> dict[str, Fact]:
    """The latest state of things that are about nobody, such as practitioners, by thread."""
    values = {"threads": list(threads), "as_known_at": as_known_at}
    found = (fact_of(decode(row.event)) for row in await tx.execute(_OF_NOBODY, values))
    return {fact.event.thread: fact for fact in found if not fact.struck}
