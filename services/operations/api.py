"""Measures over HTTP: the catalogue, each figure, the stays behind it, and what explains it."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from schemas.measure import Figure, Measure
from schemas.measures import MEASURES
from services.access.door import CurrentViewer, Database
from services.access.measures import ensure_may_view
from services.access.problems import Refused, documented
from services.operations import reading
from services.operations.door import MeasuresEngine
from services.operations.explained import explained_for
from services.operations.explained_models import Explained
from services.operations.models import Answer, StaysPage
from services.operations.question import Asked, Unanswerable, link, question
from services.record.models import Code
from streams.measures.question import Question

router = APIRouter(prefix="/api/measures", tags=["measures"], responses=documented())


class AskedPage(Asked):
    """The parameters of the stays behind a figure."""

    figure: Code | None = Field(None, description="which of the measure's figures; its value")
    after: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=500, description="most stays in one page")


@router.get("")
async def catalogue(viewer: CurrentViewer, database: Database) -> list[Measure]:
    """Every measure that can be asked for, with its definition and what it can be cut by."""
    await ensure_may_view(database, viewer)
    return list(MEASURES.values())


@router.get("/{measure_id}", response_model_exclude_unset=True)
async def get_measure(
    measure_id: str, asked: Annotated[Asked, Query()], viewer: CurrentViewer, engine: MeasuresEngine
) -> Answer:
    """The figure, with what it means; rows that add up to it when `by` is given."""
    return await reading.answer_for(engine, viewer, _question(measure_id, asked))


@router.get("/{measure_id}/stays")
async def get_stays_behind(
    measure_id: str,
    asked: Annotated[AskedPage, Query()],
    viewer: CurrentViewer,
    engine: MeasuresEngine,
) -> StaysPage:
    """The stays that the figure counts, each with its share of it."""
    wanted = _question(measure_id, asked)
    figure = figure_of(wanted.measure, asked.figure)
    return await reading.stays_behind_for(engine, viewer, wanted, asked.after, asked.limit, figure)


@router.get("/{measure_id}/explained", response_model_exclude_unset=True)
async def explain(
    measure_id: str, asked: Annotated[Asked, Query()], viewer: CurrentViewer, engine: MeasuresEngine
) -> Explained:
    """The figure with what it means, the stays that it is made of, what is doubtful among them,
    when and by what they last changed and, with `as_known_at`, what restated it since."""
    wanted = _question(measure_id, asked)
    if asked.by is not None:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "one figure is explained at a time: no `by`")
    return await explained_for(engine, viewer, wanted, link(wanted, asked))


def _question(measure_id: str, asked: Asked) -> Question:
    measure = MEASURES.get(measure_id)
    if measure is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no measure of that id")
    try:
        return question(measure, asked, datetime.now(UTC))
    except Unanswerable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None


def figure_of(measure: Measure, name: str | None) -> Figure:
    """The figure of that name, the measure's value for none. Raises Refused."""
    for figure in measure.figures:
        if name in (None, figure.name):
            return figure
    raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, f"{measure.id} has no figure of that name")
