"""Measures over HTTP and at a fixed now, on real PostgreSQL, fed by the real projections."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from random import Random
from statistics import mean, median
from typing import Any

import httpx
import pytest

from schemas.events import CareEvent
from schemas.measure import PERSONAL, Dimension, How
from schemas.measures import MEASURES
from schemas.times import london_date
from services.access.viewer import Role
from services.operations import answers
from services.operations.models import Answer
from services.operations.question import Asked, question
from services.record.cursor import cursor_of
from streams.flow.bed_days import nights_between, nights_of
from streams.flow.encounter import PLANNED_END, visit_fact
from streams.flow.stay import Stay, stay_of
from streams.measures import inside
from streams.measures.engine import Rows
from streams.measures.sheets import Sheets
from tests.builders import event_of, patient
from tests.store.conftest import House
from tests.store.visits import visit

Json = dict[str, Any]

NOW = datetime(2026, 4, 10, 11, tzinfo=UTC)
TODAY = london_date(NOW)
APRIL = {"from": "2026-03-01", "to": "2026-05-01"}
# Cut by what does not tell people apart, figures are exact.
PLACES = (Dimension.PROVIDER, Dimension.SITE, Dimension.WARD, Dimension.SPECIALTY, Dimension.CLASS)
# What is made of stays alone, and so is some number where only visits are known.
OF_STAYS = (
    "occupied_bed_days",
    "length_of_stay",
    "beds_occupied",
    "long_stay",
    "admissions",
    "discharges",
    "expected_discharges",
    "readmissions_30d",
    "closer_to_home",
)
ADDED_UP = frozenset({How.SUM, How.BASE, How.COUNT, How.AT_LEAST})


def stay_behind(event: CareEvent) -> Stay:
    return stay_of([visit_fact(event, 0)])


async def answer(house: House, measure: str, **values: Any) -> Answer:
    asked = question(MEASURES[measure], Asked.model_validate(values), NOW)
    sheets = Sheets([asked])
    [(whole, rows)] = sheets.answers(await house.engine.all_rows(*sheets.statements))
    return answers.answer(asked, whole, rows)


async def shares(house: House, measure: str, **values: Any) -> Rows:
    """What each stay behind a figure adds to it."""
    asked = question(MEASURES[measure], Asked.model_validate(values), NOW)
    return await house.engine.rows(inside.behind(asked, asked.measure.figures[0]))


async def amounts(house: House, measure: str, **values: Any) -> list[float]:
    return [behind["amount"] for behind in await shares(house, measure, **values)]


def parts(found: Answer, *names: str) -> dict[Any, float | None]:
    """The rows' values by the columns that name them."""
    assert found.rows is not None
    keyed = {tuple(getattr(row, name) for name in names): row.value for row in found.rows}
    assert len(keyed) == len(found.rows)
    return {key if len(names) > 1 else key[0]: value for key, value in keyed.items()}


WARD_DAYS = [
    # Over the clock change of 29 March, in wards A and B; 3 midnights.
    visit(1, "2026-03-28T22:00:00Z", "2026-03-31T08:00:00Z", ("A", "2026-03-28T22:00:00Z"),
          ("B", "2026-03-30T12:00:00Z")),
    # 23:30 in UTC is 00:30 in London: one midnight fewer than UTC would count.
    visit(2, "2026-04-01T23:30:00Z", "2026-04-03T10:00:00Z", ("A", "2026-04-01T23:30:00Z")),
    visit(3, "2026-04-05T08:00:00Z", "2026-04-05T20:00:00Z", ("A", "2026-04-05T08:00:00Z")),
    visit(4, "2026-04-07T08:00:00Z", None, ("A", "2026-04-07T08:00:00Z")),
    visit(5, "2026-04-07T08:00:00Z", None, ("A", "2026-04-07T08:00:00Z"), source="RX2"),
]  # fmt: skip


async def test_bed_days_belong_to_the_ward_at_midnight_and_add_up(house: House) -> None:
    await house.take(*WARD_DAYS)
    by_ward = await answer(house, "occupied_bed_days", by="ward", **APRIL)
    assert parts(by_ward, "provider", "ward") == {
        ("RX1", "A"): 2 + 1 + 3,
        ("RX1", "B"): 1,
        ("RX2", "A"): 3,
    }
    assert by_ward.value == 10
    assert by_ward.unit == "bed days"
    assert by_ward.version == MEASURES["occupied_bed_days"].version
    assert by_ward.units == {"total": "bed days", "leave": "nights", "people": "people"}
    assert by_ward.as_of == NOW
    days = parts(await answer(house, "occupied_bed_days", by="day", **APRIL), "day")
    assert days == {
        date(2026, 3, 28): 1,
        date(2026, 3, 29): 1,
        date(2026, 3, 30): 1,
        date(2026, 4, 2): 1,
        date(2026, 4, 7): 2,
        date(2026, 4, 8): 2,
        date(2026, 4, 9): 2,
    }


