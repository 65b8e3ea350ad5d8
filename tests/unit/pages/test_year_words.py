"""The year at a glance, worked out by hand: months, bars, and a table that says the same."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.pages.year_words import LEAST_DAYS, MOST_ROWS, rows_of, year
from tests.unit.pages.test_person_words import stay
from tests.unit.pages.test_plan_words import referral

TODAY = date(2026, 11, 25)


def at(month: int, day: int, year: int = 2026) -> datetime:
    return datetime(year, month, day, 12, tzinfo=UTC)


def of(*stays: Any, referrals: Any = ()) -> Any:
    return year(stays, referrals, TODAY)


def test_it_is_the_twelve_months_that_end_with_this_one() -> None:
    said = of()
    assert said.said == "December 2025 to November 2026"
    assert [month.name[:3] for month in said.months][:3] == ["Dec", "Jan", "Feb"]
    assert (said.days, said.months[1].x, said.months[2].days) == (365, 31, 28)
    assert (said.lanes, said.rows) == ([], [])
    leap = year([], [], date(2024, 2, 29))
    assert (leap.days, leap.months[-1].days) == (366, 29)


def test_a_stay_is_a_bar_from_its_first_day_to_its_last() -> None:
    done = stay(status="finished", admitted_at=at(12, 3, 2025), discharged_at=at(12, 10, 2025))
    said = of(done, stay(admitted_at=at(11, 20)))
    (lane,) = said.lanes
    assert (lane.name, lane.many) == ("Hospital stays", "2")
    assert [(bar.x, bar.width) for bar in lane.bars] == [(2, 8), (354, 6)]
    assert [row[2]["text"] for row in said.rows] == ["goes on", "10 December 2025"]


def test_what_began_before_the_year_begins_with_it_and_what_ended_before_is_out() -> None:
    before = stay(status="finished", admitted_at=at(10, 1, 2025), discharged_at=at(12, 5, 2025))
    gone = stay(status="finished", admitted_at=at(10, 1, 2025), discharged_at=at(11, 5, 2025))
    (lane,) = of(before, gone).lanes
    assert [(bar.x, bar.width) for bar in lane.bars] == [(0, 5)]


def test_what_never_happened_and_what_has_no_time_is_in_no_lane() -> None:
    never = [stay(status=status) for status in ("planned", "cancelled", "entered-in-error")]
    assert of(*never, stay(admitted_at=None)).lanes == []


def test_each_kind_of_care_has_a_lane() -> None:
    kinds = ("contact", "virtual", "bed", "home")
    seen = [stay(setting=kind, admitted_at=at(11, day)) for day, kind in enumerate(kinds, 1)]
    said = of(*seen, referrals=[referral(sent_at=at(11, 1))])
    assert [(lane.name, lane.many) for lane in said.lanes] == [
        ("Hospital stays", "1"),
        ("Virtual ward", "1"),
        ("Contacts", "2"),
        ("Referrals", "1"),
    ]
    assert len(said.rows) == 5


@given(st.lists(st.tuples(st.integers(0, 364), st.integers(LEAST_DAYS, 60)), max_size=30))
def test_bars_lie_on_each_other_only_where_every_row_is_taken(
    found: list[tuple[int, int]],
) -> None:
    stretches = sorted(found)
    rows = rows_of(stretches)
    assert all(0 <= row < MOST_ROWS for row in rows)
    for n, (x, _) in enumerate(stretches):
        over = [m for m in range(n) if rows[m] == rows[n] and sum(stretches[m]) > x]
        assert not over or rows[n] == MOST_ROWS - 1
