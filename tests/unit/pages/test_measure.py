"""What the page of one measure says, worked out by hand."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from schemas.measure import Dimension
from schemas.measures import MEASURES
from services.operations.models import Answer, Row
from services.pages import measure_words
from services.pages.place import NoSuchPlace, choices, filters, taken_by
from services.pages.wanted import Wanted, parameters

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
    assert said.asked == "Hospital beds, everywhere, now"
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
    assert said.asked == "Hospital beds, ZT1, 24 November 2026 to 25 November 2026"
    assert said.chart is not None
    assert said.chart.kind == "lines"


def test_a_measure_of_now_offers_no_periods_and_each_only_its_own_cuts() -> None:
    now = measure_words.forms(MEASURES["beds_occupied"], Wanted(by="ward"))
    assert now.periods == []
    assert [choice.value for choice in now.moments] == ["now", "08:00", "midnight"]
    assert now.groups == []
    assert [choice.value for choice in now.cuts if choice.selected] == ["ward"]
    of_days = measure_words.forms(MEASURES["admissions"], Wanted(days=30, setting="virtual"))
    assert of_days.moments == []
    assert [choice.text for choice in of_days.periods if choice.selected] == ["Last 30 days"]
    assert {choice.value for choice in of_days.cuts} == {
        "",
        *(dimension.value for dimension in MEASURES["admissions"].dimensions),
    }


def test_every_figure_has_its_unit_and_its_name() -> None:
    figures = {"value": 0.25, "numerator": 10, "denominator": 40}
    told = answer("readmissions_30d", None, [], figures=figures)
    said = measure_words.figures(MEASURES["readmissions_30d"], told, {})
    assert [tuple(line) for line in said.figures] == [
        ("Figure", "25%", ""),
        ("Counted", "10", "stays"),
        ("Out of", "40", "stays"),
    ]
    waits = {figure.name: 1.0 for figure in MEASURES["referral_wait"].figures}
    told = answer("referral_wait", None, [], figures=waits)
    said = measure_words.figures(MEASURES["referral_wait"], told, {})
    assert [tuple(line) for line in said.figures][:4] == [
        ("To acceptance: median", "1.0", "hour"),
        ("To acceptance: mean", "1.0", "hour"),
        ("To acceptance: 90th centile", "1.0", "hour"),
        ("To acceptance: number", "1", "referral"),
    ]
    assert said.headings[0] == "To acceptance: median, hours"


def test_what_is_hidden_is_said_and_why() -> None:
    rows = [
        Row(value=None, figures={"total": None}, hidden=["total"], sex="female"),
        Row(value=25, figures={"total": 25}, sex="male"),
    ]
    told = answer("admissions", "sex", rows, rounded=True)
    said = measure_words.figures(MEASURES["admissions"], told, {"by": "sex"})
    assert [(row.name, row.cells[0].text) for row in said.rows] == [
        ("Female", "Hidden"),
        ("Male", "25"),
    ]
    assert "fewer than 5 people" in said.note
    assert (
        measure_words.figures(MEASURES["admissions"], answer("admissions", None, []), {}).note == ""
    )


def test_parts_are_called_as_people_call_them_and_the_unknown_come_last() -> None:
    told = answer(
        "admissions", "deprivation", [part(1, deprivation=d) for d in ("unknown", "5", "1")]
    )
    said = measure_words.figures(MEASURES["admissions"], told, {"by": "deprivation"})
    assert [row.name for row in said.rows] == [
        "1, the most deprived fifth",
        "5, the least deprived fifth",
        "Unknown",
    ]
    told = answer("admissions", "hour", [part(1, hour=hour) for hour in (10, 9)])
    said = measure_words.figures(MEASURES["admissions"], told, {"by": "hour"})
    assert [row.name for row in said.rows] == ["09:00 to 09:59", "10:00 to 10:59"]
    assert said.first == "Hour of the day"


def test_a_measure_that_beds_are_nothing_to_speaks_of_none() -> None:
    told = answer("silent_handoffs", "provider", [part(1, provider="ZT1")])
    said = measure_words.figures(MEASURES["silent_handoffs"], told, {"by": "provider"})
    assert said.asked == "Everywhere, now"
    assert measure_words.forms(MEASURES["silent_handoffs"], Wanted()).settings == []


def test_a_chart_has_codes_where_names_are_long() -> None:
    names = {Dimension.WARD: {"ZT1/S1/W1": "Anchor Acute Medical Unit"}}
    told = answer("beds_occupied", "ward", [part(1, provider="ZT1", site="S1", ward="W1")])
    said = measure_words.figures(MEASURES["beds_occupied"], told, {"by": "ward"}, names)
    assert [(row.name, row.label) for row in said.rows] == [
        ("ZT1, S1, Anchor Acute Medical Unit (W1)", "W1")
    ]


def test_a_gap_is_told_with_its_interval_and_method() -> None:
    points = {"value": 0.2, "low": 0.0731, "high": 0.3185, "method": "Newcombe"}
    times = {"value": 2.0, "low": 1.263, "high": 3.167, "method": "Katz"}
    gap = {"group": "1", "against": "5", "difference": points, "ratio": times}
    told = answer("readmissions_30d", "deprivation", [], gaps=[gap], figures={})
    said = measure_words.figures(MEASURES["readmissions_30d"], told, {"by": "deprivation"})
    assert said.gaps is not None
    (row,) = said.gaps.rows
    assert row.name == "1, the most deprived fifth, against 5, the least deprived fifth"
    assert [cell.text for cell in row.cells] == ["+20.0", "+7.3 to +31.9", "2.00", "1.26 to 3.17"]
    assert said.gaps.headings[0] == "Difference, percentage points"
    assert said.gaps.methods == "Differences: Newcombe. Ratios: Katz."


def test_a_gap_of_too_few_people_is_none() -> None:
    gap = {"group": "J", "against": "rest", "difference": None, "ratio": None}
    told = answer("preventative_use", "ethnicity", [], gaps=[gap], figures={})
    said = measure_words.figures(MEASURES["preventative_use"], told, {"by": "ethnicity"})
    assert said.gaps is not None
    (row,) = said.gaps.rows
    assert row.name == "Asian or Asian British: Pakistani, against all others who are known"
    assert [cell.text for cell in row.cells] == ["–"] * 4


def test_the_form_asks_as_the_api_takes_it() -> None:
    wanted = Wanted.model_validate({"at": "ZT1", "days": 7, "cohort": "frailty", "known": ""})
    assert parameters(MEASURES["admissions"], wanted, NOW) == {
        "provider": "ZT1",
        "setting": "bed",
        "cohort": "frailty",
        "from": "2026-11-18",
        "to": "2026-11-25",
    }
    then = Wanted.model_validate({"known": "2026-07-01T09:30", "moment": "08:00"})
    assert parameters(MEASURES["beds_occupied"], then, NOW) == {
        "setting": "bed",
        "at": "08:00",
        "as_known_at": "2026-07-01T08:30:00+00:00",
    }
    assert parameters(MEASURES["admissions"], then, NOW)["to"] == "2026-07-01"


def test_a_place_is_a_provider_or_a_site_of_one() -> None:
    assert filters("") == {}
    assert filters("ZT1") == {"provider": "ZT1"}
    assert filters("ZT1/ZT101") == {"provider": "ZT1", "site": "ZT101"}


@pytest.mark.parametrize("at", ["/", "a/b/c", "<b>", "ZT1/", "ZT1\n"])
def test_what_no_place_is_called_is_refused(at: str) -> None:
    with pytest.raises(NoSuchPlace):
        filters(at)


@pytest.mark.parametrize(
    ("measure", "offered"),
    [
        ("admissions", ["", "ZT1", "ZT1/ZT101"]),
        ("silent_handoffs", ["", "ZT1"]),
        ("preventative_use", []),
    ],
)
def test_only_places_that_a_measure_can_be_narrowed_to_are_offered(
    measure: str, offered: list[str]
) -> None:
    found = taken_by(MEASURES[measure], choices([part(1, provider="ZT1", site="ZT101")], ""))
    assert [choice.value for choice in found] == offered
