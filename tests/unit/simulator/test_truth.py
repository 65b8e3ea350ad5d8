"""The oracle's bed days, against examples counted by hand."""

from datetime import date, datetime, timedelta

from schemas.times import LONDON
from services.simulator.truth import TrueLeave, TrueSegment, TrueStay, Truth

UNTIL = datetime(2026, 12, 31, tzinfo=LONDON)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def truth(
    *segments: tuple[str, str, str | None],
    class_code: str = "IMP",
    leaves: tuple[TrueLeave, ...] = (),
    until: datetime = UNTIL,
) -> Truth:
    places = tuple(
        TrueSegment(ward, "ZT101", at(start), at(end) if end else None)
        for ward, start, end in segments
    )
    stay = TrueStay("ZT1", "ZT1-V1", "9990000000", class_code, "open", None, None, places, leaves)
    return Truth((stay,), {}, until)


def test_a_stay_from_noon_to_noon_is_one_bed_day_of_its_first_day() -> None:
    told = truth(("W1", "2026-06-01T12:00:00+01:00", "2026-06-02T12:00:00+01:00"))
    assert told.bed_days(date(2026, 6, 1), date(2026, 6, 2)) == {"W1": 1}
    assert told.bed_days(date(2026, 6, 2), date(2026, 6, 3)) == {}


def test_a_same_day_stay_has_none() -> None:
    told = truth(("W1", "2026-06-01T00:30:00+01:00", "2026-06-01T23:30:00+01:00"))
    assert told.bed_days(date(2026, 5, 1), date(2026, 7, 1)) == {}


def test_when_the_clock_goes_forward_midnight_is_londons() -> None:
    # Midnights at the end of the 28th (GMT) and of the 29th, which is 23:00 UTC.
    told = truth(("W1", "2026-03-28T23:30:00+00:00", "2026-03-30T00:15:00+01:00"))
    assert told.bed_days(date(2026, 3, 28), date(2026, 3, 31)) == {"W1": 2}
    left_before = truth(("W1", "2026-03-29T10:00:00+01:00", "2026-03-29T23:30:00+01:00"))
    assert left_before.bed_days(date(2026, 3, 28), date(2026, 3, 31)) == {}


def test_when_the_clock_goes_back_midnight_is_londons() -> None:
    # 23:30 UTC on the 24th is half past midnight on the 25th: only the 25th's midnight is left.
    told = truth(("W1", "2026-10-24T23:30:00+00:00", "2026-10-26T00:15:00+00:00"))
    assert told.bed_days(date(2026, 10, 24), date(2026, 10, 27)) == {"W1": 1}
    assert told.bed_days(date(2026, 10, 25), date(2026, 10, 26)) == {"W1": 1}


def test_a_transfer_gives_each_ward_its_own_midnights() -> None:
    told = truth(
        ("W1", "2026-06-01T12:00:00+01:00", "2026-06-02T12:00:00+01:00"),
        ("W2", "2026-06-02T12:00:00+01:00", None),
    )
    assert told.bed_days(date(2026, 6, 1), date(2026, 6, 4)) == {"W1": 1, "W2": 2}


def test_nights_on_leave_are_counted_apart() -> None:
    away = TrueLeave(at("2026-06-02T10:00:00+01:00"), at("2026-06-04T10:00:00+01:00"))
    told = truth(("W1", "2026-06-01T12:00:00+01:00", "2026-06-05T12:00:00+01:00"), leaves=(away,))
    assert told.bed_days(date(2026, 6, 1), date(2026, 6, 6)) == {"W1": 2}
    assert told.leave_nights(date(2026, 6, 1), date(2026, 6, 6)) == {"W1": 2}


def test_virtual_ward_and_emergency_department_hold_no_hospital_bed() -> None:
    nights = ("V1", "2026-06-01T12:00:00+01:00", "2026-06-03T12:00:00+01:00")
    june = date(2026, 6, 1), date(2026, 7, 1)
    assert truth(nights, class_code="VR").bed_days(*june) == {}
    assert truth(nights, class_code="VR").virtual_bed_days(*june) == {"V1": 2}
    assert truth(nights, class_code="EMER").bed_days(*june) == {}
    assert truth(nights, class_code="EMER").virtual_bed_days(*june) == {}


def test_an_open_stay_counts_until_the_end_of_what_is_known() -> None:
    until = datetime(2026, 6, 4, tzinfo=LONDON)
    told = truth(("W1", "2026-06-01T12:00:00+01:00", None), until=until)
    assert told.bed_days(date(2026, 6, 1), date(2026, 7, 1)) == {"W1": 3}
    assert until - at("2026-06-01T12:00:00+01:00") < timedelta(days=3)
