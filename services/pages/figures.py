"""The board's questions put to the measures: the one place where pages read figures."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.measures import MEASURES
from schemas.times import london_date
from services.access.audit import note
from services.access.problems import ensure
from services.access.rules import may_view_measures
from services.access.viewer import Viewer
from services.operations import reading
from services.operations.models import Answer
from services.operations.question import Asked, question
from services.pages.board import Ask, Period
from services.pages.board_words import Answers

# How many days, and how many of them are today.
_DAYS = {
    Period.TODAY: (1, 1),
    Period.FORTNIGHT: (14, 1),
    Period.NIGHTS: (13, 0),
    Period.FOUR_WEEKS: (28, 0),
}


async def ensure_may_see(database: AsyncEngine, viewer: Viewer) -> None:
    """Go on if the viewer may see measures. Raises Refused, and notes that."""
    decision = may_view_measures(viewer)
    if not decision.allowed:
        async with database.begin() as tx:
            await note(tx, viewer, "measures", None, decision.allowed)
    ensure(decision)


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


async def _answer(
    database: AsyncEngine, viewer: Viewer, ask: Ask, where: Mapping[str, str], now: datetime
) -> Answer:
    asked = Asked.model_validate({**where, **_days(ask.period, now), **_shape(ask)})
    wanted = question(MEASURES[ask.measure], asked, now)
    return await reading.answer_for(database, viewer, wanted, now)


def _shape(ask: Ask) -> dict[str, str]:
    return {"setting": ask.setting} | ({"by": ask.by} if ask.by else {})


def _days(period: Period, now: datetime) -> dict[str, object]:
    """`from` and `to` of a period, `to` not included."""
    if period is Period.NOW:
        return {}
    days, of_today = _DAYS[period]
    end = london_date(now) + timedelta(days=of_today)
    return {"from": end - timedelta(days=days), "to": end}
