"""The board in words: answers become cards and tables. Pure; the templates decide nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from schemas.measures import MEASURES
from schemas.times import london_date
from services.operations.models import Answer, Row
from services.pages import board, words
from services.pages.board import Ask, Card, Chart, Column, Cut, Lag
from services.pages.place import UNKNOWN
from services.pages.shown import (
    BoardWords,
    CardWords,
    Cell,
    ChartWords,
    Line,
    Meaning,
    RowWords,
    TableWords,
)

LAG_WORDS = {
    Lag.NONE: "",
    Lag.BEHIND: "Events have arrived that these figures do not count yet.",
    Lag.UNKNOWN: "It cannot be told whether events have arrived that these figures do not count.",
}
DAY = "day"
CODED = frozenset({"cohort", "pathway", "reason"})
Key = tuple[str, ...]
Answers = Mapping[Ask, Answer]


_FIRST = {
    "site": "Site",
    "ward": "Ward",
    "day": "Day",
    "cohort": "Target group",
    "pathway": "Pathway",
    "reason": "Reason",
}


def board_words(answers: Answers, where: Mapping[str, str], as_of: datetime) -> BoardWords:
    """The whole board; `where` is what it was narrowed to."""
    cards = [_card(card, answers[card.ask], where) for card in board.CARDS if card.ask in answers]
    tables = [_wards(answers), *(_table(cut, answers) for cut in board.TABLES)]
    return BoardWords(
        cards,
        [table for table in tables if table.headings],
        words.to_the_second(as_of),
        as_of.isoformat(timespec="seconds"),
        not any(table.rows for table in tables),
    )


def meaning_of(measure_id: str) -> Meaning:
    """What the catalogue says of a measure."""
    measure = MEASURES[measure_id]
    return Meaning(
        measure.id,
        measure.title,
        words.plain(measure.definition),
        measure.source,
        measure.version,
    )


def _card(card: Card, answer: Answer, where: Mapping[str, str]) -> CardWords:
    value = answer.figures.get(card.figure) if card.figure else answer.value
    unit = card.unit or answer.unit
    return CardWords(
        "-".join(filter(None, (card.ask.measure, card.figure))),
        card.title,
        words.figure(value, unit),
        words.unit_of(value, unit),
        [
            Line(name, words.figure(answer.figures[figure], unit))
            for figure, name in card.more
            if figure in answer.figures
        ],
        meaning_of(card.ask.measure),
        stays_behind(card.ask, where, london_date(answer.as_of)) if card.of_stays else "",
    )


def stays_behind(ask: Ask, where: Mapping[str, str], today: date) -> str:
    """The address of the stays that a figure counts."""
    asked = urlencode({**where, **ask.parameters(today)})
    return f"/measures/{ask.measure}/stays?{asked}"


def _wards(answers: Answers) -> TableWords:
    """Each site with its sum, and its wards under it."""
    sites, wards = _parts(board.SITES, answers), _parts(board.WARDS, answers)
    columns = _columns(board.WARDS, answers)
    rows: list[RowWords] = []
    for site in sorted(sites.keys() | {ward[:2] for ward in wards}):
        rows.append(_row(f"{site[0]}, {site[1]}", columns, sites.get(site, {}), is_total=True))
        rows += [_row(ward[2], columns, wards[ward]) for ward in sorted(wards) if ward[:2] == site]
    return _of(board.WARDS, columns, rows, board.SITES.charts)


def _table(cut: Cut, answers: Answers) -> TableWords:
    """A table with a row for each part, the newest day first."""
    columns, parts = _columns(cut, answers), _parts(cut, answers)
    rows = [
        _row(_name(cut.by, key), columns, parts[key], day=key[-1] if cut.by == DAY else "")
        for key in sorted(parts, reverse=cut.by == DAY)
    ]
    return _of(cut, columns, rows, cut.charts)


def _of(
    cut: Cut, columns: Sequence[Column], rows: list[RowWords], charts: Sequence[Chart]
) -> TableWords:
    measures = dict.fromkeys(column.measure for column in columns)
    headings = [column.heading for column in columns]
    return TableWords(
        cut.id,
        cut.caption,
        _FIRST[cut.by],
        headings,
        rows,
        cut.empty,
        _charts(cut.id, headings, charts) if rows else (),
        [meaning_of(measure) for measure in measures],
    )


def _charts(table: str, headings: list[str], charts: Sequence[Chart]) -> list[ChartWords]:
    """The charts of the columns that are there."""
    found = []
    for number, chart in enumerate(charts):
        columns = [str(headings.index(name)) for name in chart.headings if name in headings]
        if columns:
            called = (f"{table}-chart-{number}", chart.kind, chart.title)
            found.append(ChartWords(*called, ",".join(columns)))
    return found


Parts = Mapping[Key, Mapping[tuple[str, str | None], float | None]]


def _parts(cut: Cut, answers: Answers) -> Parts:
    """The figures of each part by measure and figure, whichever measures have that part."""
    parts: dict[Key, dict[tuple[str, str | None], float | None]] = {}
    for ask in cut.asks():
        answer = answers.get(ask)
        for key, figures, value in _rows(cut.by, answer) if answer else ():
            of_part = parts.setdefault(key, {})
            of_part.update({(ask.measure, name): figure for name, figure in figures.items()})
            of_part[ask.measure, None] = value
    return parts


def _rows(by: str, answer: Answer) -> list[tuple[Key, Mapping[str, float | None], float | None]]:
    """The parts of an answer; days on which nothing happened, which it leaves out, too."""
    found = {_key(by, row): (row.figures, row.value) for row in answer.rows or ()}
    for day in days_of(answer) if by == DAY and found else ():
        found.setdefault((day.isoformat(),), ({}, 0.0))
    return [(key, *figures) for key, figures in found.items()]


def days_of(answer: Answer) -> list[date]:
    """Every day that an answer is about."""
    first, end = answer.first_day, answer.end_day
    if first is None or end is None:
        return []
    return [first + timedelta(days=n) for n in range((end - first).days)]


def _key(by: str, row: Row) -> Key:
    said = {"site": (row.provider, row.site), "ward": (row.provider, row.site, row.ward)}
    parts: tuple[object, ...] = said.get(by) or (getattr(row, by),)
    return tuple(_text(part) for part in parts)


def _text(part: object) -> str:
    if isinstance(part, date):
        return part.isoformat()
    return UNKNOWN if part is None else str(part)


def _name(by: str, key: Key) -> str:
    """What a part is called; a code of the publisher's own is left as it is."""
    if by == DAY:
        return words.day(date.fromisoformat(key[0]))
    return words.coded(key[-1]) if by in CODED else key[-1]


def _columns(cut: Cut, answers: Answers) -> list[Column]:
    """The columns that are answered."""
    answered = {(ask.measure, ask.period) for ask in cut.asks() if ask in answers}
    return [column for column in cut.columns if (column.measure, column.period) in answered]


def _row(
    name: str,
    columns: Sequence[Column],
    figures: Mapping[tuple[str, str | None], float | None],
    *,
    is_total: bool = False,
    day: str = "",
) -> RowWords:
    cells = [_cell(column, figures, of_day=bool(day)) for column in columns]
    return RowWords(name, is_total, cells, day)


def _cell(
    column: Column, figures: Mapping[tuple[str, str | None], float | None], *, of_day: bool
) -> Cell:
    """A part that a counting measure leaves out has none of it; a day that it is not about, no
    figure."""
    unit = column.unit or MEASURES[column.measure].unit
    none = 0.0 if unit in words.COUNTED and not of_day else None
    value = figures.get((column.measure, column.figure), none)
    return Cell(words.figure(value, unit), "" if value is None else f"{value:g}")
