"""The board in words: answers become cards and tables. Pure; the templates decide nothing."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from schemas.measure import Measure
from schemas.measures import MEASURES
from schemas.times import london_date
from services.operations.models import Answer, Row
from services.pages import board, figure_words, parts, words
from services.pages.board import Ask, Card, Chart, Column, Cut, Lag
from services.pages.parts import NO_NAMES, Names
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
NO_FIGURE = Cell(words.NOTHING, "")
Key = tuple[str, ...]
Answers = Mapping[Ask, Answer]


def board_words(
    answers: Answers, where: Mapping[str, str], as_of: datetime, names: Names = NO_NAMES
) -> BoardWords:
    """The whole board; `where` is what it was narrowed to, `names` what codes are called."""
    cards = [_card(card, answers[card.ask], where) for card in board.CARDS if card.ask in answers]
    tables = [_wards(answers, names), *(_table(cut, answers, names) for cut in board.TABLES)]
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
    measure = MEASURES[card.ask.measure]
    figure = measure.figure(card.figure)
    return CardWords(
        "-".join(filter(None, (measure.id, card.figure))),
        card.title,
        figure_words.text(figure, answer),
        figure_words.unit(figure, answer),
        [
            Line(called, figure_words.text(measure.figure(name), answer))
            for name, called in card.more
            if name in answer.figures
        ],
        meaning_of(measure.id),
        stays_behind(card.ask, card.figure, where, london_date(answer.as_of))
        if card.of_stays
        else "",
    )


def stays_behind(ask: Ask, figure: str | None, where: Mapping[str, str], today: date) -> str:
    """The address of the stays that a figure counts."""
    named = {"figure": figure} if figure else {}
    asked = urlencode({**where, **ask.parameters(today), **named})
    return f"/measures/{ask.measure}/stays?{asked}"


def _wards(answers: Answers, names: Names) -> TableWords:
    """Each site with its sum, and its wards under it."""
    sites, wards = _parts(board.SITES, answers), _parts(board.WARDS, answers)
    columns = _columns(board.WARDS, answers)
    rows: list[RowWords] = []
    for site in sorted(sites.keys() | {ward[:2] for ward in wards}):
        called, figures = parts.whole_name("site", site, names), sites.get(site, {})
        label = parts.label("site", site, names)
        rows.append(_row(called, columns, figures, is_total=True)._replace(label=label))
        rows += [
            _row(parts.name("ward", ward, names), columns, wards[ward])
            for ward in sorted(wards)
            if ward[:2] == site
        ]
    return _of(board.WARDS, columns, rows, board.SITES.charts, "")


def _table(cut: Cut, answers: Answers, names: Names) -> TableWords:
    """A table with a row for each part, the newest day first."""
    columns, found = _columns(cut, answers), _parts(cut, answers)
    rows = [
        _row(
            parts.name(cut.by, key, names),
            columns,
            found[key],
            day=key[-1] if cut.by == DAY else "",
        )
        for key in sorted(found, reverse=cut.by == DAY)
    ]
    asked = (answers[ask] for ask in cut.asks() if ask in answers)
    notes = dict.fromkeys(note for answer in asked if (note := figure_words.note(answer)))
    return _of(cut, columns, rows, cut.charts, " ".join(notes))


def _of(
    cut: Cut,
    columns: Sequence[Column],
    rows: list[RowWords],
    charts: Sequence[Chart],
    note: str,
) -> TableWords:
    measures = dict.fromkeys(column.measure for column in columns)
    headings = [column.heading for column in columns]
    return TableWords(
        cut.id,
        cut.caption,
        parts.title(cut.by),
        headings,
        rows,
        cut.empty,
        _charts(cut.id, headings, charts) if rows else (),
        [meaning_of(measure) for measure in measures],
        note,
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


# By measure and figure; its value by none.
Cells = dict[tuple[str, str | None], Cell]
Parts = Mapping[Key, Cells]


def _parts(cut: Cut, answers: Answers) -> Parts:
    """The figures of each part by measure and figure, whichever measures have that part."""
    found: dict[Key, Cells] = {}
    for ask in cut.asks():
        answer = answers.get(ask)
        for key, cells in _rows(ask, answer) if answer else ():
            found.setdefault(key, {}).update(cells)
    return found


def _rows(ask: Ask, answer: Answer) -> list[tuple[Key, Cells]]:
    """The parts of an answer; days on which nothing happened, which it leaves out, too."""
    measure, by = MEASURES[ask.measure], ask.by or ""
    told = {parts.key(by, row): _cells(measure, row) for row in answer.rows or ()}
    nothing: Cells = {(measure.id, None): figure_words.none(measure.figure())}
    for day in days_of(answer) if by == DAY and told else ():
        told.setdefault((day.isoformat(),), nothing)
    return list(told.items())


def _cells(measure: Measure, row: Row) -> Cells:
    """Each figure of a part by its name, and the measure's value by none."""
    named = [f for f in measure.figures if f.name in row.figures]
    cells = {(measure.id, f.name): figure_words.cell(f, row) for f in named}
    return cells | {(measure.id, None): figure_words.cell(measure.figure(), row)}


def days_of(answer: Answer) -> list[date]:
    """Every day that an answer is about."""
    first, end = answer.first_day, answer.end_day
    if first is None or end is None:
        return []
    return [first + timedelta(days=n) for n in range((end - first).days)]


def _columns(cut: Cut, answers: Answers) -> list[Column]:
    """The columns that are answered."""
    answered = {(ask.measure, ask.period) for ask in cut.asks() if ask in answers}
    return [column for column in cut.columns if (column.measure, column.period) in answered]


def _row(
    name: str,
    columns: Sequence[Column],
    figures: Cells,
    *,
    is_total: bool = False,
    day: str = "",
) -> RowWords:
    cells = [_cell(column, figures, of_day=bool(day)) for column in columns]
    return RowWords(name, is_total, cells, day)


def _cell(column: Column, figures: Cells, *, of_day: bool) -> Cell:
    """A part that a counting measure leaves out has none of it; a day that it is not about, no
    figure."""
    found = figures.get((column.measure, column.figure))
    if found is not None:
        return found
    return (
        NO_FIGURE if of_day else figure_words.none(MEASURES[column.measure].figure(column.figure))
    )
