"""What the board says of what the measures answer, worked out by hand."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pytest

from schemas.measure import Dimension
from schemas.measures import MEASURES
from services.operations.models import Answer, Row
from services.pages import board, words
from services.pages.board import Ask, Period
from services.pages.board_words import Answers, board_words
from services.pages.place import choices

NOW = datetime(2026, 11, 25, 12, 5, 7, tzinfo=UTC)
HERE = {"provider": "ZT1", "site": "ZT101"}


def answer(ask: Ask, value: float | None, rows: Sequence[Row] | None = None, **more: Any) -> Answer:
    measure = MEASURES[ask.measure]
    said = {
        "measure": measure.id,
        "value": value,
        "figures": {"total": value},
        "units": {figure.name: figure.unit for figure in measure.figures},
        "setting": "bed",
        "at": "now",
        "rounded": False,
        "first_day": None,
        "end_day": None,
        "as_of": NOW,
        "by": ask.by and Dimension(ask.by),
        "rows": rows,
    }
    shown = measure.model_dump(include={"title", "unit", "definition", "source", "version"})
    return Answer.model_validate(shown | said | more)


def part(value: float, **names: Any) -> Row:
    return Row(value=value, figures={"total": value}, **names)


def of_days(measure: str) -> Ask:
    """The board's question to a measure by day."""
    (ask,) = (ask for ask in board.DAYS.asks() if ask.measure == measure)
    return ask


def occupied(*wards: tuple[str, float]) -> Answers:
    """Beds occupied by ward of one site, and in all of it."""
    total = sum(value for _, value in wards)
    of_wards, of_sites = Ask("beds_occupied", by="ward"), Ask("beds_occupied", by="site")
    rows = [part(value, ward=ward, **HERE) for ward, value in wards]
    return {
        Ask("beds_occupied"): answer(Ask("beds_occupied"), total),
        of_wards: answer(of_wards, total, rows),
        of_sites: answer(of_sites, total, [part(total, **HERE)]),
    }


def test_a_site_comes_with_its_sum_before_its_wards() -> None:
    (table, *_) = board_words(occupied(("W2", 3), ("W1", 1)), {}, NOW).tables
    told = [(row.name, row.is_total, [cell.text for cell in row.cells]) for row in table.rows]
    assert told == [("ZT1, ZT101", True, ["4"]), ("W1", False, ["1"]), ("W2", False, ["3"])]


def test_what_is_not_answered_is_not_shown() -> None:
    said = board_words(occupied(("W1", 1)), {}, NOW)
    assert [card.id for card in said.cards] == ["beds_occupied"]
    assert [table.id for table in said.tables] == ["wards"]
    assert list(said.tables[0].headings) == ["Occupied"]


def test_one_is_not_counted_in_the_plural() -> None:
    (card,) = board_words(occupied(("W1", 1)), {}, NOW).cards
    assert (card.figure, card.unit) == ("1", "bed")


def test_every_figure_comes_with_its_definition_and_version() -> None:
    said = board_words(occupied(("W1", 1)), {}, NOW)
    assert said.cards[0].meaning.definition == words.plain(MEASURES["beds_occupied"].definition)
    assert [meaning.version for meaning in said.tables[0].meanings] == [
        MEASURES["beds_occupied"].version
    ]


def test_a_day_on_which_nothing_happened_is_a_day_too() -> None:
    ask = Ask("admissions", Period.FORTNIGHT, "day")
    days = {"first_day": date(2026, 3, 28), "end_day": date(2026, 3, 31)}
    rows = [part(2, day=date(2026, 3, 28)), part(1, day=date(2026, 3, 30))]
    (table,) = (
        table
        for table in board_words({ask: answer(ask, 3, rows, **days)}, {}, NOW).tables
        if table.id == "days"
    )
    assert [(row.stamp, row.cells[0].number) for row in table.rows] == [
        ("2026-03-30", "1"),
        ("2026-03-29", "0"),
        ("2026-03-28", "2"),
    ]
    assert table.rows[1].name == "29 March 2026"
    assert [chart.columns for chart in table.charts] == ["0"]


