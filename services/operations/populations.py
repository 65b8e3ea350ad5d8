"""The stays that each measure is about, one function a measure; their amounts make the figure.

A population has one line for each stay, or for each stretch of nights in one ward, with the
columns source, visit, provider, site, ward, class, day and amount. Figures, rows and the stays
behind them are all read from it, so they cannot disagree.
"""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    literal_column,
    null,
    select,
    true,
)

from schemas.measures import Dimension
from schemas.tables import stays
from schemas.times import LONDON, midnight
from services.operations.question import Question
from streams.flow.stay import UNKNOWN_WARD

Population = Select[Any]
Expression = ColumnElement[Any]

_FIRST, _LAST = 0, -1
_HAPPENED = stays.c.status.in_(("open", "finished"))
# Written out, and no parameter: the index of open stays is used for this value only.
_OPEN = stays.c.status == literal_column("'open'")


def occupied_bed_days(asked: Question) -> Population:
    """The nights of each stay in each ward; `day` only where the figure is cut by it."""
    nights = (
        func.jsonb_to_recordset(stays.c.nights)
        .table_valued(
            column("ward", Text),
            column("site", Text),
            column("from", Date),
            column("to", Date),
            column("setting", Text),
        )
        .render_derived(name="night", with_types=True)
    )
    # What the visit was that night: one may be an inpatient's for part of its time only.
    then = nights.c.setting == asked.setting
    first = func.greatest(nights.c["from"], asked.first)
    end = func.least(func.coalesce(nights.c.to, asked.today), asked.end)
    if asked.by is not Dimension.DAY:
        lines = _lines(nights.c.site, nights.c.ward, null(), end.op("-")(first), then)
        return lines.join(nights, true()).where(end > first)
    passed = (
        func.generate_series(0, end.op("-")(first).op("-")(1))
        .table_valued("days")
        .render_derived(name="passed")
    )
    day = first.op("+")(passed.c.days)
    lines = _lines(nights.c.site, nights.c.ward, day, literal(1), then)
    return lines.join(nights, true()).join(passed, true())


def length_of_stay(asked: Question) -> Population:
    """The stays discharged in the period, each with its days from admission to discharge."""
    days = _london(stays.c.discharged_at).op("-")(_london(stays.c.admitted_at))
    known = stays.c.admitted_at.is_not(None)
    return _discharged(asked, days).where(known)


def discharges(asked: Question) -> Population:
    """The stays that ended in the period."""
    return _discharged(asked, literal(1))


def admissions(asked: Question) -> Population:
    """The stays that began in the period, planned ones that never happened left out."""
    lines = _at(asked, _FIRST, _london(stays.c.admitted_at), literal(1))
    return lines.where(_HAPPENED, _within(stays.c.admitted_at, asked.first, asked.end))


def expected_discharges(asked: Question) -> Population:
    """The open stays that are expected to end in the period."""
    lines = _at(asked, _LAST, _london(stays.c.expected_discharge), literal(1))
    return lines.where(_OPEN, _within(stays.c.expected_discharge, asked.first, asked.end))


def beds_occupied(asked: Question) -> Population:
    """The stays that are open."""
    return _at(asked, _LAST, null(), literal(1)).where(_OPEN)


def long_stay(asked: Question) -> Population:
    """The open stays of the first band or more, each with its days since admission."""
    days = literal(asked.today, Date).op("-")(_london(stays.c.admitted_at))
    return _at(asked, _LAST, null(), days).where(_OPEN, days >= asked.measure.bands[0])


POPULATIONS: dict[str, Callable[[Question], Population]] = {
    "occupied_bed_days": occupied_bed_days,
    "length_of_stay": length_of_stay,
    "beds_occupied": beds_occupied,
    "long_stay": long_stay,
    "admissions": admissions,
    "discharges": discharges,
    "expected_discharges": expected_discharges,
}


def _discharged(asked: Question, amount: Expression) -> Population:
    lines = _at(asked, _LAST, _london(stays.c.discharged_at), amount)
    ended = _within(stays.c.discharged_at, asked.first, asked.end)
    return lines.where(stays.c.status == "finished", ended)


def _at(asked: Question, segment: int, day: Expression, amount: Expression) -> Population:
    """A line for each stay, in the place of its first or last segment."""
    place = stays.c.segments[segment]
    site = func.coalesce(place["site"].astext, stays.c.provider)
    ward = func.coalesce(place["ward"].astext, UNKNOWN_WARD)
    return _lines(site, ward, day, amount, stays.c.setting == asked.setting)


def _lines(
    site: Expression, ward: Expression, day: Expression, amount: Expression, which: Expression
) -> Population:
    return (
        select(
            stays.c.source,
            stays.c.visit,
            stays.c.provider,
            site.label("site"),
            ward.label("ward"),
            stays.c["class"].label("class"),
            day.label("day"),
            amount.label("amount"),
        )
        .select_from(stays)
        .where(which)
    )


def _london(moment: Expression) -> Expression:
    return cast(func.timezone(LONDON.key, moment), Date)


def _within(moment: Expression, first: date, end: date) -> Expression:
    return and_(moment >= midnight(first), moment < midnight(end))
