"""Every fact of a record that may be shown, whole and verbatim, as somebody takes it with them."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.events import CareEvent
from services.access.problems import Refused
from services.access.rules import may_view_record
from services.access.viewer import Viewer
from services.record import restricted, storage
from services.record.look import Record, look_at, standing_towards
from services.record.ties import stance
from streams.timeline.read import TimelineEntry, timeline_of

# So many facts are in memory at once while a whole record is sent.
PART = 200


class Whole(NamedTuple):
    """The facts that hold and may be shown, newest first, by their ids.

    `is_restricted`: there are others, which the viewer may not see.
    """

    facts: list[UUID]
    is_restricted: bool = False


async def whole_for(database: AsyncEngine, viewer: Viewer, person: UUID) -> Whole | None:
    """A whole record, to be taken away; None where nobody knows the person. Raises Refused.

    What a source deleted is left out; what it entered in error says so itself.
    """
    return await look_at(database, viewer, person, "download", _whole)


async def parts_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, whole: Whole
) -> AsyncIterator[list[CareEvent]]:
    """The facts of a whole record, some at a time; facts never change, so it stays one moment's.

    Raises Refused where the viewer may not look any more, or not at all that is in it.
    """
    for first in range(0, len(whole.facts), PART):
        ids = whole.facts[first : first + PART]
        async with database.connect() as tx:
            facts = await storage.events(tx, ids)
            await _ensure_still(tx, viewer, person, facts.values())
        yield [facts[event_id] for event_id in ids]


async def _ensure_still(
    tx: AsyncConnection, viewer: Viewer, person: UUID, facts: Iterable[CareEvent]
) -> None:
    found = await stance(tx, viewer, person)
    may = may_view_record(viewer, standing_towards(found)).allowed
    hides = found.withheld.hides
    if not may or any(hides(UUID(one.id), one.thread, one.source) for one in facts):
        raise Refused(HTTPStatus.FORBIDDEN, "part of the record is not to be shown any more")


async def _whole(record: Record) -> Whole:
    order = await _in_order(record)
    return Whole([event_id for _, event_id in order], record.withheld.is_anything)


async def _in_order(record: Record) -> list[tuple[datetime, UUID]]:
    """When each fact was, and its id, newest first."""
    entries = await timeline_of(record.tx, record.who.keys)
    shown = restricted.facts_shown(entries, record.withheld)
    latest = {line.event_id: line.at for line in reversed(shown) if not _is_gone(line)}
    kept = await storage.still_there(record.tx, latest)
    return sorted(((latest[event_id], event_id) for event_id in kept), reverse=True)


def _is_gone(line: TimelineEntry) -> bool:
    """True for a deletion: struck through, with nothing left that could give a status."""
    is_message = "^" in line.resource_type
    return line.entry.struck and line.entry.status is None and not is_message