async def test_a_period_takes_its_first_day_and_not_its_last(house: House) -> None:
    await house.take(*WARD_DAYS)
    values = {"from": "2026-03-29", "to": "2026-04-08", "provider": "RX1"}
    assert (await answer(house, "occupied_bed_days", **values)).value == 2 + 1 + 1
    assert (await answer(house, "occupied_bed_days", **values, ward="B")).value == 1
    assert (await answer(house, "occupied_bed_days", **values, ward="none")).value == 0
    usual = await answer(house, "occupied_bed_days")
    assert (usual.first_day, usual.end_day) == (TODAY - timedelta(days=28), TODAY)


def random_visits(random: Random, count: int) -> list[CareEvent]:
    """Stays of all kinds: moves, leaves, open and ended, real and virtual, at two providers."""
    made = []
    for number in range(count):
        start = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=random.randrange(24 * 35))
        moved = start + timedelta(hours=random.randrange(200))
        ends = moved + timedelta(hours=random.randrange(200)) if random.random() < 0.7 else None
        away = start + timedelta(hours=random.randrange(100))
        leave = {"start": away.isoformat(), "end": (away + timedelta(hours=40)).isoformat()}
        expected = (start + timedelta(days=number % 9)).isoformat()
        made.append(
            visit(
                number,
                start.isoformat(),
                ends.isoformat() if ends else None,
                (random.choice("AB"), start.isoformat()),
                (random.choice("BC"), moved.isoformat()),
                source=random.choice(["RX1", "RX2"]),
                statusHistory=[{"status": random.choice(["onleave", "arrived"]), "period": leave}],
                extension=[{"url": PLANNED_END, "valueDateTime": expected}],
                **{"class": {"code": random.choice(["IMP", "ACUTE", "VR", "EMER"])}},
            )
        )
    return made


async def test_bed_days_are_what_the_stays_say_by_any_cut(house: House) -> None:
    """The pure count of nights is the oracle, for hospital beds and for virtual wards."""
    made = random_visits(Random(7), 60)
    await house.take(*made)
    stays = [stay_behind(event) for event in made]
    first, end = date(2026, 3, 10), date(2026, 4, 2)
    for setting, by in product(("bed", "virtual"), (None, *PLACES, Dimension.DAY)):
        values: Json = {"from": first, "to": end, "setting": setting, "by": by}
        found = await answer(house, "occupied_bed_days", **values)
        expected = sum(
            nights_between(nights, first, end, TODAY)
            for stay in stays
            if stay.setting == setting
            for nights in nights_of(stay)
        )
        assert expected > 0
        assert found.value == expected
        if found.rows is not None:
            assert sum(row.value or 0 for row in found.rows) == expected


@pytest.mark.parametrize("measure", OF_STAYS)
async def test_every_cut_and_the_stays_behind_it_add_up_to_the_figure(
    house: House, measure: str
) -> None:
    await house.take(*random_visits(Random(11), 40))
    wanted = MEASURES[measure]
    period = {} if wanted.span == "now" else {"from": "2026-03-01", "to": "2026-04-11"}
    whole = await answer(house, measure, **period)
    counts = [f.name for f in wanted.figures if f.how in ADDED_UP]
    assert any(whole.figures[name] for name in counts)
    for by in (one for one in wanted.dimensions if one not in PERSONAL):
        rows = (await answer(house, measure, by=by, **period)).rows or []
        for name in counts:
            assert sum(row.figures[name] or 0 for row in rows) == whole.figures[name]
        for row in rows if by in {Dimension.PROVIDER, Dimension.CLASS} else []:
            key = row.provider if by is Dimension.PROVIDER else row.visit_class
            part = await answer(house, measure, **{by.value: key}, **period)
            assert part.figures == row.figures
    behind = await shares(house, measure, **period)
    match wanted.figures[0].how:
        case How.SUM:
            assert sum(each["amount"] for each in behind) == whole.value
        case How.RATIO:
            assert sum(each["amount"] for each in behind) == whole.figures["numerator"]
            assert sum(each["base"] for each in behind) == whole.figures["denominator"]
        case _:
            assert len(behind) == whole.figures[counts[0]]


async def test_length_of_stay_is_in_london_days_and_same_day_is_none(house: House) -> None:
    await house.take(*WARD_DAYS)
    found = await answer(house, "length_of_stay", **APRIL)
    lengths = [3, 1, 0]
    assert found.figures["mean"] == pytest.approx(mean(lengths))
    assert found.figures["median"] == median(lengths)
    assert found.figures["p90"] == pytest.approx(2.6)
    assert found.figures["count"] == 3
    assert found.value == found.figures["mean"]
    wards = parts(await answer(house, "length_of_stay", by="ward", **APRIL), "ward")
    assert wards == {"A": 0.5, "B": 3}
    empty = await answer(house, "length_of_stay", provider="nobody", **APRIL)
    assert (empty.value, empty.figures["count"]) == (None, 0)


