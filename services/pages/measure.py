"""One measure as a page: its figures, cut as one likes, for a place and a time; and explained."""

from collections.abc import Mapping
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from schemas.measure import Measure
from schemas.measures import MEASURES
from services.access.measures import ensure_may_view
from services.access.problems import Refused
from services.access.rules import may_follow_figures
from services.operations import reading
from services.operations.door import MeasuresEngine
from services.operations.explained import explained_for
from services.operations.question import Asked, Unanswerable, link, question
from services.pages import explained_words, measure_words, place
from services.pages.errors import PageRoute
from services.pages.figures import sites
from services.pages.render import page
from services.pages.session import PageViewer
from services.pages.wanted import Wanted, parameters
from streams.measures.question import Question

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/measures/{measure_id}")
async def one_measure(
    request: Request,
    viewer: PageViewer,
    engine: MeasuresEngine,
    measure_id: str,
    wanted: Annotated[Wanted, Query()],
) -> Response:
    """The figures of a measure, in parts where `by` is given."""
    await ensure_may_view(engine.database, viewer)
    measure, now, names = _measure(measure_id), datetime.now(UTC), request.app.state.names
    asked = parameters(measure, wanted, now)
    answer = await reading.answer_for(engine, viewer, _asked(measure, asked, now))
    offered = place.choices(await sites(engine, viewer, now), wanted.at, names)
    said = {
        "measure": measure_words.figures(measure, answer, asked, names),
        "forms": measure_words.forms(measure, wanted, names),
        "choices": place.taken_by(measure, offered),
        "wanted": wanted,
        "follows": may_follow_figures(viewer).allowed,
    }
    return page(request, "measure.jinja", said)


@router.get("/measures/{measure_id}/explained")
async def explained(
    request: Request,
    viewer: PageViewer,
    engine: MeasuresEngine,
    measure_id: str,
    asked: Annotated[Asked, Query()],
) -> Response:
    """What one figure is made of, what is doubtful in it, and what last changed it."""
    measure, now = _measure(measure_id), datetime.now(UTC)
    if asked.by is not None:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "one figure is explained at a time")
    wanted = _question(measure, asked, now)
    found = await explained_for(engine, viewer, wanted, link(wanted, asked))
    told = measure_words.asked_words(found.answer, request.query_params, request.app.state.names)
    said = {
        "explained": explained_words.explained(measure, found, told),
        "follows": may_follow_figures(viewer).allowed,
    }
    return page(request, "explained.jinja", said)


def _measure(measure_id: str) -> Measure:
    measure = MEASURES.get(measure_id)
    if measure is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no measure of that id")
    return measure


def _asked(measure: Measure, asked: Mapping[str, str], now: datetime) -> Question:
    """Raises Refused where that cannot be asked."""
    try:
        return _question(measure, Asked.model_validate(asked), now)
    except ValueError:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "that cannot be asked") from None


def _question(measure: Measure, asked: Asked, now: datetime) -> Question:
    """Raises Refused where the measure cannot answer that."""
    try:
        return question(measure, asked, now)
    except Unanswerable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
