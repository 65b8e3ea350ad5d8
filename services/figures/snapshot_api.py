"""Snapshots over HTTP: what was told of a moment, what is so now, and what made the difference."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from services.access.door import CurrentViewer, Database
from services.access.problems import Refused, documented
from services.figures import snapshot_reading
from services.figures.snapshot_models import Snapshot, Taken
from services.record.models import Code, Moment

router = APIRouter(prefix="/api/operations/snapshots", tags=["measures"], responses=documented())


@router.get("")
async def list_snapshots(
    viewer: CurrentViewer,
    database: Database,
    before: Annotated[Moment | None, Query(description="those of earlier moments")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 70,
) -> list[Taken]:
    """The snapshots, the latest first."""
    return await snapshot_reading.taken_for(database, viewer, before, limit)


@router.get("/{at}")
async def get_snapshot(
    at: Moment,
    viewer: CurrentViewer,
    database: Database,
    measure: Annotated[Code | None, Query(description="only its figures")] = None,
    provider: Annotated[Code | None, Query(description="only its figures")] = None,
) -> Snapshot:
    """The figures of 08:00 or midnight in London, as they were told and as they are now."""
    found = await snapshot_reading.snapshot_for(database, viewer, at, measure, provider)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no snapshot of that moment")
    return found