async def test_admissions_and_discharges_are_counted_on_their_day_and_ward(house: House) -> None:
    planned = visit(6, "2026-04-08T08:00:00Z", None, status="planned")
    cancelled = visit(7, "2026-04-08T08:00:00Z", None, status="cancelled")
    await house.take(*WARD_DAYS, planned, cancelled)
    admitted = parts(await answer(house, "admissions", by="day", **APRIL), "day")
    assert admitted == {
        date(2026, 3, 28): 1,
        date(2026, 4, 2): 1,
        date(2026, 4, 5): 1,
        date(2026, 4, 7): 2,
    }
    left = await answer(house, "discharges", by="ward", **APRIL)
    assert parts(left, "ward") == {"A": 2, "B": 1}
    assert (await answer(house, "admissions", by="ward", ward="B", **APRIL)).value == 0


async def test_beds_occupied_and_long_stays_are_of_now(house: House) -> None:
    old = [
        visit(f"old{days}", (NOW - timedelta(days=days)).isoformat(), None)
        for days in (0, 6, 7, 13, 14, 20, 21, 400)
    ]
    in_virtual_ward: Json = {"class": {"code": "VR"}}
    virtual = visit("virtual", "2026-01-01T08:00:00Z", None, **in_virtual_ward)
    await house.take(*old, virtual)
    assert (await answer(house, "beds_occupied")).value == 8
    assert (await answer(house, "beds_occupied", setting="virtual")).value == 1
    found = await answer(house, "long_stay")
    assert found.figures == {"7+": 6, "14+": 4, "21+": 2}
    assert found.value == 6
    assert found.first_day is None
    wards = parts(await answer(house, "long_stay", by="ward"), "provider", "site", "ward")
    assert wards == {("RX1", "RX1", "unknown"): 6}


async def test_expected_discharges_are_of_those_who_are_still_in(house: House) -> None:
    def expected(number: int, at: str, end: str | None = None, **elements: Any) -> CareEvent:
        extension = [{"url": PLANNED_END, "valueDateTime": at}]
        ward = ("A", "2026-04-07T08:00:00Z")
        return visit(number, "2026-04-07T08:00:00Z", end, ward, extension=extension, **elements)

    await house.take(
        # 23:30 in UTC is the next day in London.
        expected(1, "2026-04-09T23:30:00Z"),
        expected(2, "2026-04-12T10:00:00Z"),
        expected(3, "2026-04-10T10:00:00Z", "2026-04-09T10:00:00Z"),
        expected(4, "2026-04-10T10:00:00Z", **{"class": {"code": "VR"}}),
    )
    today = {"from": "2026-04-10", "to": "2026-04-11"}
    assert (await answer(house, "expected_discharges", **today)).value == 1
    assert (await answer(house, "expected_discharges", setting="virtual", **today)).value == 1
    days = parts(await answer(house, "expected_discharges", by="day", **APRIL), "day")
    assert days == {date(2026, 4, 10): 1, date(2026, 4, 12): 1}
    assert await amounts(house, "expected_discharges", **APRIL) == [1, 1]


async def test_a_mistaken_stay_leaves_every_measure(house: House) -> None:
    await house.take(*WARD_DAYS)
    later = {"versionId": "2", "lastUpdated": "2026-04-09T00:00:00Z"}
    wrong = [
        visit(1, "2026-03-28T22:00:00Z", "2026-03-31T08:00:00Z", meta=later),
        visit(4, "2026-04-07T08:00:00Z", meta=later),
        visit(5, "2026-04-07T08:00:00Z", meta=later, source="RX2"),
    ]
    resources = [event.parsed() | {"status": "entered-in-error"} for event in wrong]
    sources = [event.source for event in wrong]
    await house.take(*(event_of(r, source=s) for r, s in zip(resources, sources, strict=True)))
    assert (await answer(house, "occupied_bed_days", **APRIL)).value == 1
    assert (await answer(house, "beds_occupied")).value == 0
    assert (await answer(house, "admissions", **APRIL)).value == 2
    assert (await answer(house, "length_of_stay", **APRIL)).figures["count"] == 2


