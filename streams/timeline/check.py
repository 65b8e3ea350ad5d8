"""The timeline folded again from the facts: where it differs, and the mending of it."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import decode
from streams.runtime.difference import Difference, mark
from streams.runtime.message_keys import WITHHELD
from streams.timeline.projector import Timeline, entries_text

_BOTH = text(f"""
select coalesce(f.event_id, t.event_id) as event_id, f.event, t.event_id is not null as is_stored,
  t.subject, t.thread, t.version, cast(t.entries as text) as entries
from (select event_id, event from facts where event_id not in ({WITHHELD})) f
full join (select * from timeline where withdrawn_at is null) t on t.event_id = f.event_id
""")  # noqa: S608 (constants of ours)
_REPLACE = text("""
insert into timeline (event_id, subject, thread, version, entries, known_at)
select :event_id, :subject, :thread, :version, cast(:entries as json), known_at
from facts where event_id = :event_id
on conflict (event_id) do update set subject = excluded.subject, thread = excluded.thread,
  version = excluded.version, entries = excluded.entries, withdrawn_at = null
""")
_REMOVE = text("delete from timeline where event_id = :event_id")


class Row(NamedTuple):
    """What the timeline table holds of a fact."""

    subject: str
    thread: str
    version: str
    entries: str


class Compared(NamedTuple):
    event_id: UUID
    stored: Row | None
    folded: Row | None


async def compared(connection: AsyncConnection) -> AsyncIterator[Compared]:
    """Every row that differs from its fact, with what it should be (None: it should not be)."""
    async with connection.stream(_BOTH) as rows:
        async for row in rows:
            stored = Row(row.subject, row.thread, row.version, row.entries)
            found = Compared(row.event_id, stored if row.is_stored else None, _folded(row.event))
            if found.stored != found.folded:
                yield found


def _folded(value: Any) -> Row | None:
    event = decode(value) if value is not None else None
    if event is None or event.subject is None:
        return None
    return Row(event.subject, event.thread, event.version, entries_text(event) or "")


async def differences(connection: AsyncConnection) -> AsyncIterator[Difference]:
    async for found in compared(connection):
        yield Difference(Timeline.name, str(found.event_id), mark(found.stored), mark(found.folded))


async def rebuild(reading: AsyncConnection, tx: AsyncConnection) -> int:
    """Put every row that differs right; returns how many there were."""
    changed = 0
    async for found in compared(reading):
        changed += 1
        if found.folded is None:
            await tx.execute(_REMOVE, {"event_id": found.event_id})
        else:
            await tx.execute(_REPLACE, {"event_id": found.event_id, **found.folded._asdict()})
    return changed
