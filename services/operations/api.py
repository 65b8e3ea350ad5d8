"""Measures over HTTP: the catalogue, each figure, and the stays behind it."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from schemas.measures import MEASURES, Measure
from services.access.door import CurrentViewer, Database
from services.access.problems import Refused, documented, ensure
from services.access.rules import may_view_measures
from services.operations import reading
from services.operations.models import Answer, StaysPage
from services.operations.question import Asked, Question, Unanswerable, question

router = APIRouter(prefix="/api/measures", tags=["measures"], responses=documented())


class AskedPage(Asked):
    """The parameters of the stays behind a figure."""

    after: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=500, description="most stays in one page")


@router.get("")
async def catalogue(viewer: CurrentViewer) -> list[Measure]:
    """Every measure that can be asked for, with its definition and what it can be cut by."""
    ensure(may_view_measures(viewer))
    return list(MEASURES.values())


@router.get("/{measure_id}", response_model_exclude_unset=True)
async def get_measure(
    measure_id: str, asked: Annotated[Asked, Query()], viewer: CurrentViewer, database: Database
) -> Answer:
    """The figure, with what it means; rows that add up to it when `by` is given."""
    now = datetime.now(UTC)
    return await reading.answer_for(database, viewer, _question(measure_id, asked, now), now)


@router.get("/{measure_id}/stays")
async def get_stays_behind(
    measure_id: str, asked: Annotated[AskedPage, Query()], viewer: CurrentViewer, database: Database
) -> StaysPage:
    """The stays that the figure counts, each with its share of it."""
    wanted = _question(measure_id, asked, datetime.now(UTC))
    return await reading.stays_behind_for(database, viewer, wanted, asked.after, asked.limit)


def _question(measure_id: str, asked: Asked, now: datetime) -> Question:
    measure = MEASURES.get(measure_id)
    if measure is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no measure of that id")
    try:
        return question(measure, asked, now)
    except Unanswerable as error:
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from None
