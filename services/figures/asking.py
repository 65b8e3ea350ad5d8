"""The measures' answers for what is told: the one place here that asks them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from schemas.measures import MEASURES
from schemas.notices import Figure
from schemas.times import london_date
from services.figures.told import TOLD, Told
from services.figures.values import figures_of
from services.operations.question import Asked, question
from services.operations.reading import answers_to
from streams.measures.engine import Engine
from streams.measures.question import Question


async def figures_now(engine: Engine, now: datetime) -> dict[str, Figure]:
    """Every figure that is told, by its key, all of one moment."""
    asked = [(told, part) for told in TOLD if told.can_be_told for part in _parts(told)]
    answers = await answers_to(engine, [_question(told, part, now) for told, part in asked])
    found: dict[str, Figure] = {}
    for (told, part), answer in zip(asked, answers, strict=True):
        found.update(figures_of(told, answer, part))
    return found


def _parts(told: Told) -> Sequence[dict[str, str]]:
    return [{told.each[0]: value} for value in told.each[1]] if told.each else [{}]


def _question(told: Told, part: Mapping[str, str], now: datetime) -> Question:
    today = london_date(now)
    days = {"from": today, "to": today + timedelta(days=1)} if told.today else {}
    cut = {"by": told.by} if told.by else {}
    return question(MEASURES[told.measure], Asked.model_validate({**days, **cut, **part}), now)
