"""The stays behind a figure as a page: from a number to the visits that it counts."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from schemas.measures import MEASURES
from services.access.problems import Refused
from services.operations import reading
from services.operations.api import AskedPage, figure_of
from services.operations.door import MeasuresEngine
from services.operations.question import Unanswerable, question
from services.pages import behind_words
from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import PageViewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/measures/{measure_id}/stays")
async def stays_behind(
    request: Request,
    viewer: PageViewer,
    engine: MeasuresEngine,
    measure_id: str,
    asked: Annotated[AskedPage, Query()],
) -> Response:
    """A page of the stays that the figure counts, each with its share of it."""
    measure = MEASURES.get(measure_id)
    if measure is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no measure of that id")
    now = datetime.now(UTC)
    try:
        wanted = question(measure, asked, now)
    except Unanswerable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    figure = figure_of(measure, asked.figure)
    found = await reading.stays_behind_for(engine, viewer, wanted, asked.after, asked.limit, figure)
    said = behind_words.stays_behind(measure, figure, found, dict(request.query_params), now)
    return page(request, "behind.jinja", {"behind": said})
