"""The only public reads of measures: no viewer, no figures; the stays behind one are audited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.measures import Span
from services.access.audit import note_each
from services.access.measures import ensure_may_view
from services.access.problems import ensure
from services.access.rules import may_follow_figures
from services.access.viewer import Viewer
from services.operations import storage
from services.operations.models import Answer, Row, StayBehind, StaysPage
from services.operations.question import Question
from services.record.behind import stay_told, told_of
from services.record.cursor import cursor_of, place_of
from services.record.storage import stays_at


async def answer_for(
    database: AsyncEngine, viewer: Viewer, asked: Question, now: datetime
) -> Answer:
    """The figure that is asked for, and its rows. Raises Refused; only a denial is audited.

    A figure is a count, of nobody in particular.
    """
    await ensure_may_view(database, viewer)
    async with database.connect() as tx:
        # One moment of the database for both, so that the rows add up to the figure.
        await tx.execution_options(isolation_level="REPEATABLE READ")
        figures = await storage.figures(tx, asked)
        rows = await storage.rows(tx, asked, asked.by) if asked.by else None
    return _answer(asked, now, figures, rows)


async def stays_behind_for(
    database: AsyncEngine, viewer: Viewer, asked: Question, after: str | None, limit: int
) -> StaysPage:
    """A page of the stays behind a figure. Raises Refused; each person's line is audited."""
    place = place_of(after, tuple[str, str])
    decision = may_follow_figures(viewer)
    async with database.begin() as tx:
        found = await storage.stays_behind(tx, asked, place, limit + 1) if decision.allowed else []
        shown = found[:limit]
        stays = await stays_at(tx, [(source, visit) for source, visit, _ in shown])
        told = await told_of(tx, viewer, stays.values())
        people = {stay.person_id for stay in stays.values()} or {None}
        await note_each(tx, viewer, "measure-stays", people, decision.allowed)
    ensure(decision)
    return StaysPage(
        measure=asked.measure.id,
        version=asked.measure.version,
        stays=[
            StayBehind(amount=amount, stay=stay_told(stays[source, visit], told))
            for source, visit, amount in shown
        ],
        next=cursor_of(shown[-1][:2]) if len(found) > limit else None,
    )


def _answer(
    asked: Question,
    now: datetime,
    figures: dict[str, float | None],
    rows: Sequence[Mapping[str, Any]] | None,
) -> Answer:
    measure = asked.measure
    period = measure.span is Span.PERIOD
    return Answer(
        **measure.model_dump(include={"title", "unit", "definition", "source", "version"}),
        measure=measure.id,
        value=_value(figures),
        figures=figures,
        setting=asked.setting,
        first_day=asked.first if period else None,
        end_day=asked.end if period else None,
        as_of=now,
        by=asked.by,
        rows=[_row(row) for row in rows] if rows is not None else None,
    )


def _row(row: Mapping[str, Any]) -> Row:
    """A part: the columns that name it, and what is left are its figures."""
    names = {name: row[name] for name in row if name in _NAMES}
    figures = {name: row[name] for name in row if name not in _NAMES}
    return Row(**names, value=_value(figures), figures=figures)


_NAMES = frozenset({"provider", "site", "ward", "class", "day"})


def _value(figures: Mapping[str, float | None]) -> float | None:
    """The measure's value is the first of its figures."""
    return next(iter(figures.values()))
