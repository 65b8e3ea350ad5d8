"""Bed days: midnights in London, the same sum whichever way they are cut."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import london_date
from streams.flow.bed_days import Nights, bed_days, nights_between, nights_of
from streams.flow.facts import Place, State
from streams.flow.stay import Leave, Segment, stay_of
from tests.unit.flow.visits import SPRING, fact, finished_stays, visit_facts

FAR = date(2027, 1, 1)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


def number(nights: list[Nights], until: date = FAR) -> int:
    return sum(nights_between(one, date.min, date.max, until) for one in nights)


def dates(nights: list[Nights]) -> list[date]:
    """Every night of them, one by one."""
    return [
        one.first + timedelta(days=day)
        for one in nights
        for day in range(((one.last or FAR) - one.first).days)
    ]


@given(made=finished_stays())
def test_bed_days_of_the_wards_are_the_days_of_the_spell(made: State) -> None:
    stay = stay_of([made])
    assert made.start is not None
    assert made.end is not None
    spell = (london_date(made.end) - london_date(made.start)).days
    assert sum(bed_days(segment, made.end) for segment in stay.segments) == spell
    assert number(nights_of(stay)) == spell


@given(made=finished_stays(leaves=True))
def test_nights_and_nights_away_are_the_days_of_the_spell(made: State) -> None:
    stay = stay_of([made])
    assert made.start is not None
    assert made.end is not None
    away = {
        london_date(leave.start) + timedelta(days=day)
        for leave in stay.leaves
        for day in range((london_date(leave.end or made.end) - london_date(leave.start)).days)
    }
    spent = dates(nights_of(stay))
    assert len(set(spent)) == len(spent)
    assert not away & set(spent)
    assert len(spent) + len(away) == (london_date(made.end) - london_date(made.start)).days


@given(made=visit_facts(), until=st.dates(date(2026, 3, 1), date(2026, 12, 1)))
def test_no_state_of_a_visit_has_a_night_twice_or_a_negative_number(
    made: State, until: date
) -> None:
    nights = nights_of(stay_of([made]))
    assert all(nights_between(one, date.min, date.max, until) >= 0 for one in nights)
    assert len(set(dates(nights))) == len(dates(nights))


@given(
    made=finished_stays(leaves=True),
    cut=st.dates(date(2026, 3, 1), date(2026, 12, 1)),
)
def test_nights_before_and_after_any_day_are_all_nights(made: State, cut: date) -> None:
    nights = nights_of(stay_of([made]))
    before = sum(nights_between(one, date.min, cut, FAR) for one in nights)
    after = sum(nights_between(one, cut, date.max, FAR) for one in nights)
    assert before + after == number(nights)


@pytest.mark.parametrize(
    ("start", "end", "days"),
    [
        # The clock goes forward: 23 hours from midnight to midnight are a night.
        (utc(2026, 3, 29), utc(2026, 3, 29, 23), 1),
        (utc(2026, 3, 28, 23, 59), utc(2026, 3, 29, 0, 1), 1),
        (utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 22, 59), 0),
        # The clock goes back: 25 hours less a minute are none.
        (utc(2026, 10, 24, 23), utc(2026, 10, 25, 23, 59), 0),
        (utc(2026, 10, 24, 22, 59), utc(2026, 10, 24, 23), 1),
        (utc(2026, 10, 24, 23), utc(2026, 10, 26), 1),
        # In summer a London night ends at 23:00 UTC.
        (utc(2026, 7, 1, 22, 30), utc(2026, 7, 1, 23, 30), 1),
        (utc(2026, 7, 1, 23, 30), utc(2026, 7, 2, 22, 30), 0),
    ],
)
def test_a_bed_day_is_a_london_midnight(start: datetime, end: datetime, days: int) -> None:
    assert bed_days(Segment("W1", "S1", start, end), utc(2027, 1, 1)) == days


def test_an_open_segment_runs_until_it_is_asked() -> None:
    here = Segment("W1", "S1", utc(2026, 2, 1, 9), None)
    assert bed_days(here, utc(2026, 2, 1, 10)) == 0
    assert bed_days(here, utc(2026, 2, 4)) == 3
    assert bed_days(here, utc(2026, 1, 1)) == 0


def test_a_same_day_stay_has_no_night() -> None:
    made = fact(status="finished", end=SPRING + timedelta(hours=20))
    assert nights_of(stay_of([made])) == []


def test_a_night_belongs_to_the_ward_at_that_midnight() -> None:
    moved = SPRING + timedelta(days=1, hours=12)
    places = (Place("W1", SPRING, None), Place("W2", moved, None))
    made = fact(status="finished", end=SPRING + timedelta(days=3), places=places)
    found = [
        (one.ward, one.first.day, one.last and one.last.day) for one in nights_of(stay_of([made]))
    ]
    assert found == [("W1", 15, 16), ("W2", 16, 18)]


def test_open_leave_ends_the_nights_for_now() -> None:
    away = ((SPRING + timedelta(days=2), None),)
    stay = stay_of([fact(leaves=away)])
    assert stay.leaves == (Leave(SPRING + timedelta(days=2), None),)
    assert number(nights_of(stay)) == 2


def test_two_leaves_of_one_day_one_of_them_open() -> None:
    start = SPRING + timedelta(days=2)
    away = ((start, start + timedelta(days=1)), (start + timedelta(hours=1), None))
    assert number(nights_of(stay_of([fact(leaves=away)]))) == 2
