"""The audit of every look at a record, written by the transaction that reads it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.tables import access_log
from services.access.rules import NO_REASON, Because
from services.access.viewer import Viewer
from services.correlation import asking

# Nobody asks for the number of a line that is written.
_ADD = insert(access_log).inline()


async def note(
    tx: AsyncConnection,
    viewer: Viewer,
    view: str,
    person_id: UUID | None,
    allowed: bool,
    because: Because = NO_REASON,
) -> None:
    """Write down one look, or one denial. `person_id` None: at nobody in particular."""
    await note_each(tx, viewer, view, [person_id], allowed, because)


async def note_each(
    tx: AsyncConnection,
    viewer: Viewer,
    view: str,
    people: Collection[UUID | None],
    allowed: bool,
    because: Because = NO_REASON,
) -> None:
    """Write down a look at several people's records, one line each: IHE BALP, PatientRead."""
    said = {
        "viewer": viewer.user,
        "name": viewer.name,
        "role": viewer.role.value,
        "org": viewer.org,
        "view": view,
        "allowed": allowed,
        **asking()._asdict(),
    }
    why = " ".join(sorted(because)) or None if allowed else None
    lines = [{**said, "person_id": one, "because": why if one else None} for one in people]
    if lines:
        await tx.execute(_ADD, lines)