async def test_the_stays_behind_a_figure_add_up_over_their_pages_and_are_audited(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*(event_of(patient(id=f"p{n}")) for n in range(1, 5)), *WARD_DAYS)
    values = {**APRIL, "ward": "A", "provider": "RX1", "to": "2026-04-09"}
    figure = (await clinician.get("/api/measures/occupied_bed_days", params=values)).json()
    found: list[Json] = []
    after: str | None = None
    while True:
        page = {"limit": "1"} | ({"after": after} if after else {})
        answered = await clinician.get(
            "/api/measures/occupied_bed_days/stays", params=values | page
        )
        assert answered.status_code == 200, answered.text
        found += answered.json()["stays"]
        after = answered.json()["next"]
        if after is None:
            break
    assert [behind["stay"]["visit"] for behind in found] == ["v1", "v2", "v4"]
    assert sum(behind["amount"] for behind in found) == figure["value"] == 2 + 1 + 2
    seen = [person for view, person, _ in await house.looks() if view == "measure-stays"]
    assert seen == [behind["stay"]["person_id"] for behind in found]
    assert None not in seen


async def test_the_stays_behind_a_figure_are_not_for_operations(house: House) -> None:
    await house.take(*WARD_DAYS)
    async with house.visited_by(Role.OPERATIONS) as operations:
        assert (await operations.get("/api/measures/beds_occupied")).json()["value"] == 2
        answered = await operations.get("/api/measures/beds_occupied/stays")
    assert answered.status_code == 403
    assert await house.looks() == [("measure-stays", None, False)]


async def test_measures_are_not_for_publishers(house: House) -> None:
    async with house.visited_by(Role.PUBLISHER) as publisher:
        for path in ("", "/beds_occupied", "/beds_occupied/stays"):
            assert (await publisher.get(f"/api/measures{path}")).status_code == 403


async def test_the_catalogue_names_only_what_is_answered(
    house: House, clinician: httpx.AsyncClient
) -> None:
    catalogue = (await clinician.get("/api/measures")).json()
    assert [measure["id"] for measure in catalogue] == list(MEASURES)
    for measure in catalogue:
        assert all(measure[name] for name in ("title", "unit", "definition", "source", "version"))
        for by in measure["dimensions"]:
            answered = await clinician.get(f"/api/measures/{measure['id']}", params={"by": by})
            assert answered.status_code == 200, answered.text
            assert answered.json()["by"] == by


async def test_a_row_carries_only_the_names_of_its_cut(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*WARD_DAYS)
    answered = await clinician.get("/api/measures/beds_occupied", params={"by": "provider"})
    assert answered.json()["rows"] == [
        {"provider": "RX1", "value": 1, "figures": {"total": 1}},
        {"provider": "RX2", "value": 1, "figures": {"total": 1}},
    ]
    answered = await clinician.get("/api/measures/beds_occupied", params={"by": "class"})
    assert answered.json()["rows"] == [{"class": "IMP", "value": 2, "figures": {"total": 2}}]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("no_such_measure", 404),
        ("occupied_bed_days?as_known_at=9999-04-01T08:00:00Z", 422),
        ("occupied_bed_days?as_known_at=0001-01-01T08:00:00Z", 422),
        ("occupied_bed_days?pathway=1", 422),
        ("occupied_bed_days?by=reason", 422),
        ("occupied_bed_days?at=08:00", 422),
        ("occupied_bed_days?day=2026-04-01", 422),
        ("admissions?hour=24", 422),
        ("beds_occupied?at=noon", 422),
        ("beds_occupied?at=midnight&to=9999-12-31", 422),
        ("beds_occupied?at=midnight&from=2026-04-01", 422),
        ("occupied_bed_days?from=2026-04-02&to=2026-04-01", 422),
        ("occupied_bed_days?from=yesterday", 422),
        ("occupied_bed_days?setting=home", 422),
        ("beds_occupied?from=2026-04-01", 422),
        ("beds_occupied?by=day", 422),
        ("occupied_bed_days/stays?limit=0", 422),
        ("occupied_bed_days/stays?after=x", 400),
        (f"occupied_bed_days/stays?after={cursor_of((chr(0), chr(0)))}", 400),
        ("occupied_bed_days?ward=%00", 422),
    ],
)
async def test_what_cannot_be_answered_is_refused_and_never_guessed(
    house: House, clinician: httpx.AsyncClient, path: str, status: int
) -> None:
    answered = await clinician.get(f"/api/measures/{path}")
    assert answered.status_code == status
    assert answered.headers["content-type"] == "application/problem+json"


async def test_the_longest_period_there_is_can_be_asked(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*WARD_DAYS[:3])
    values = {"from": "0001-01-01", "to": "9999-12-31", "by": "day"}
    for measure, value in {"occupied_bed_days": 4, "admissions": 3, "discharges": 3}.items():
        answered = await clinician.get(f"/api/measures/{measure}", params=values)
        assert answered.status_code == 200, answered.text
        assert answered.json()["value"] == value
    first = {"to": "0001-01-01"}
    assert (await clinician.get("/api/measures/admissions", params=first)).json()["value"] == 0
