"""Breaking the glass over HTTP, and the privacy officer's queue of who did."""

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.access.door import CurrentViewer, Database
from services.access.problems import Refused, documented
from services.record import broken_glass
from services.record.broken_glass_models import (
    BreakGlassIn,
    BrokenGlass,
    BrokenGlassOut,
    BrokenGlassPage,
    ReviewIn,
)
from services.record.unknown import known

router = APIRouter(tags=["break-glass"], responses=documented())


@router.post("/api/people/{person_id}/break-glass", status_code=HTTPStatus.CREATED)
async def post_break_glass(
    person_id: UUID,
    asked: BreakGlassIn,
    request: Request,
    viewer: CurrentViewer,
    database: Database,
) -> BrokenGlass:
    """Look without a relationship, for a time. The privacy officer is told, and asks why."""
    lasts = timedelta(minutes=request.app.state.settings.break_glass_minutes)
    return known(await broken_glass.break_glass(database, viewer, person_id, asked, lasts))


@router.get("/api/break-glass")
async def get_broken_glass(
    viewer: CurrentViewer,
    database: Database,
    reviewed: Annotated[bool, Query(description="those that were reviewed already")] = False,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="most lines in one page")] = 50,
) -> BrokenGlassPage:
    """Who broke the glass and is still to be asked about it, the oldest first."""
    return await broken_glass.to_review_for(database, viewer, after, limit, reviewed=reviewed)


@router.post("/api/break-glass/{break_glass_id}/review")
async def post_review(
    break_glass_id: UUID, given: ReviewIn, viewer: CurrentViewer, database: Database
) -> BrokenGlassOut:
    """Keep what was found of one."""
    found = await broken_glass.review(database, viewer, break_glass_id, given)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no broken glass of that id to review")
    return found
