"""Own words that were taken in and may not be facts yet, over a transaction of the caller's."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent

_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(7420002, hashtext(cast(:person as text)))")
# What has not come in a day will not come: its log was lost, and nobody waits for it any more.
_AWAITED = text("""
select t.event_id, t.source, t.taken_at from own_words_taken t
where t.subject = any(:keys) and t.taken_at > now() - interval '1 day'
  and not exists (select from facts f where f.event_id = t.event_id)
order by t.taken_at desc, t.event_id
""")
_TAKE = text("""
insert into own_words_taken (subject, source, event_id, taken_at)
values (:subject, :source, :event_id, clock_timestamp())
on conflict (subject, source)
do update set event_id = excluded.event_id, taken_at = excluded.taken_at
""")
_IS_THERE = text("select exists (select from facts where event_id = :event_id)")


async def one_at_a_time(tx: AsyncConnection, person: UUID) -> None:
    """Wait until nobody else writes words of this person, until the transaction ends."""
    await tx.execute(_ONE_AT_A_TIME, {"person": str(person)})


async def awaited(tx: AsyncConnection, keys: Collection[str]) -> Sequence[Row[Any]]:
    """Words about these identities that are no facts yet, those taken in last first."""
    return (await tx.execute(_AWAITED, {"keys": list(keys)})).all()


async def take(tx: AsyncConnection, event: CareEvent) -> None:
    """Know that the words of an event are on their way."""
    values = {"subject": event.subject, "source": event.source, "event_id": UUID(event.id)}
    await tx.execute(_TAKE, values)


async def is_there(tx: AsyncConnection, event_id: UUID) -> bool:
    """Whether the fact is on the record."""
    return bool((await tx.execute(_IS_THERE, {"event_id": event_id})).scalar())
