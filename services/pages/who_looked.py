"""Who looked at a record: for the person whose it is, and for the privacy officer."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.access.door import Database
from services.access.viewer import Role
from services.pages import who_looked_words
from services.pages.errors import PageRoute
from services.pages.person_words import NO_NAME, partial_day
from services.pages.render import page
from services.pages.session import PageViewer
from services.record import reading

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LINES = 200


@router.get("/people/{person_id}/access-log")
async def who_looked(
    request: Request,
    viewer: PageViewer,
    database: Database,
    person_id: UUID,
    after: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Who looked, by day, the last first; who was refused too."""
    found, who = await reading.access_log_of(database, viewer, person_id, after=after, limit=LINES)
    own, path = viewer.role is Role.PERSON, f"/people/{person_id}/access-log"
    said = {
        "own": own,
        "whose": who.name or NO_NAME,
        "born": partial_day(who.birth_date) if who.birth_date else "",
        "record": f"/people/{person_id}" if own else "",
        "log": who_looked_words.log(found, request.app.state.names, path, after or "", own=own),
    }
    return page(request, "who-looked.jinja", said)
