"""Identities and what is said of them in PostgreSQL, over a transaction that the caller owns."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent
from schemas.identity import bare_of
from streams.identity.statements import Statement, statements_of
from streams.identity.work import work_out

_ADD_IDENTITIES = text(
    "insert into identities (key, own_id, person_id, number)"
    " select key, id, id, substring(key from '^nhs/([0-9]{10})')"
    " from (select key, gen_random_uuid() as id from unnest(cast(:keys as text[])) as key"
    " where not exists (select from identities i where i.key = key.key) order by key) as fresh"
    " on conflict do nothing"
)
# Adds what is new, and tells what of it was not said just so before: `is_old` is what a greater
# version of its thread replaces already. The rest may change who is one person: the state of a
# thread that says something else, two names in one message that nothing joined, and whatever is
# said outright.
_ADD = text("""
with said as (
  select * from unnest(
    cast(:events as uuid[]), cast(:numbers as smallint[]), cast(:ones as text[]),
    cast(:others as text[]), cast(:kinds as text[]), cast(:sources as text[]),
    cast(:threads as text[]), cast(:versions as text[]), cast(:said_at as timestamptz[]),
    cast(:contents as text[])
  ) as s(event_id, number, one, other, kind, source, thread, version, said_at, content)
), fresh as (
  insert into identity_statements
    (event_id, number, one, other, kind, source, thread, version, said_at, content)
  select * from said s where not exists
    (select from identity_statements k where k.event_id = s.event_id and k.number = s.number)
  on conflict do nothing returning event_id, one, other, kind, thread, version, content
)
select c.* from fresh f left join lateral (
  select k.event_id, k.version, k.content from identity_statements k
  where k.thread = f.thread and k.withdrawn_at is null
  order by k.version desc, k.event_id desc limit 1
) g on true cross join lateral (
  select f.event_id, f.one, f.other, f.thread, g.event_id is not null
      and (f.version collate "C", f.event_id) < (g.version collate "C", g.event_id) as is_old,
    case
    when f.thread is null then f.kind <> 'same' or not exists (
      select from identity_statements k where k.one = f.one and k.other = f.other
        and k.kind = 'same' and k.thread is null and k.withdrawn_at is null)
    when g.event_id is null then f.one <> f.other or f.kind <> 'same'
    else f.content is distinct from g.content end as is_new
) c where is_new or is_old
""")
# A worker's doing is known from its transaction's start, a member of staff's from now on.
_WITHDRAW = text("""
update identity_statements set withdrawn_by = :who,
  withdrawn_at = case when cast(:who as text) is null then now() else clock_timestamp() end
where event_id = :event_id and withdrawn_at is null returning event_id, one, other, thread
""")


async def note(tx: AsyncConnection, events: Sequence[CareEvent]) -> None:
    """Know every identity that the events name, and join and part those of whom they say so."""
    said = [each for event in events for each in statements_of(event)]
    rows = (await tx.execute(_ADD, columns_of(said))).all() if said else []
    # Who is named in what was said just so before is known.
    named = {key for row in rows for key in (row.one, row.other)}
    await know(tx, named | {event.subject for event in events if event.subject})
    await work_out(tx, [row for row in rows if not row.is_old])


async def take_back(tx: AsyncConnection, event_id: Any, who: str | None = None) -> bool:
    """Withdraw what a fact, or a member of staff, said; True where something was there to be.

    Facts that came in between stay under the identity that they name, so each is on its side.
    """
    rows = (await tx.execute(_WITHDRAW, {"event_id": event_id, "who": who})).all()
    await work_out(tx, rows)
    return bool(rows)


async def know(tx: AsyncConnection, named: Iterable[str]) -> None:
    """Know the identities, and the NHS number alone of each that has one."""
    keys = set(named)
    keys |= {bare for key in keys if (bare := bare_of(key))}
    if keys:
        await tx.execute(_ADD_IDENTITIES, {"keys": sorted(keys)})


def columns_of(said: Collection[Statement]) -> dict[str, list[Any]]:
    """The statements as one list a column: what a single `unnest` statement takes."""
    return {
        "events": [each.event_id for each in said],
        "numbers": [each.number for each in said],
        "ones": [each.one for each in said],
        "others": [each.other for each in said],
        "kinds": [each.kind.value for each in said],
        "sources": [each.source for each in said],
        "threads": [each.thread for each in said],
        "versions": [each.version for each in said],
        "said_at": [each.said_at for each in said],
        "contents": [each.content for each in said],
    }
