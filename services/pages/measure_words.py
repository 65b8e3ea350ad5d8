"""One measure in words: its figures, its parts, and what its form offers. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from schemas.measure import Measure, Span
from services.operations.models import Answer, Row
from services.pages import words
from services.pages.board_words import CODED, days_of, meaning_of
from services.pages.place import UNKNOWN, Choice
from services.pages.shown import Cell, ChartWords, Line, Meaning, RowWords

# What people call the figures; the others are called as they are.
_CALLED = {
    "total": "All",
    "value": "Figure",
    "mean": "Mean",
    "median": "Median",
    "p90": "90th centile",
    "count": "Number",
}
_PERIODS = {
    0: "Today",
    7: "Last 7 days",
    28: "Last 28 days",
    91: "Last 13 weeks",
    364: "Last 52 weeks",
}
_SETTINGS = {"bed": "Hospital beds", "virtual": "Virtual wards"}
# A code is its provider's, or its site's: the same code elsewhere is another one.
_NAMED = {"site": ("provider", "site"), "ward": ("provider", "site", "ward")}
# As many bars as can be told apart.
_MOST_BARS = 16


class FiguresWords(NamedTuple):
    """The figures of a measure, and its parts where it is cut."""

    id: str
    title: str
    asked: str
    as_of: str
    figures: Sequence[Line]
    unit: str
    first: str
    headings: Sequence[str]
    rows: Sequence[RowWords]
    chart: ChartWords | None
    meaning: Meaning
    behind: str
    api: str


class Forms(NamedTuple):
    """What can be chosen. Without periods the measure is about now."""

    cuts: Sequence[Choice]
    periods: Sequence[Choice]
    settings: Sequence[Choice]


def figures(measure: Measure, answer: Answer, asked: Mapping[str, str]) -> FiguresWords:
    """What the page says; `asked` is what was asked of the API."""
    by = answer.by.value if answer.by else ""
    rows = _rows(measure, by, answer)
    query = urlencode(asked)
    return FiguresWords(
        measure.id,
        measure.title,
        _asked(answer, asked),
        words.moment(answer.as_of),
        [Line(_called(n), words.figure(v, measure.unit)) for n, v in answer.figures.items()],
        words.unit_of(None, measure.unit),
        words.spaced(by).capitalize(),
        [_called(name) for name in answer.figures],
        rows,
        _chart(measure, by, len(rows)),
        meaning_of(measure.id),
        f"/measures/{measure.id}/stays?{urlencode({n: v for n, v in asked.items() if n != 'by'})}",
        f"/api/measures/{measure.id}?{query}",
    )


def forms(measure: Measure, by: str, days: int, setting: str) -> Forms:
    """The options of the page's form, what was chosen among them."""
    cuts = {"": "Not at all"} | {d.value: words.spaced(d.value) for d in measure.dimensions}
    periods = {str(d): text for d, text in _PERIODS.items()} if _takes_days(measure) else {}
    if periods and str(days) not in periods:
        periods[str(days)] = f"Last {days} days"
    return Forms(_choices(cuts, by), _choices(periods, str(days)), _choices(_SETTINGS, setting))


def _takes_days(measure: Measure) -> bool:
    return measure.span is Span.PERIOD


def _choices(texts: Mapping[str, str], chosen: str) -> list[Choice]:
    return [Choice(value, text, value == chosen) for value, text in texts.items()]


def _asked(answer: Answer, asked: Mapping[str, str]) -> str:
    """ "Hospital beds of ZT1, ZT101, 1 November 2026 to 3 November 2026"."""
    where = ", ".join(asked[name] for name in ("provider", "site") if name in asked)
    told = _SETTINGS[answer.setting] + (f" of {where}" if where else "")
    if answer.first_day is None or answer.end_day is None:
        return f"{told}, now"
    last = max(answer.first_day, answer.end_day - timedelta(days=1))
    if last == answer.first_day:
        return f"{told}, {words.day(last)}"
    return f"{told}, {words.day(answer.first_day)} to {words.day(last)}"


def _rows(measure: Measure, by: str, answer: Answer) -> list[RowWords]:
    """A row for each part; of days each, the newest first, those with nothing too."""
    if by == "day":
        return _day_rows(measure, answer)
    rows = sorted(answer.rows or (), key=lambda row: _name(by, row))
    names = list(answer.figures)
    return [RowWords(_name(by, row), False, _cells(names, row.figures, measure)) for row in rows]


def _day_rows(measure: Measure, answer: Answer) -> list[RowWords]:
    found = {row.day: row.figures for row in answer.rows or ()}
    names = list(answer.figures)
    return [
        RowWords(words.day(day), False, _cells(names, found.get(day, {}), measure), str(day))
        for day in sorted(days_of(answer) if found else (), reverse=True)
    ]


def _cells(
    names: Sequence[str], figures: Mapping[str, float | None], measure: Measure
) -> list[Cell]:
    """What counts has none where there is nothing; what is a mean has no figure there."""
    none = 0.0 if measure.unit in words.COUNTED else None
    return [_cell(figures.get(name, none), measure.unit) for name in names]


def _name(by: str, row: Row) -> str:
    names = (getattr(row, "visit_class" if n == "class" else n) for n in _NAMED.get(by, (by,)))
    told = [str(name or UNKNOWN) for name in names]
    return words.coded(told[0]) if by in CODED else ", ".join(told)


def _cell(value: float | None, unit: str) -> Cell:
    return Cell(words.figure(value, unit), "" if value is None else f"{value:g}")


def _chart(measure: Measure, by: str, rows: int) -> ChartWords | None:
    """A second view of the first figure; none where there is too much or too little to see."""
    if by == "day":
        return ChartWords("measure-chart", "lines", f"{measure.title} by day", "0")
    if not 1 < rows <= _MOST_BARS:
        return None
    return ChartWords("measure-chart", "bars", f"{measure.title} by {words.spaced(by)}", "0")


def _called(name: str) -> str:
    return _CALLED.get(name, words.spaced(name).replace("_", " "))
