"""A question as one SQL statement: its lines, cut and filtered, made into figures."""

import re
from datetime import UTC, datetime, time
from typing import Any, Final, NamedTuple

from schemas.measure import RATES, Figure, How
from schemas.times import LONDON
from streams.measures.cuts import cut
from streams.measures.disclosure import PEOPLE_OF
from streams.measures.lines import LINES
from streams.measures.question import At, Question

_MEDIAN, _NINETIETH = 0.5, 0.9
_DECIMALS = 9
_EIGHT: Final = time(8)
# A line is so much on each of its days.
DAYS: Final = "(last - first)"
_NAME: Final = re.compile(r"\$(\w+)")


class Statement(NamedTuple):
    """SQL for the engine, and the values of its parameters."""

    sql: str
    values: dict[str, Any]


def whole(asked: Question) -> Statement:
    """One row: every figure of the measure by name.

    Where small numbers are hidden, also of how many people each counted figure is.
    """
    # Whoever is in several parts of the cut, or in none, counts once.
    return statement(asked._replace(by=None), f"select {figures_of(asked)} from cut")


def statement(asked: Question, select: str, more: dict[str, Any] | None = None) -> Statement:
    """A statement that selects from `cut`: the lines, cut and filtered. `more`: its parameters."""
    sql = f"with lines as ({LINES[asked.measure.id](asked)}), cut as ({cut(asked)}) {select}"
    values = _values(asked) | (more or {})
    return Statement(sql, {name: values[name] for name in _NAME.findall(sql)})


def _values(asked: Question) -> dict[str, Any]:
    """What the names of parameters in SQL stand for; moments in UTC."""
    eight = datetime.combine(asked.end, _EIGHT, LONDON) if asked.at is At.EIGHT else None
    filters = {f"is_{dimension}": value for dimension, value in asked.filters.items()}
    return {
        "first": asked.first,
        "end": asked.end,
        "today": asked.today,
        "now": _plain(asked.now),
        "at": _plain(eight) if eight else None,
        "setting": asked.setting,
    } | filters


def _plain(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


def figures_of(asked: Question) -> str:
    """Every figure by name; where small numbers are hidden, also of how many people it is."""
    figures = asked.measure.figures
    said = [f'{_figure(figure)} as "{figure.name}"' for figure in figures]
    if asked.is_suppressed:
        counted = (figure for figure in figures if figure.how not in RATES)
        said += [f'{_people(figure)} as "{PEOPLE_OF}{figure.name}"' for figure in counted]
    return ", ".join(said)


def counts(figure: Figure) -> str:
    """Whether a line is counted in a figure; a rate counts all that it is made of."""
    match figure.how:
        case How.SUM:
            counted = "amount <> 0"
        case How.BASE:
            counted = "base <> 0"
        case How.AT_LEAST:
            counted = f"amount >= {figure.least}"
        case _:
            counted = "true"
    return f"{counted} and part = '{figure.part}'" if figure.part else counted


def _people(figure: Figure) -> str:
    """How many people a figure is of; a line of nobody in particular is of one."""
    known = f"count(distinct person) filter (where {counts(figure)})"
    return f"({known} + count(*) filter (where person is null and {counts(figure)}))"


def _figure(figure: Figure) -> str:
    """A figure as an aggregate over the lines of its part."""
    which = f" filter (where part = '{figure.part}')" if figure.part else ""
    amount, base = f"sum(amount * {DAYS}){which}", f"sum(base * {DAYS}){which}"
    match figure.how:
        case How.SUM:
            made = f"coalesce({amount}, 0)"
        case How.BASE:
            made = f"coalesce({base}, 0)"
        case How.RATIO:
            made = f"({amount} / nullif({base}, 0))"
        case How.PER_100:
            made = f"(100 * {amount} / nullif({base}, 0))"
        case How.PER_1000:
            made = f"(1000 * {amount} / nullif({base}, 0))"
        case How.MEAN:
            made = f"avg(amount){which}"
        case How.MEDIAN:
            made = f"quantile_cont(amount::double, {_MEDIAN}){which}"
        case How.NINETIETH:
            made = f"quantile_cont(amount::double, {_NINETIETH}){which}"
        case How.COUNT:
            made = f"count(*){which}"
        case How.AT_LEAST:
            made = f"count(*) filter (where amount >= {figure.least})"
        case How.PEOPLE:
            made = f"count(distinct person){which}"
    # The order in which lines are added up is any: what differs by it is beyond these decimals.
    return f"round(({made})::double, {_DECIMALS})"
