"""`/api/rejects`: list, look, send again."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, Field

from services.access.audit import note
from services.access.door import Database, ensure_noted, viewer
from services.access.problems import documented
from services.access.rules import may_desk_rejects
from services.access.viewer import Viewer
from services.rejects import desk

router = APIRouter(prefix="/api/rejects", tags=["rejects"], responses=documented())

Someone = Annotated[Viewer, Depends(viewer)]
LIMIT = 500
# Each one is read whole and sent whole: this many originals are in memory at once.
AT_ONCE = 100
# PostgreSQL holds no NUL in a text.
Word = Annotated[str, Query(pattern=r"^[^\x00]*$", max_length=500)]


class Redrive(BaseModel):
    """Which rejects to send to intake again."""

    rejects: list[UUID] = Field(max_length=AT_ONCE)


@router.get("")
async def rejects(
    who: Someone,
    database: Database,
    reason: Word | None = None,
    source: Word | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=LIMIT)] = 100,
) -> dict[str, Any]:
    """Rejects without their content, by id; `next` begins the following page."""
    await ensure_noted(database, who, "rejects", may_desk_rejects(who))
    async with database.connect() as connection:
        rows = await desk.listed(connection, reason=reason, source=source, after=after, limit=limit)
    return {
        "rejects": [dict(row) for row in rows],
        "next": rows[-1]["reject_id"] if len(rows) == limit else None,
    }


@router.get("/{reject}")
async def reject(who: Someone, database: Database, reject: UUID) -> dict[str, Any]:
    """One reject with its original, as text where it is text: a look that is noted."""
    await ensure_noted(database, who, "reject", may_desk_rejects(who))
    async with database.begin() as tx:
        row = await desk.shown(tx, reject)
        await note(tx, who, "reject", None, allowed=True)
    if row is None:
        raise HTTPException(404, "no such reject")
    return {**row, "original": desk.text_of(bytes(row["original"]))}


@router.post("/redrive")
async def redrive(
    request: Request, who: Someone, database: Database, chosen: Redrive
) -> dict[str, int]:
    """Send the chosen rejects to intake again; who did so is noted on each."""
    await ensure_noted(database, who, "reject-redrive", may_desk_rejects(who))
    async with database.begin() as tx:
        producer = request.app.state.door.producer
        return {"redriven": await desk.redrive(tx, producer, chosen.rejects, who.user)}
