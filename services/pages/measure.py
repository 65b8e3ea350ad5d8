"""One measure as a page: its figures, cut as one likes, for a place and a time."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from schemas.measure import Measure, Span
from schemas.measures import MEASURES
from schemas.times import london_date
from services.access.measures import ensure_may_view
from services.access.problems import Refused
from services.access.rules import may_follow_figures
from services.operations import reading
from services.operations.door import MeasuresEngine
from services.operations.question import Asked, Unanswerable, question
from services.pages import measure_words, place
from services.pages.errors import PageRoute
from services.pages.figures import sites
from services.pages.render import page
from services.pages.session import PageViewer
from streams.measures.question import Question

router = APIRouter(route_class=PageRoute, include_in_schema=False)


class Wanted(BaseModel):
    """What the form of the page asks for."""

    model_config = ConfigDict(frozen=True)

    by: str = Field("", description="a dimension of the measure")
    days: int = Field(28, ge=0, le=3660, description="days before today; 0: today alone")
    at: str = Field("", description="provider, or provider/site")
    setting: str = "bed"


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
    measure, now = MEASURES.get(measure_id), datetime.now(UTC)
    if measure is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no measure of that id")
    asked = _parameters(measure, wanted, now)
    answer = await reading.answer_for(engine, viewer, _question(measure, asked, now))
    said = {
        "measure": measure_words.figures(measure, answer, asked),
        "forms": measure_words.forms(measure, wanted.by, wanted.days, wanted.setting),
        "choices": place.choices(await sites(engine, viewer, now), wanted.at),
        "at": wanted.at,
        "follows": may_follow_figures(viewer).allowed,
    }
    return page(request, "measure.jinja", said)


def _parameters(measure: Measure, wanted: Wanted, now: datetime) -> dict[str, str]:
    """What is wanted, as the API takes it."""
    asked = {**place.filters(wanted.at), "setting": wanted.setting}
    if wanted.by:
        asked["by"] = wanted.by
    if measure.span is Span.PERIOD:
        today = london_date(now)
        end = today if wanted.days else today + timedelta(days=1)
        first = today - timedelta(days=wanted.days)
        asked |= {"from": str(first), "to": str(end)}
    return asked


def _question(measure: Measure, asked: dict[str, str], now: datetime) -> Question:
    """Raises Refused where the measure cannot answer that."""
    try:
        return question(measure, Asked.model_validate(asked), now)
    except Unanswerable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
    except ValueError:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "that cannot be asked") from None
