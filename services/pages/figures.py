"""The board's questions put to the measures: the one place where pages read figures."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.measures import MEASURES
from schemas.times import london_date
from services.access.viewer import Viewer
from services.operations import reading
from services.operations.models import Answer, Row
from services.operations.question import Asked, question
from services.pages.board import Ask
from services.pages.board_words import Answers


async def answers_for(
    database: AsyncEngine,
    viewer: Viewer,
    asks: tuple[Ask, ...],
    where: Mapping[str, str],
    now: datetime,
) -> Answers:
    """What the measures answer. Raises Refused where the viewer may see none, and notes that.

    `where` narrows every question: `provider`, `site`.
    """
    return {ask: await _answer(database, viewer, ask, where, now) for ask in asks}


_EVERYWHERE = Ask("beds_occupied", by="site")


async def sites(database: AsyncEngine, viewer: Viewer, now: datetime) -> Sequence[Row]:
    """Every site where somebody has a bed, as a row each."""
    answers = await answers_for(database, viewer, (_EVERYWHERE,), {}, now)
    return answers[_EVERYWHERE].rows or ()


async def _answer(
    database: AsyncEngine, viewer: Viewer, ask: Ask, where: Mapping[str, str], now: datetime
) -> Answer:
    asked = Asked.model_validate({**where, **ask.parameters(london_date(now))})
    wanted = question(MEASURES[ask.measure], asked, now)
    return await reading.answer_for(database, viewer, wanted, now)
