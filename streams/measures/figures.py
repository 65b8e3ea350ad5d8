"""A question as one SQL statement: its lines, cut and filtered, made into figures."""

from collections.abc import Mapping
from datetime import UTC, datetime, time
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from schemas.measure import PERSONAL, Dimension, Figure, How
from schemas.times import LONDON
from streams.measures.lines import LINES
from streams.measures.question import At, Question

MEDIAN, NINETIETH = 0.5, 0.9
UNKNOWN: Final = "unknown"
AGES: Final = (
    ("0-17", 0, 18),
    ("18-39", 18, 40),
    ("40-64", 40, 65),
    ("65-74", 65, 75),
    ("75-84", 75, 85),
    ("85+", 85, 200),
)
_BANDS: Final = ", ".join(f"('{name}', {least}, {most})" for name, least, most in AGES)
# A ward's code is its site's and a site's its provider's: the same code elsewhere is another one.
CUTS: Final[Mapping[Dimension, tuple[str, ...]]] = MappingProxyType(
    {dimension: (dimension.value,) for dimension in Dimension}
    | {
        Dimension.SITE: ("provider", "site"),
        Dimension.WARD: ("provider", "site", "ward"),
    }
)
_OF_PERSON: Final[Mapping[Dimension, str]] = MappingProxyType(
    {
        Dimension.PLACE: f"coalesce(p.place, '{UNKNOWN}')",
        Dimension.NEIGHBOURHOOD: f"coalesce(p.neighbourhood, '{UNKNOWN}')",
        Dimension.DEPRIVATION: f"coalesce(p.deprivation::varchar, '{UNKNOWN}')",
        Dimension.ETHNICITY: f"coalesce(p.ethnicity, '{UNKNOWN}')",
        Dimension.AGE: f"coalesce(b.age, '{UNKNOWN}')",
        Dimension.SEX: f"coalesce(p.sex, '{UNKNOWN}')",
    }
)
_DAYS: Final = "(last - first)"


class Statement(NamedTuple):
    """SQL for the engine, and the values of its parameters."""

    sql: str
    values: dict[str, Any]


def whole(asked: Question) -> Statement:
    """One row: every figure of the measure by name, and `people`, how many they are made of."""
    return _statement(asked, f"select {_figures(asked)} from cut")


def parts(asked: Question) -> Statement:
    """A row for each part of the cut that is asked for, in the order of the columns that name it.

    Raises KeyError where none is asked for.
    """
    names = CUTS[Dimension(asked.by)] if asked.by else ()
    keys = ", ".join(f'"{name}"' for name in names)
    return _statement(
        asked,
        f"select {keys}, {_figures(asked)} from cut group by {keys} order by {keys}",
    )


def behind(asked: Question, after: tuple[str, str] | None, limit: int) -> Statement:
    """Source, visit, amount and base of the stays behind the figure, in the order of the first."""
    part = asked.measure.figures[0].part
    which = f"where part = '{part}'" if part else ""
    page = "where (s.source, s.visit) > ($after_source, $after_visit)" if after else ""
    found = _statement(
        asked,
        f"select s.source, s.visit, b.amount, b.base from (select n,"
        f" sum(amount * {_DAYS}) as amount, sum(base * {_DAYS}) as base from cut {which}"
        f" group by n) b join stays s using (n) {page} order by s.source, s.visit limit {limit}",
    )
    values = {"after_source": after[0], "after_visit": after[1]} if after else {}
    return Statement(found.sql, found.values | values)


def flagged(asked: Question) -> Statement:
    """How many stays are behind the figure, by each flag that they have; `''` counts them all."""
    return _statement(
        asked,
        "select flag, count(distinct n) as stays from (select n from cut) join stays using (n),"
        " unnest(list_prepend('', flags)) as f(flag) group by flag order by flag",
    )


def _statement(asked: Question, select: str) -> Statement:
    sql = f"with lines as ({LINES[asked.measure.id](asked)}), cut as ({_cut(asked)}) {select}"
    values = {name: value for name, value in _values(asked).items() if f"${name}" in sql}
    return Statement(sql, values)


