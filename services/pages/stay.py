"""From a stay to what was sent: its facts as a page, and each fact's original as another."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.access.door import Database
from services.access.problems import Refused
from services.pages import stay_words
from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import PageViewer
from services.record import reading, stay_events
from services.record.models import Code

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/stays/{source}/{visit:path}")
async def one_stay(
    request: Request, viewer: PageViewer, database: Database, source: Code, visit: Code
) -> Response:
    """The facts that a stay is made of, the first written first."""
    facts = await stay_events.events_for(database, viewer, source, visit)
    if facts is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such visit")
    return page(request, "stay.jinja", {"stay": stay_words.stay(source, visit, facts)})


@router.get("/events/{event_id}")
async def original(
    request: Request, viewer: PageViewer, database: Database, event_id: UUID
) -> Response:
    """What is behind a fact, as its source published it."""
    event = await reading.event_for(database, viewer, event_id)
    if event is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such event")
    return page(request, "original.jinja", {"original": stay_words.original(event)})
