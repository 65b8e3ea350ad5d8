"""What the engine gives, as the answer to a question, as far as it may be told. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from schemas.measure import Span
from services.operations.models import Answer, Estimated, GapBetween, Restated, Row
from streams.measures.disclosure import Row as Found
from streams.measures.disclosure import Told, disclosed
from streams.measures.gap import Estimate, Gap, gaps
from streams.measures.question import Question


def answer(asked: Question, whole: Found, rows: Sequence[Found] | None) -> Answer:
    """The figure, its rows and the gap between them, with what they mean."""
    measure = asked.measure
    told = disclosed(asked, whole, rows or ())
    is_period = measure.span is Span.PERIOD
    return Answer(
        **measure.model_dump(include={"title", "unit", "definition", "source", "version"}),
        **_figures(told.whole),
        measure=measure.id,
        units={figure.name: figure.unit for figure in measure.figures},
        setting=asked.setting,
        first_day=asked.first if is_period else None,
        end_day=asked.end if is_period else None,
        at=asked.at,
        as_of=asked.now,
        by=asked.by,
        rounded=asked.is_suppressed,
        rows=[_row(part) for part in told.parts] if rows is not None else None,
        **{"gaps": found} if (found := _gaps(asked, told.parts)) else {},
    )


def restated(asked: Question, as_of: datetime, whole: Found) -> Restated:
    """The figures of the same period by what is known now."""
    return Restated(as_of=as_of, **_figures(disclosed(asked, whole).whole))


def _row(told: Told) -> Row:
    """A part with the columns that name it."""
    return Row(**told.names, **_figures(told))


def _figures(told: Told) -> dict[str, Any]:
    """The measure's value is the first of its figures."""
    said: dict[str, Any] = {"hidden": sorted(told.hidden)} if told.hidden else {}
    return {"value": next(iter(told.figures.values())), "figures": dict(told.figures)} | said


def _gaps(asked: Question, parts: Sequence[Told]) -> list[GapBetween]:
    return [_gap(one) for one in gaps(asked.measure, asked.by, parts)]


def _gap(found: Gap) -> GapBetween:
    return GapBetween(
        group=found.group,
        against=found.against,
        difference=_estimated(found.difference),
        ratio=_estimated(found.ratio),
    )


def _estimated(found: Estimate | None) -> Estimated | None:
    return Estimated(**found._asdict()) if found is not None else None
