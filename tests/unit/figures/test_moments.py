"""The moments of snapshots, in London, over both clock changes."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.times import london_date, midnight
from services.figures.moments import due, moment_of, moments_of


def at(said: str) -> datetime:
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


def test_days_of_23_and_of_25_hours_have_their_two_moments() -> None:
    spring = moments_of(date(2026, 3, 29))
    assert [one.at for one in spring] == [at("2026-03-29T00:00"), at("2026-03-29T07:00")]
    autumn = moments_of(date(2026, 10, 25))
    assert [one.at for one in autumn] == [at("2026-10-24T23:00"), at("2026-10-25T08:00")]
    assert [one.ended for one in autumn] == [date(2026, 10, 24), None]


def test_a_first_snapshot_is_of_the_latest_moment_alone() -> None:
    assert due(None, at("2026-01-10T07:59")) == [moment_of(at("2026-01-10T00:00"))]
    assert due(None, at("2026-01-10T08:00")) == [moment_of(at("2026-01-10T08:00"))]


def test_what_was_missed_is_taken_later_but_not_for_ever() -> None:
    last = at("2026-01-10T08:00")
    assert due(last, at("2026-01-10T23:59")) == []
    missed = due(last, at("2026-01-12T09:00"))
    assert [one.at for one in missed] == [
        at("2026-01-11T00:00"),
        at("2026-01-11T08:00"),
        at("2026-01-12T00:00"),
        at("2026-01-12T08:00"),
    ]
    assert len(due(last, at("2027-01-10T09:00"))) == 2 * 14


YEAR = datetime(2026, 1, 1, tzinfo=UTC)
NOWS = st.integers(0, 365 * 1440).map(lambda minutes: YEAR + timedelta(minutes=minutes))


@given(start=NOWS, waits=st.lists(st.integers(1, 40), max_size=6))
def test_every_moment_is_taken_once_however_often_one_looks(
    start: datetime, waits: list[int]
) -> None:
    last = due(None, start)[-1].at
    now, taken = start, list[datetime]()
    for hours in waits:
        now += timedelta(hours=hours)
        taken += [one.at for one in due(last, now)]
        last = taken[-1] if taken else last
    days = (london_date(now) - london_date(start)).days + 2
    every = [
        one.at
        for offset in range(-1, days)
        for one in moments_of(london_date(start) + timedelta(days=offset))
    ]
    assert taken == [one for one in every if due(None, start)[-1].at < one <= now]


@given(now=NOWS)
def test_a_moment_is_known_by_its_time(now: datetime) -> None:
    for one in moments_of(london_date(now)):
        assert moment_of(one.at) == one
    assert moment_of(midnight(london_date(now))).ended == london_date(now) - timedelta(days=1)
