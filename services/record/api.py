"""The record over HTTP: people, their timelines and stays, and the originals behind them."""

from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from schemas.topics import HL7V2_TEXT, ContentType
from services.access.door import CurrentViewer, Database
from services.access.problems import FHIR_JSON, Refused, documented
from services.record import reading, stay_events
from services.record.as_known import AsKnownAt
from services.record.models import (
    AccessLogPage,
    Code,
    Moment,
    Person,
    PersonFound,
    Search,
    StayOut,
    TimelinePage,
)
from services.record.narrowing import Narrowing
from services.record.referrals import ReferralOut
from services.record.stay_events import StayEvent
from services.record.unknown import known

_ORIGINAL: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            FHIR_JSON: {"schema": {"type": "object"}},
            ContentType.HL7V2.value: {"schema": {"type": "string"}},
        }
    }
}

router = APIRouter(tags=["record"], responses=documented())


After = Annotated[str | None, Query(description="`next` of the page before")]
Limit = Annotated[int, Query(ge=1, le=500, description="most lines in one page")]


async def _narrowing(
    kind: Annotated[Code | None, Query(description="only lines of this kind")] = None,
    source: Annotated[Code | None, Query(description="only what this service published")] = None,
    since: Annotated[Moment | None, Query(alias="from", description="not before")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="before")] = None,
) -> Narrowing:
    return Narrowing(kind, source, since, until)


Asked = Annotated[Narrowing, Depends(_narrowing)]


@router.post("/api/people/search")
async def search_people(
    search: Search, viewer: CurrentViewer, database: Database
) -> list[PersonFound]:
    """Find people by NHS number, or by name and date of birth; never in a URL."""
    return await reading.people_for(database, viewer, search)


@router.get("/api/people/{person_id}")
async def get_person(
    person_id: UUID, viewer: CurrentViewer, database: Database, as_known_at: AsKnownAt
) -> Person:
    """Who the person is, where they are now, and how much is known of them."""
    return known(await reading.person_for(database, viewer, person_id, as_known_at))


@router.get("/api/people/{person_id}/timeline")
async def get_timeline(
    person_id: UUID,
    viewer: CurrentViewer,
    database: Database,
    as_known_at: AsKnownAt,
    asked: Asked,
    after: After = None,
    limit: Limit = 50,
) -> TimelinePage:
    """The one story: every service's events in order, newest first."""
    return known(
        await reading.timeline_for(
            database,
            viewer,
            person_id,
            as_known_at=as_known_at,
            to=asked,
            after=after,
            limit=limit,
        )
    )


@router.get("/api/people/{person_id}/stays")
async def get_stays(
    person_id: UUID, viewer: CurrentViewer, database: Database, as_known_at: AsKnownAt
) -> list[StayOut]:
    """Every visit of the person, the latest admission first."""
    return known(await reading.stays_for(database, viewer, person_id, as_known_at))


@router.get("/api/people/{person_id}/referrals")
async def get_referrals(
    person_id: UUID, viewer: CurrentViewer, database: Database, as_known_at: AsKnownAt
) -> list[ReferralOut]:
    """Every referral of the person: who has it, what happens next, by when, the last contact."""
    return known(await reading.referrals_for(database, viewer, person_id, as_known_at))


@router.get("/api/people/{person_id}/access-log")
async def get_access_log(
    person_id: UUID,
    viewer: CurrentViewer,
    database: Database,
    after: After = None,
    limit: Limit = 50,
) -> AccessLogPage:
    """Who looked at the person's record, and who was denied."""
    return await reading.access_log_for(database, viewer, person_id, after=after, limit=limit)


@router.get("/api/stays")
async def get_visit(
    source: Annotated[Code, Query(description="ODS code of the publisher")],
    visit: Annotated[Code, Query(description="the publisher's own id of the visit")],
    viewer: CurrentViewer,
    database: Database,
) -> list[StayOut]:
    """The stay of one visit; an empty list where nothing is known of it."""
    return await reading.visit_for(database, viewer, source, visit)


@router.get("/api/stays/{source}/{visit:path}/events")
async def get_visit_events(
    source: Code, visit: Code, viewer: CurrentViewer, database: Database
) -> list[StayEvent]:
    """The facts that a stay is made of, the first written first, also those taken back."""
    found = await stay_events.events_for(database, viewer, source, visit)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such visit")
    return found


@router.get("/api/events/{event_id}", responses=_ORIGINAL, response_class=Response)
async def get_event(event_id: UUID, viewer: CurrentViewer, database: Database) -> Response:
    """What is behind a line of the timeline, verbatim as its source published it.

    A FHIR resource, or a whole HL7 v2 message in UTF-8, whatever characters it came in.
    """
    event = await reading.event_for(database, viewer, event_id)
    if event is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such event")
    if event.is_hl7v2:
        return Response(event.text().encode(), media_type=HL7V2_TEXT)
    return Response(bytes(event.resource), media_type=FHIR_JSON)
