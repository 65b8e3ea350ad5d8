"""FHIR times as moments: partial dates, offsets, the edges of time, both clock changes."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import FIRST_MOMENT, london_date, micros, midnight, moment


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026", utc(2026, 1, 1)),
        ("2026-07", utc(2026, 6, 30, 23)),
        ("2026-07-15", utc(2026, 7, 14, 23)),
        ("2026-01-15", utc(2026, 1, 15)),
        ("2026-01-15T10:00:00Z", utc(2026, 1, 15, 10)),
        ("2026-01-15T10:00:00.123456Z", utc(2026, 1, 15, 10, 0, 0, 123456)),
        ("2026-01-15T10:00:00+14:00", utc(2026, 1, 14, 20)),
        ("2026-01-15T10:00:00-05:30", utc(2026, 1, 15, 15, 30)),
        ("2016-12-31T23:59:60Z", utc(2016, 12, 31, 23, 59, 59)),
        ("2017-01-01T00:59:60.5+01:00", utc(2016, 12, 31, 23, 59, 59, 500_000)),
        ("9999-12-31", utc(9999, 12, 31)),
    ],
)
def test_a_fhir_time_is_a_moment(text: str, at: datetime) -> None:
    assert moment(text) == at


@pytest.mark.parametrize(
    "value",
    [
        None, 2026, "", "yesterday", "2026-13", "2026-02-30", "0000", "2026-01-15T25:00:00Z",
        "2026-01-15T10:61:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
    ],
)  # fmt: skip
def test_what_is_no_time_is_none(value: object) -> None:
    assert moment(value) is None


@pytest.mark.parametrize(
    ("day", "first", "hours"),
    [
        (date(2026, 3, 29), utc(2026, 3, 29), 23),
        (date(2026, 10, 25), utc(2026, 10, 24, 23), 25),
        (date(2026, 6, 1), utc(2026, 5, 31, 23), 24),
    ],
)
def test_a_london_day_is_as_long_as_its_clock_says(day: date, first: datetime, hours: int) -> None:
    assert midnight(day) == first == moment(day.isoformat())
    assert midnight(day + timedelta(days=1)) - first == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("at", "day"),
    [
        (utc(2026, 3, 29, 0, 30), date(2026, 3, 29)),
        (utc(2026, 3, 29, 22, 59), date(2026, 3, 29)),
        (utc(2026, 3, 29, 23), date(2026, 3, 30)),
        (utc(2026, 10, 24, 23), date(2026, 10, 25)),
        (utc(2026, 10, 25, 23, 59), date(2026, 10, 25)),
        (utc(2026, 10, 26), date(2026, 10, 26)),
    ],
)
def test_a_moment_is_on_the_day_that_londons_clock_shows(at: datetime, day: date) -> None:
    assert london_date(at) == day


offsets = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(at=st.datetimes(timezones=offsets))
def test_every_moment_has_a_london_day_and_whole_microseconds(at: datetime) -> None:
    read = moment(at.isoformat())
    if read is None:
        assert at < FIRST_MOMENT or at.year == 9999
        return
    assert read == at
    assert abs(london_date(read) - read.date()) <= timedelta(days=1)
    assert timedelta(microseconds=micros(read) - micros(FIRST_MOMENT)) == read - FIRST_MOMENT


@given(day=st.dates(date(1, 1, 3)))
def test_the_first_moment_of_a_day_is_on_that_day(day: date) -> None:
    assert london_date(midnight(day)) == day
    assert london_date(midnight(day) - timedelta(seconds=1)) < day
