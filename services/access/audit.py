"""The audit of every look at a record, written by the transaction that reads it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.tables import access_log
from services.access.viewer import Viewer


async def note(
    tx: AsyncConnection, viewer: Viewer, view: str, person_id: UUID | None, allowed: bool
) -> None:
    """Write down one look, or one denial. `person_id` None: at nobody in particular."""
    await note_each(tx, viewer, view, [person_id], allowed)


async def note_each(
    tx: AsyncConnection,
    viewer: Viewer,
    view: str,
    people: Collection[UUID | None],
    allowed: bool,
) -> None:
    """Write down a look at several people's records, one line each: IHE BALP, PatientRead."""
    said = {
        "viewer": viewer.user,
        "role": viewer.role.value,
        "org": viewer.org,
        "view": view,
        "allowed": allowed,
    }
    if people:
        await tx.execute(insert(access_log), [said | {"person_id": person} for person in people])