def _values(asked: Question) -> dict[str, Any]:
    eight = datetime.combine(asked.end, time(8), LONDON).astimezone(UTC)
    filters = {f"is_{dimension}": value for dimension, value in asked.filters.items()}
    return {
        "first": asked.first,
        "end": asked.end,
        "today": asked.today,
        "now": asked.now.astimezone(UTC).replace(tzinfo=None),
        "at": eight.replace(tzinfo=None) if asked.at is At.EIGHT else None,
        "setting": asked.setting,
    } | filters


def _cut(asked: Question) -> str:
    """The lines with the columns that they are cut by, those that the filters leave."""
    first, last = "l.first", "l.last"
    tables, where, more = "lines l", [], []
    if asked.cuts & _OF_PERSON.keys():
        tables += " left join people p on p.person = l.person"
        more += [f"{_OF_PERSON[d]} as {d}" for d in sorted(asked.cuts) if d in _OF_PERSON]
    if Dimension.AGE in asked.cuts:
        # A stretch of days goes on in the next band from the birthday on.
        low, high = "(p.birth + to_years(b.least))::date", "(p.birth + to_years(b.most))::date"
        tables += (
            f" left join (values {_BANDS}) as b(age, least, most)"
            f" on greatest({first}, {low}) < least({last}, {high})"
        )
        first = f"greatest({first}, coalesce({low}, {first}))"
        last = f"least({last}, coalesce({high}, {last}))"
    if Dimension.SPECIALTY in asked.cuts:
        tables += (
            " left join specialties w on w.provider = l.provider"
            " and w.site = l.site and w.ward = l.ward"
        )
        more.append(f"coalesce(w.specialty, '{UNKNOWN}') as specialty")
    if Dimension.COHORT in asked.cuts:
        first, last = f"greatest({first}, m.first)", f"least({last}, m.last)"
        tables += f" join members m on m.person = l.person and {first} < {last}"
        where += ["m.cohort = $is_cohort"] if Dimension.COHORT in asked.filters else []
        more.append("m.cohort as cohort")
    if asked.by is Dimension.DAY:
        tables += f", unnest(generate_series({first}, {last} - 1, interval 1 day)) as d(moment)"
        more.append("d.moment::date as day")
        first, last = "d.moment::date", "d.moment::date + 1"
    told = f"l.* exclude (first, last), {first} as first, {last} as last"
    found = f"select {', '.join([told, *more])} from {tables}"
    found += f" where {' and '.join(where)}" if where else ""
    rest = [
        f'"{d}" = $is_{d}' if d is not Dimension.HOUR else f'"{d}" = $is_{d}::integer'
        for d in asked.filters
        if d is not Dimension.COHORT
    ]
    return f"select * from ({found}) where {' and '.join(rest)}" if rest else found


def _figures(asked: Question) -> str:
    said = [f'{_figure(figure)} as "{figure.name}"' for figure in asked.measure.figures]
    counted = ["count(distinct person) as _people"] if asked.cuts & PERSONAL else []
    counted = counted or (["count(distinct person) as _people"] if asked.is_suppressed else [])
    return ", ".join([*said, *counted])


def _figure(figure: Figure) -> str:
    which = f" filter (where part = '{figure.part}')" if figure.part else ""
    amount, base = f"sum(amount * {_DAYS}){which}", f"sum(base * {_DAYS}){which}"
    match figure.how:
        case How.SUM:
            return f"coalesce({amount}, 0)::double"
        case How.BASE:
            return f"coalesce({base}, 0)::double"
        case How.RATIO:
            return f"({amount} / nullif({base}, 0))::double"
        case How.PER_100:
            return f"(100 * {amount} / nullif({base}, 0))::double"
        case How.PER_1000:
            return f"(1000 * {amount} / nullif({base}, 0))::double"
        case How.MEAN:
            return f"avg(amount){which}::double"
        case How.MEDIAN:
            return f"quantile_cont(amount::double, {MEDIAN}){which}"
        case How.NINETIETH:
            return f"quantile_cont(amount::double, {NINETIETH}){which}"
        case How.COUNT:
            return f"count(*){which}::double"
        case How.AT_LEAST:
            return f"count(*) filter (where amount >= {figure.least})::double"
        case How.PEOPLE:
            return f"count(distinct person){which}::double"
