"""HL7 v2 times of every precision are moments in UTC, London's where they have no offset."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hl7v2 import Moment, moment_of
from schemas.hl7v2 import times as times_of_hl7v2
from schemas.times import LONDON


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # year to microsecond


@pytest.mark.parametrize(
    ("said", "at", "whole_day"),
    [
        ("2026", utc(2026, 1, 1), True),
        ("202607", utc(2026, 6, 30, 23), True),
        ("20260702", utc(2026, 7, 1, 23), True),
        ("20260102", utc(2026, 1, 2), True),
        ("2026070213", utc(2026, 7, 2, 12), False),
        ("202607021314", utc(2026, 7, 2, 12, 14), False),
        ("20260702131415", utc(2026, 7, 2, 12, 14, 15), False),
        ("20260702131415.5", utc(2026, 7, 2, 12, 14, 15, 500_000), False),
        ("20260702131415.1234", utc(2026, 7, 2, 12, 14, 15, 123_400), False),
        ("20260702131415.123456789", utc(2026, 7, 2, 12, 14, 15, 123_456), False),
        ("20260702+0000", utc(2026, 7, 2), True),
        ("202607021314+0000", utc(2026, 7, 2, 13, 14), False),
        ("202607021314+0530", utc(2026, 7, 2, 7, 44), False),
        ("20260702131415-0800", utc(2026, 7, 2, 21, 14, 15), False),
        ("20260702131415.5-0000", utc(2026, 7, 2, 13, 14, 15, 500_000), False),
        # A leap second is the second before it.
        ("20161231235960+0000", utc(2016, 12, 31, 23, 59, 59), False),
        ("20161231235960.7+0000", utc(2016, 12, 31, 23, 59, 59, 700_000), False),
        # Spaces around it.
        (" 20260102 ", utc(2026, 1, 2), True),
    ],
)
def test_each_precision_is_the_first_moment_that_it_means(
    said: str, at: datetime, whole_day: bool
) -> None:
    assert moment_of(said) == Moment(at, whole_day)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        # London's clock showed neither of these in spring.
        ("20260329010000", utc(2026, 3, 29, 1)),
        ("20260329013000", utc(2026, 3, 29, 1, 30)),
        # And these twice in autumn: the first of the two.
        ("20261025010000", utc(2026, 10, 25, 0)),
        ("202610250159", utc(2026, 10, 25, 0, 59)),
        ("2026102501", utc(2026, 10, 25, 0)),
    ],
)
def test_an_hour_that_the_clock_showed_twice_or_never_is_doubtful(said: str, at: datetime) -> None:
    assert moment_of(said) == Moment(at, doubtful=True)


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("20260329005959", utc(2026, 3, 29, 0, 59, 59)),
        ("20260329020000", utc(2026, 3, 29, 1)),
        ("20261025005959", utc(2026, 10, 24, 23, 59, 59)),
        ("20261025020000", utc(2026, 10, 25, 2)),
        # With an offset nothing is doubtful.
        ("20260329013000+0000", utc(2026, 3, 29, 1, 30)),
        ("20261025013000+0100", utc(2026, 10, 25, 0, 30)),
        ("20261025013000+0000", utc(2026, 10, 25, 1, 30)),
    ],
)
def test_the_hours_beside_a_clock_change_are_sure(said: str, at: datetime) -> None:
    assert moment_of(said) == Moment(at)


def test_days_of_a_clock_change_are_whole_days() -> None:
    assert moment_of("20260329") == Moment(utc(2026, 3, 29), whole_day=True)
    assert moment_of("20261025") == Moment(utc(2026, 10, 24, 23), whole_day=True)


@pytest.mark.parametrize(
    "said",
    [
        "",
        " ",
        "0",
        "00000000",
        "now",
        "202",
        "20261",
        "202613",
        "20260230",
        "2026070225",
        "202607022400",
        "202607021360",
        "20260702131461",
        "20260702131415.",
        "20260702131415,5",
        "20260702131415+01",
        "20260702131415+0160",
        "20260702131415+2400",
        "20260702131415Z",
        "2026-07-02",
        "2026-07-02T13:14:15",
        "٢٠٢٦",
        "２０２６",
        "00010101",
        "99991231235959-0100",
        "20260702131415." + "1" * 100,
        "1" * 100_000,
    ],
)
def test_what_is_no_time_is_none(said: str) -> None:
    assert moment_of(said) is None


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)))  # noqa: DTZ001 (a clock's face)
def test_a_time_without_offset_is_what_londons_clock_showed(local: datetime) -> None:
    whole_seconds = local.replace(microsecond=0)
    found = moment_of(whole_seconds.strftime("%Y%m%d%H%M%S"))
    assert found is not None
    here = found.at.astimezone(LONDON).replace(tzinfo=None)
    assert here == whole_seconds or (found.doubtful and here - whole_seconds <= timedelta(hours=2))


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),  # noqa: DTZ001 (a clock's face)
    st.integers(-14 * 60, 14 * 60),
)
def test_a_time_with_an_offset_is_that_moment(local: datetime, minutes: int) -> None:
    sign = "-" if minutes < 0 else "+"
    offset = f"{sign}{abs(minutes) // 60:02d}{abs(minutes) % 60:02d}"
    found = moment_of(f"{local:%Y%m%d%H%M%S.%f}{offset}")
    assert found == Moment(local.replace(tzinfo=UTC) - timedelta(minutes=minutes))


@given(st.text(st.sampled_from("0123456789+-. "), max_size=30) | st.text(max_size=30))
def test_any_text_is_a_moment_or_none(said: str) -> None:
    found = moment_of(said)
    assert found is None or found.at.tzinfo is UTC


def test_long_texts_are_not_kept_in_mind() -> None:
    kept = times_of_hl7v2._moment_of.cache_info().currsize
    for number in range(100):
        moment_of("9" * (1_000 + number))
    assert times_of_hl7v2._moment_of.cache_info().currsize == kept
