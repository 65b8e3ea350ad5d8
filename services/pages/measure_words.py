"""One measure in words: its figures, its parts, their gaps, what its form offers. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple
from urllib.parse import urlencode

from schemas.measure import Dimension, Figure, Measure, Span
from schemas.measures import MEASURES
from services.operations.models import Answer, Restated
from services.pages import figure_words, gap_words, parts, words
from services.pages.board_words import days_of, meaning_of
from services.pages.forms import Choice, choices
from services.pages.gap_words import GapWords
from services.pages.parts import NO_NAMES, Names
from services.pages.shown import Cell, ChartWords, Line, Meaning, RowWords
from services.pages.wanted import Wanted
from streams.measures.question import At

_PERIODS = {
    0: "Today",
    7: "Last 7 days",
    28: "Last 28 days",
    91: "Last 13 weeks",
    364: "Last 52 weeks",
}
_SETTINGS = {"bed": "Hospital beds", "virtual": "Virtual wards"}
_MOMENTS = {
    At.NOW.value: "Now",
    At.EIGHT.value: "At the last 08:00",
    At.MIDNIGHT.value: "At the last midnight",
}
_PLACES = ("provider", "site")
# As many bars as can be told apart.
_MOST_BARS = 18


class FiguresWords(NamedTuple):
    """The figures of a measure, and its parts where it is cut."""

    id: str
    title: str
    asked: str
    as_of: str
    figures: Sequence[Line]
    first: str
    headings: Sequence[str]
    rows: Sequence[RowWords]
    chart: ChartWords | None
    gaps: GapWords | None
    note: str
    restated: Sequence[Line]
    restated_as_of: str
    meaning: Meaning
    behind: str
    explained: str
    api: str


class Forms(NamedTuple):
    """What can be chosen; a list without options is not offered."""

    cuts: Sequence[Choice]
    periods: Sequence[Choice]
    moments: Sequence[Choice]
    groups: Sequence[Choice]
    settings: Sequence[Choice]


def figures(
    measure: Measure, answer: Answer, asked: Mapping[str, str], names: Names = NO_NAMES
) -> FiguresWords:
    """What the page says; `asked` is what was asked of the API, `names` what codes are called."""
    by = answer.by.value if answer.by else ""
    rows = _rows(measure, by, answer, names)
    whole = urlencode({name: value for name, value in asked.items() if name != "by"})
    return FiguresWords(
        measure.id,
        measure.title,
        asked_words(answer, asked, names),
        words.moment(answer.as_of),
        lines(measure, answer),
        parts.title(by) if by else "",
        [figure_words.heading(figure) for figure in _told(measure, answer)],
        rows,
        _chart(measure, by, len(rows)),
        gap_words.gaps(measure, answer),
        figure_words.note(answer),
        lines(measure, answer.restated) if answer.restated else (),
        words.moment(answer.restated.as_of) if answer.restated else "",
        meaning_of(measure.id),
        f"/measures/{measure.id}/stays?{whole}",
        f"/measures/{measure.id}/explained?{whole}",
        f"/api/measures/{measure.id}?{urlencode(asked)}",
    )


def lines(measure: Measure, answer: Answer | Restated) -> list[Line]:
    """Every figure of the whole with what it is called and its unit."""
    return [
        Line(
            figure_words.called(figure),
            figure_words.text(figure, answer),
            figure_words.unit(figure, answer),
        )
        for figure in _told(measure, answer)
    ]


def _told(measure: Measure, answer: Answer | Restated) -> list[Figure]:
    return [figure for figure in measure.figures if figure.name in answer.figures]


def forms(
    measure: Measure,
    wanted: Wanted,
    names: Names = NO_NAMES,
) -> Forms:
    """The options of the page's form, what was chosen among them."""
    cuts = {"": "Not at all"} | {d.value: parts.title(d.value).lower() for d in measure.dimensions}
    periods = {str(d): text for d, text in _PERIODS.items()} if _takes_days(measure) else {}
    if periods and str(wanted.days) not in periods:
        periods[str(wanted.days)] = f"Last {wanted.days} days"
    return Forms(
        choices(cuts, wanted.by),
        choices(periods, str(wanted.days)),
        choices(_MOMENTS if measure.has_moments else {}, wanted.moment),
        choices(_groups(measure, wanted.cohort, names), wanted.cohort),
        choices(_SETTINGS if _is_of_beds(measure) else {}, wanted.setting),
    )


def _is_of_beds(measure: Measure) -> bool:
    """Whether it is another figure in virtual wards."""
    return Dimension.SITE in measure.dimensions


def _groups(measure: Measure, chosen: str, names: Names) -> dict[str, str]:
    """The target groups that a figure can be narrowed to."""
    if Dimension.COHORT not in measure.dimensions:
        return {}
    known = dict(names.get(Dimension.COHORT, {}))
    known |= {chosen: parts.name("cohort", (chosen,), names)} if chosen else {}
    return {"": "Everybody"} | known if known else {}


def _takes_days(measure: Measure) -> bool:
    return measure.span is Span.PERIOD


def asked_words(answer: Answer, asked: Mapping[str, str], names: Names) -> str:
    """ "Hospital beds, ZT1, ZT101, 1 November 2026 to 3 November 2026"."""
    setting = [_SETTINGS[answer.setting]] if _is_of_beds(MEASURES[answer.measure]) else []
    where = ", ".join(asked[name] for name in _PLACES if name in asked) or "everywhere"
    group = [parts.name("cohort", (asked["cohort"],), names)] if "cohort" in asked else []
    told = ", ".join([*setting, where, *group, when(answer)])
    return told[:1].upper() + told[1:]


def when(answer: Answer) -> str:
    """The days or the moment that an answer is about: "now", "25 November 2026"."""
    if answer.first_day is None or answer.end_day is None:
        return _MOMENTS[answer.at].lower()
    last = max(answer.first_day, answer.end_day - timedelta(days=1))
    if last == answer.first_day:
        return words.day(last)
    return f"{words.day(answer.first_day)} to {words.day(last)}"


def _rows(measure: Measure, by: str, answer: Answer, names: Names) -> list[RowWords]:
    """A row for each part; of days each, the newest first, those with nothing too."""
    told = _told(measure, answer)
    found = {
        parts.key(by, row): [figure_words.cell(figure, row) for figure in told]
        for row in answer.rows or ()
    }
    if by == Dimension.DAY:
        none = [figure_words.none(figure) for figure in told]
        days = [str(day) for day in sorted(days_of(answer) if found else (), reverse=True)]
        return [_row(by, (day,), found.get((day,), none), names) for day in days]
    return [_row(by, key, found[key], names) for key in sorted(found, key=_order)]


def _row(by: str, key: tuple[str, ...], cells: Sequence[Cell], names: Names) -> RowWords:
    stamp = key[0] if by == Dimension.DAY else ""
    name, label = parts.whole_name(by, key, names), parts.label(by, key, names)
    return RowWords(name, False, cells, stamp, label if label != name else "")


def _order(key: tuple[str, ...]) -> list[tuple[bool, str]]:
    """Hours by their number; what is not known, or was not said, comes last."""
    return [(code in parts.NOT_SAID, code.zfill(2)) for code in key]


def _chart(measure: Measure, by: str, rows: int) -> ChartWords | None:
    """A second view of the first figure; none where there is too much or too little to see."""
    if by == Dimension.DAY:
        return ChartWords("measure-chart", "lines", f"{measure.title} by day", "0")
    if not 1 < rows <= _MOST_BARS:
        return None
    title = f"{measure.title} by {parts.title(by).lower()}"
    return ChartWords("measure-chart", "bars", title, "0")
