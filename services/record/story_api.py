"""A person's story beside the timeline, over HTTP: About me, who is involved, what is known."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from services.access.door import CurrentViewer, Database
from services.access.problems import documented
from services.record import story, writing
from services.record.as_known import AsKnownAt
from services.record.models import Code
from services.record.story_models import (
    AboutMeIn,
    AboutMeOut,
    AboutMeTaken,
    AlertOut,
    CareTeamOut,
    DocumentOut,
    PlansOut,
    QuestionOut,
)
from services.record.unknown import known

_CAME_BETWEEN: dict[int | str, dict[str, Any]] = {
    409: {"description": "Another version than `made_from` is the newest by now"}
}

router = APIRouter(tags=["record"], responses=documented())

Asked = Annotated[
    Code | None,
    Query(description="its words, its code `system|code`, or `form#linkId`"),
]


@router.get("/api/people/{person_id}/about-me")
async def get_about_me(
    person_id: UUID, viewer: CurrentViewer, database: Database, as_known_at: AsKnownAt
) -> AboutMeOut:
    """What the person says of themselves, and every version of it."""
    return known(await story.about_me_for(database, viewer, person_id, as_known_at))


@router.put("/api/people/{person_id}/about-me", status_code=202, responses=_CAME_BETWEEN)
async def put_about_me(
    person_id: UUID, new: AboutMeIn, request: Request, viewer: CurrentViewer, database: Database
) -> AboutMeTaken:
    """Write a new version, as the viewer's organisation; the versions before it are kept."""
    door = request.app.state.door
    return known(await writing.write_about_me(database, door, viewer, person_id, new))


@router.get("/api/people/{person_id}/care-team")
async def get_care_team(
    person_id: UUID, viewer: CurrentViewer, database: Database, as_known_at: AsKnownAt
) -> CareTeamOut:
    """Who is involved with the person, in which role, since when, and whom to ask first."""
    return known(await story.care_team_for(database, viewer, person_id, as_known_at))


@router.get("/api/people/{person_id}/alerts")
async def get_alerts(
    person_id: UUID, viewer: CurrentViewer, database: Database, as_known_at: AsKnownAt
) -> list[AlertOut]:
    """Safeguarding, allergies, reasonable adjustments, communication needs, other alerts."""
    return known(await story.alerts_for(database, viewer, person_id, as_known_at))


@router.get("/api/people/{person_id}/plans")
async def get_plans(
    person_id: UUID, viewer: CurrentViewer, database: Database, as_known_at: AsKnownAt
) -> PlansOut:
    """Care plans with their goals and activities, those in force first."""
    return known(await story.plans_for(database, viewer, person_id, as_known_at))


@router.get("/api/people/{person_id}/asked")
async def get_asked(
    person_id: UUID,
    viewer: CurrentViewer,
    database: Database,
    as_known_at: AsKnownAt,
    question: Asked = None,
) -> list[QuestionOut]:
    """What the person has been asked and answered; with `question`, whether that was asked."""
    return known(await story.asked_for(database, viewer, person_id, question, as_known_at))


@router.get("/api/people/{person_id}/documents")
async def get_documents(
    person_id: UUID, viewer: CurrentViewer, database: Database, as_known_at: AsKnownAt
) -> list[DocumentOut]:
    """Letters, summaries and reports, the latest first; replaced ones are struck through."""
    return known(await story.documents_for(database, viewer, person_id, as_known_at))
