"""What is told of a figure: its key, what moved, and how gauges show it."""

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from schemas.measures import MEASURES
from schemas.notices import Figure
from services.figures.gauges import show, up_to_date
from services.figures.told import TOLD, Shown, Told
from services.figures.values import changes, figures_of
from services.operations import answers
from services.operations.models import Answer, Row
from services.operations.question import Asked, question
from streams.measures.disclosure import PEOPLE_OF
from streams.runtime import metrics

Json = dict[str, Any]

NOW = datetime(2026, 4, 10, 11, tzinfo=UTC)
BEDS = next(told for told in TOLD if told.measure == "beds_occupied")
LONG = next(told for told in TOLD if told.measure == "long_stay")
WARD = {"provider": "RX1", "site": "S1", "ward": "W1"}


def answer(measure: str, *rows: Json, names: str = "provider site ward cohort") -> Answer:
    """An answer with a row of each; what names no part is a figure."""
    parts = [
        Row(**{n: v for n, v in row.items() if n in names.split()}, value=None, figures=said)
        for row in rows
        for said in ({n: v for n, v in row.items() if n not in names.split()},)
    ]
    asked = question(MEASURES[measure], Asked(), NOW)
    figures = {figure.name: 0.0 for figure in asked.measure.figures}
    people = {f"{PEOPLE_OF}{name}": 0 for name in figures}
    return answers.answer(asked, figures | people, None).model_copy(update={"rows": parts})


def beds(*wards: tuple[str, float]) -> dict[str, Figure]:
    rows = [WARD | {"ward": ward, "total": people} for ward, people in wards]
    return dict(figures_of(BEDS, answer("beds_occupied", *rows), {}))


def test_a_figure_has_a_key_of_its_own_and_says_what_it_is_of() -> None:
    ((key, figure),) = beds(("W1", 3)).items()
    assert key == "beds_occupied|RX1|S1|W1"
    assert figure.cut() == WARD
    assert (figure.value, figure.unit, figure.figure) == (3, "beds", "total")
    assert figure.version == MEASURES["beds_occupied"].version
    row = {"provider": "RX1", "site": "S1", "7+": 3, "14+": 2, "21+": 1}
    assert list(dict(figures_of(LONG, answer("long_stay", row), {}))) == [
        "long_stay|RX1|S1",
        "long_stay|RX1|S1|14+",
        "long_stay|RX1|S1|21+",
    ]


def test_parts_that_are_asked_for_one_by_one_have_keys_of_their_own() -> None:
    told = Told(
        "long_stay", (Shown(metrics.LONG_STAYS, ("7+",)),), "site", each=("pathway", ("1",))
    )
    row = {"provider": "RX1", "site": "S1", "7+": 3}
    (key,) = dict(figures_of(told, answer("long_stay", row), {"pathway": "1"}))
    assert key == "long_stay|RX1|S1|1"


def test_a_ward_that_emptied_is_told_once() -> None:
    before = beds(("W1", 3), ("W2", 1))
    ((key, emptied),) = changes(beds(("W1", 3)), before)
    assert (emptied.ward, emptied.value) == ("W2", 0)
    assert changes(beds(("W1", 3)), before | {key: emptied}) == []


def test_of_nobody_there_is_no_share() -> None:
    ratio = Figure("occupancy", 0.9, "ratio", provider="RX1", site="S1")
    ((_, gone),) = changes({}, {"occupancy|RX1|S1": ratio})
    assert gone.value is None


WARDS = st.dictionaries(st.sampled_from("ABCD"), st.integers(0, 3))


@given(states=st.lists(WARDS, min_size=1, max_size=6))
def test_whoever_hears_every_change_knows_what_is_so(states: list[dict[str, int]]) -> None:
    heard: dict[str, Figure] = {}
    for state in states:
        moved = changes(beds(*state.items()), heard)
        assert all(heard.get(key) != figure for key, figure in moved)
        heard |= dict(moved)
    known = {figure.ward: figure.value for figure in heard.values() if figure.value}
    assert known == {ward: people for ward, people in states[-1].items() if people}


LENGTHS = next(told for told in TOLD if told.measure == "length_of_stay")


def test_what_is_not_told_of_a_group_has_no_value_and_each_figure_its_own_unit() -> None:
    row = {"cohort": "frailty", "mean": 6.3, "median": None, "p90": 12, "count": 10}
    found = dict(figures_of(LENGTHS, answer("length_of_stay", row), {}))
    assert [figure.value for figure in found.values()] == [6.3, None, 12]
    assert {figure.unit for figure in found.values()} == {"days"}
    told = Told("discharge_delay", (Shown(metrics.DISCHARGE_READY, ("people",)),), "site")
    rows = {"provider": "RX1", "site": "S1", "total": 40, "people": 7}
    (ready,) = dict(figures_of(told, answer("discharge_delay", rows), {})).values()
    assert (ready.value, ready.unit) == (7, "people")


def value(name: str, **labels: str) -> float | None:
    return REGISTRY.get_sample_value(name, labels)


def test_gauges_show_what_is_so_now_and_nothing_of_before() -> None:
    show(beds(("W1", 3), ("W2", 1)).values())
    assert value("throughline_beds_occupied", **WARD) == 3
    show(beds(("W2", 2)).values())
    assert value("throughline_beds_occupied", **WARD) is None
    assert value("throughline_beds_occupied", **WARD | {"ward": "W2"}) == 2
    up_to_date(NOW)
    assert value("throughline_measures_as_of_seconds") == NOW.timestamp()


def test_a_figure_that_may_not_be_told_is_no_series() -> None:
    figures = [
        Figure("occupied_bed_days", 40, "bed days", "total", cohort="frailty"),
        Figure("occupied_bed_days", None, "bed days", "total", cohort="dementia"),
        Figure("length_of_stay", 4.5, "days", "median", cohort="frailty"),
    ]
    show(figures)
    assert value("throughline_cohort_bed_days", cohort="frailty") == 40
    assert value("throughline_cohort_bed_days", cohort="dementia") is None
    los = "throughline_cohort_length_of_stay_days"
    assert value(los, cohort="frailty", figure="median") == 4.5


@pytest.mark.parametrize("told", TOLD, ids=lambda told: f"{told.measure}-{told.by}")
def test_each_gauge_has_just_the_labels_of_what_it_shows(told: Told) -> None:
    places = {"ward": ("provider", "site", "ward"), "site": ("provider", "site")}
    cut = places.get(told.by or "", (told.by,) if told.by else ())
    each = (told.each[0],) if told.each else ()
    for shown in told.shown:
        label = (shown.label,) if shown.label else ()
        assert set(shown.gauge._labelnames) == {*cut, *each, *label}
        assert (shown.label is not None) == (len(shown.names) > 1)


def test_no_two_measures_share_a_gauge() -> None:
    shown = [(id(s.gauge), told.measure) for told in TOLD for s in told.shown]
    assert not [1 for one, other in product(shown, shown) if one[0] == other[0] and one != other]
