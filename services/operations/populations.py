"""The stays that each measure is about, one function a measure; its amounts make the figure.

A population has one line for each stay, or for each stretch of a stay in one ward, with the
columns source, visit, provider, site, ward, class, day and amount. Figure, rows and the stays
behind them are all read from it, so they cannot disagree.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    column,
    func,
    literal,
    null,
    select,
    true,
    type_coerce,
)

from schemas.measures import Dimension
from schemas.tables import stays
from schemas.times import LONDON
from services.operations.question import Question

Population = Select[Any]


def occupied_bed_days(asked: Question) -> Population:
    """The nights of each stay, by ward. Each midnight is one bed day of the ward it was in."""
    nights = (
        func.jsonb_to_recordset(stays.c.nights)
        .table_valued(
            column("ward", Text), column("site", Text), column("from", Date), column("to", Date)
        )
        .render_derived(name="night", with_types=True)
    )
    first = func.greatest(nights.c["from"], asked.first)
    end = func.least(func.coalesce(nights.c.to, asked.today), asked.end)
    if asked.by is not Dimension.DAY:
        amount = func.sum(func.greatest(0, end - first))
        lines = _lines(nights.c.site, nights.c.ward, null(), amount).select_from(stays)
        lines = lines.join(nights, true()).where(end > first)
        return lines.group_by(stays.c.source, stays.c.visit, nights.c.site, nights.c.ward)
    days = func.generate_series(0, end - first - 1).table_valued("n", name="passed")
    lines = _lines(nights.c.site, nights.c.ward, first + days.c.n, literal(1))
    return lines.select_from(stays).join(nights, true()).join(days, true())
