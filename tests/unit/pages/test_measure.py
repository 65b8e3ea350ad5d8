"""What the page of one measure says, worked out by hand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schemas.measure import Dimension
from schemas.measures import MEASURES
from services.operations.models import Answer, Row
from services.pages import measure_words
from services.pages.place import NoSuchPlace, filters

NOW = datetime(2026, 11, 25, 12, 5, 7, tzinfo=UTC)


def answer(measure_id: str, by: str | None, rows: list[Row], **more: Any) -> Answer:
    measure = MEASURES[measure_id]
    shown = measure.model_dump(include={"title", "unit", "definition", "source", "version"})
    said = {
        "measure": measure.id,
        "value": 3,
        "figures": {"total": 3},
        "units": {figure.name: figure.unit for figure in measure.figures},
        "setting": "bed",
        "at": "now",
        "rounded": False,
        "first_day": None,
        "end_day": None,
        "as_of": NOW,
        "by": by and Dimension(by),
        "rows": rows,
    }
    return Answer.model_validate(shown | said | more)


def part(value: float, **names: Any) -> Row:
    return Row(value=value, figures={"total": value}, **names)


def test_a_ward_is_called_by_its_provider_and_site_too() -> None:
    rows = [part(1, provider="ZT2", site="S1", ward="W1"), part(2, provider="ZT1", site="S1")]
    told = answer("beds_occupied", "ward", rows)
    said = measure_words.figures(MEASURES["beds_occupied"], told, {"by": "ward"})
    assert [row.name for row in said.rows] == ["ZT1, S1, Unknown", "ZT2, S1, W1"]
    assert said.asked == "Hospital beds, now"
    assert said.behind == "/measures/beds_occupied/stays?"
    assert said.chart is not None
    assert said.chart.kind == "bars"


def test_days_come_newest_first_and_are_drawn_as_a_line() -> None:
    days = {"first_day": date(2026, 11, 24), "end_day": date(2026, 11, 26)}
    rows = [part(2, day=date(2026, 11, 25))]
    said = measure_words.figures(
        MEASURES["admissions"],
        answer("admissions", "day", rows, **days),
        {"provider": "ZT1", "by": "day"},
    )
    told = [(row.stamp, row.cells[0].text) for row in said.rows]
    assert told == [("2026-11-25", "2"), ("2026-11-24", "0")]
    assert said.asked == "Hospital beds of ZT1, 24 November 2026 to 25 November 2026"
    assert said.chart is not None
    assert said.chart.kind == "lines"


def test_a_measure_of_now_offers_no_periods_and_each_only_its_own_cuts() -> None:
    now = measure_words.forms(MEASURES["beds_occupied"], "ward", 28, "bed")
    assert now.periods == []
    assert [choice.value for choice in now.cuts if choice.selected] == ["ward"]
    of_days = measure_words.forms(MEASURES["admissions"], "", 30, "virtual")
    assert [choice.text for choice in of_days.periods if choice.selected] == ["Last 30 days"]
    assert {choice.value for choice in of_days.cuts} == {
        "",
        *(dimension.value for dimension in MEASURES["admissions"].dimensions),
    }


def test_a_place_is_a_provider_or_a_site_of_one() -> None:
    assert filters("") == {}
    assert filters("ZT1") == {"provider": "ZT1"}
    assert filters("ZT1/ZT101") == {"provider": "ZT1", "site": "ZT101"}


@pytest.mark.parametrize("at", ["/", "a/b/c", "<b>", "ZT1/", "ZT1\n"])
def test_what_no_place_is_called_is_refused(at: str) -> None:
    with pytest.raises(NoSuchPlace):
        filters(at)
