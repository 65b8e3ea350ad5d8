"""The page of a caseload: a team's own people, and what there is to know of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from sse_starlette import EventSourceResponse

from services.access.door import Database
from services.access.problems import ensure
from services.access.rules import may_view_caseload
from services.pages import caseload_words
from services.pages.caseload_words import NOT_A_DAY, PATH, NotADay
from services.pages.errors import PageRoute
from services.pages.person import LAG_WORDS, Field
from services.pages.render import page
from services.pages.session import PageViewer
from services.record.caseload_models import What, Why
from services.record.caseload_reading import caseload_for

router = APIRouter(route_class=PageRoute, include_in_schema=False)

# As many people as one reads before going on.
PEOPLE = 50
_FILTERS = ("what", "why", "team", "place")


async def _asked(
    what: What | Literal[""] = "",
    why: Why | Literal[""] = "",
    team: Field = "",
    place: Field = "",
    since: Field = "",
    after: Annotated[Field, Query(max_length=2_000)] = "",
) -> Mapping[str, str]:
    said = {
        "what": what,
        "why": why,
        "team": team,
        "place": place,
        "since": since,
        "after": after,
    }
    return {name: str(value) for name, value in said.items() if value}


@router.get(PATH)
async def caseload(
    request: Request,
    viewer: PageViewer,
    database: Database,
    asked: Annotated[Mapping[str, str], Depends(_asked)],
) -> Response:
    """A page of the viewer's people, as the address asks for them."""
    # Looked at before the people: what changes meanwhile is another mark.
    mark = await request.app.state.changes.look() or ""
    since, wrong = _since(asked)
    to = {name: asked[name] for name in _FILTERS if name in asked}
    found = await caseload_for(
        database, viewer, to, since=since, after=asked.get("after"), limit=PEOPLE
    )
    said = {
        "caseload": caseload_words.caseload(found, asked, request.app.state.names),
        "asked": asked,
        "wrong": wrong,
        "mark": mark,
        "lag": LAG_WORDS[request.app.state.lag.lag()],
    }
    return page(request, "caseload.jinja", said, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK)


def _since(asked: Mapping[str, str]) -> tuple[datetime | None, str]:
    """Since when to tell what happened, and what is wrong with what was filled in."""
    try:
        return caseload_words.since_of(asked.get("since", ""), datetime.now(UTC)), ""
    except NotADay:
        return None, NOT_A_DAY


@router.get(f"{PATH}/changes")
async def changes(request: Request, viewer: PageViewer) -> Response:
    """Server-sent events: the mark of what the record holds; whose it is of is not told."""
    ensure(may_view_caseload(viewer))
    heard = request.app.state.changes.heard()
    return EventSourceResponse(heard, headers={"Cache-Control": "no-store"})
