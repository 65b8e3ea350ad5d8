"""From a stay to what was sent: every fact that it is made of, each leading to its original."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.audit import note
from services.access.problems import ensure
from services.access.viewer import Viewer
from services.record import presenters, reading, restricted, storage
from services.record.look import of_one_moment
from services.record.stored import StoredStay


class StayEvent(BaseModel):
    """A fact of a stay. Times in UTC."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    event_id: UUID = Field(description="GET /api/events/{event_id} gives the original")
    kind: str = Field(description="Encounter, or an HL7 v2 trigger: ADT^A01")
    source: str
    recorded: datetime = Field(description="when the source wrote it")
    received: datetime = Field(description="when it came to our door")
    known_at: datetime = Field(description="when it was stored")
    undone_by: UUID | None = Field(description="the event that took it back: it does not count")
    replaced_by: UUID | None = Field(description="the newer state of the visit, which holds")


async def events_for(
    database: AsyncEngine, viewer: Viewer, source: str, visit: str
) -> list[StayEvent] | None:
    """The facts of a stay, the first written first; None where the visit is not known.

    One that the record does not hold yet is left out until it does. Raises Refused.
    """
    async with of_one_moment(database) as tx:
        row = await storage.stay(tx, source, visit)
        decision, stance = await reading.deciding_visit(tx, viewer, row)
        person = row.person_id if row else None
        is_shown = row is not None and not restricted.hides_stay(row, stance.withheld)
        is_allowed = decision.allowed and (is_shown or row is None)
        await note(tx, viewer, "visit-events", person, is_allowed, decision.because)
        found = await _events(tx, row) if row is not None and decision.allowed else []
    ensure(decision)
    return found if is_shown else None


async def _events(tx: AsyncConnection, row: StoredStay) -> list[StayEvent]:
    undone, replaced = presenters.undone_in(row, None), presenters.replaced_in(row)
    ids = [UUID(event_id) for event_id in presenters.facts_in(row, None)]
    return [
        StayEvent(
            **fact._mapping,
            undone_by=undone.get(fact.event_id),
            replaced_by=replaced.get(fact.event_id),
        )
        for fact in await storage.facts_by_writing(tx, ids)
    ]
