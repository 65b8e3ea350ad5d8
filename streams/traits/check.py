"""The traits read again from the facts: where the stored ones differ, and the mending of it."""

from collections.abc import AsyncIterator
from typing import Any, Final, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent, decode
from schemas.times import micros
from streams.runtime.difference import Difference, mark
from streams.runtime.message_keys import WITHHELD
from streams.traits.messages import MESSAGES
from streams.traits.read import READERS, traits_of
from streams.traits.store import add
from streams.traits.trait import Trait

NAME: Final = "traits"

_BOTH = text(f"""
select coalesce(f.event_id, t.event_id) as event_id, f.event, cast(t.told as text) as told
from (
  select event_id, event from facts
  where (kind = any(:kinds) or starts_with(kind, :messages)) and event_id not in ({WITHHELD})
) f full join (
  select event_id, json_agg(json_build_array(number, kind, subject, source, thread, version,
    cast(extract(epoch from recorded) * 1000000 as bigint), said) order by number) as told
  from traits where withdrawn_at is null group by event_id
) t on t.event_id = f.event_id
""")  # noqa: S608 (constants of ours)
_KINDS: Final = {"kinds": list(READERS), "messages": MESSAGES}
_REMOVE = text("delete from traits where event_id = :event_id")
_KNOWN = text("""
update traits t set known_at = f.known_at from facts f
where f.event_id = t.event_id and t.event_id = :event_id
""")


class Compared(NamedTuple):
    """A fact whose traits differ: what is stored, and what should be (None: nothing)."""

    event_id: UUID
    stored: list[Any]
    folded: list[Any]
    told: tuple[CareEvent, tuple[Trait, ...]] | None


async def compared(connection: AsyncConnection) -> AsyncIterator[Compared]:
    """Every fact whose stored traits are not what it says."""
    async with connection.stream(_BOTH, _KINDS) as rows:
        async for row in rows:
            event = decode(row.event) if row.event is not None else None
            told = (event, traits_of(event)) if event else None
            stored = orjson.loads(row.told) if row.told else []
            folded = _rows(*told) if told else []
            if stored != folded:
                yield Compared(row.event_id, stored, folded, told)


def _rows(event: CareEvent, traits: tuple[Trait, ...]) -> list[Any]:
    return [
        [
            number,
            trait.kind.value,
            trait.subject,
            event.source,
            trait.thread,
            event.version,
            micros(event.recorded),
            dict(trait.said),
        ]
        for number, trait in enumerate(traits)
    ]


async def differences(connection: AsyncConnection) -> AsyncIterator[Difference]:
    """Every fact whose traits differ."""
    async for found in compared(connection):
        yield Difference(NAME, str(found.event_id), mark(found.stored), mark(found.folded))


async def rebuild(reading: AsyncConnection, tx: AsyncConnection) -> int:
    """Put right what differs; returns of how many facts that was."""
    changed = 0
    async for found in compared(reading):
        changed += 1
        await tx.execute(_REMOVE, {"event_id": found.event_id})
        if found.told:
            await add(tx, [found.told])
            await tx.execute(_KNOWN, {"event_id": found.event_id})
    return changed
