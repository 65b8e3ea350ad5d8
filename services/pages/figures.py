"""The board's questions put to the measures: the one place where pages read figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from schemas.measures import MEASURES
from schemas.times import london_date
from services.access.viewer import Viewer
from services.operations import reading
from services.operations.models import Row
from services.operations.question import Asked, question
from services.pages.board import Ask
from services.pages.board_words import Answers
from streams.measures.engine import Engine
from streams.measures.question import Question

_EVERYWHERE = Ask("beds_occupied", by="site")


async def answers_for(
    engine: Engine,
    viewer: Viewer,
    asks: tuple[Ask, ...],
    where: Mapping[str, str],
    now: datetime,
) -> Answers:
    """What the measures answer. Raises Refused where the viewer may see none, and notes that.

    `where` narrows every question: `provider`, `site`.
    """
    found = await reading.answers_for(engine, viewer, [_question(ask, where, now) for ask in asks])
    return dict(zip(asks, found, strict=True))


async def sites(engine: Engine, viewer: Viewer, now: datetime) -> Sequence[Row]:
    """Every site where somebody has a bed, as a row each."""
    _, found = await answers_and_sites(engine, viewer, (), {}, now)
    return found


async def answers_and_sites(
    engine: Engine,
    viewer: Viewer,
    asks: tuple[Ask, ...],
    where: Mapping[str, str],
    now: datetime,
) -> tuple[Answers, Sequence[Row]]:
    """Both, of one moment: what `answers_for` gives, and every site."""
    questions = [_question(ask, where, now) for ask in asks]
    everywhere = _question(_EVERYWHERE, {}, now)
    *found, places = await reading.answers_for(engine, viewer, [*questions, everywhere])
    return dict(zip(asks, found, strict=True)), places.rows or ()


def _question(ask: Ask, where: Mapping[str, str], now: datetime) -> Question:
    asked = Asked.model_validate({**where, **ask.parameters(london_date(now))})
    return question(MEASURES[ask.measure], asked, now)