def test_the_night_to_come_has_no_bed_days_yet() -> None:
    admissions, nights = of_days("admissions"), of_days("occupied_bed_days")
    today, tomorrow = date(2026, 11, 25), date(2026, 11, 26)
    told = {
        admissions: answer(admissions, 1, [part(1, day=today)], first_day=today, end_day=tomorrow),
        nights: answer(
            nights,
            4,
            [part(4, day=date(2026, 11, 24))],
            first_day=date(2026, 11, 24),
            end_day=today,
        ),
    }
    (table,) = (table for table in board_words(told, {}, NOW).tables if table.id == "days")
    assert [[cell.text for cell in row.cells] for row in table.rows] == [["1", "–"], ["–", "4"]]


def test_nothing_anywhere_is_said_to_be_nothing() -> None:
    none = {ask: answer(ask, 0, [] if ask.by else None) for ask in (Ask("beds_occupied"),)}
    assert board_words(none, {}, NOW).is_empty


def test_the_moment_is_londons() -> None:
    summer = datetime(2026, 7, 1, 23, 30, 5, tzinfo=UTC)
    assert board_words(occupied(), {}, summer).as_of == "12:30:05am on 2 July 2026"


def test_the_board_can_be_narrowed_to_each_provider_and_site() -> None:
    rows = [part(1, provider="ZT2", site="ZT201"), part(1, **HERE)]
    assert [(choice.value, choice.selected) for choice in choices(rows, "ZT1/ZT101")] == [
        ("", False),
        ("ZT1", False),
        ("ZT1/ZT101", True),
        ("ZT2", False),
        ("ZT2/ZT201", False),
    ]


def test_only_what_the_catalogue_can_answer_is_asked() -> None:
    for ask in board.asks():
        measure = MEASURES[ask.measure]
        assert ask.by is None or ask.by in measure.dimensions
    assert len(set(board.asks())) == len(board.asks())


@pytest.mark.parametrize(
    ("value", "unit", "is_count", "said"),
    [
        (None, "days", False, "–"),
        (1204.0, "beds", True, "1,204"),
        (12.0, "days", True, "12"),
        (12.0, "days", False, "12.0"),
        (6.25, "days", False, "6.2"),
        (22.0, "whole-time equivalents", True, "22.0"),
        (0.874, "ratio", False, "87%"),
        (0.0, "people", True, "0"),
    ],
)
def test_a_figure_is_said_as_people_say_it(
    value: float | None, unit: str, is_count: bool, said: str
) -> None:
    assert words.figure(value, unit, is_count=is_count) == said


def test_each_figure_comes_with_its_own_unit() -> None:
    ready = Ask("discharge_delay", Period.TODAY)
    told = answer(ready, 7, figures={"total": 7, "people": 1})
    (card,) = board_words({ready: told}, {}, NOW).cards
    assert (card.figure, card.unit) == ("1", "person")


def test_what_is_hidden_of_a_group_is_said_to_be() -> None:
    of_groups = Ask("occupied_bed_days", Period.FOUR_WEEKS, "cohort")
    rows = [
        Row(value=None, figures={"total": None}, hidden=["total"], cohort="dementia"),
        Row(value=40, figures={"total": 40}, cohort="frailty"),
    ]
    (table,) = (
        table
        for table in board_words({of_groups: answer(of_groups, 60, rows)}, {}, NOW).tables
        if table.id == "cohorts"
    )
    told = [(row.name, row.cells[0].text, row.cells[0].number) for row in table.rows]
    assert told == [("Dementia", "Hidden", ""), ("Frailty", "40", "40")]


def test_wards_and_groups_are_called_by_their_names() -> None:
    names = {
        Dimension.WARD: {"ZT1/ZT101/W1": "Anchor Ward"},
        Dimension.SITE: {"ZT1/ZT101": "Harbour General"},
    }
    (table, *_) = board_words(occupied(("W2", 3), ("W1", 1)), {}, NOW, names).tables
    assert [row.name for row in table.rows] == [
        "ZT1, Harbour General (ZT101)",
        "Anchor Ward (W1)",
        "W2",
    ]


def test_words_are_listed_as_in_speech() -> None:
    assert words.listed(["a", "b", "c"]) == "a, b and c"
    assert words.listed(["a"]) == "a"
    assert words.listed([]) == ""
