"""What is put right is struck through, and says what replaced it."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from streams.timeline.entry import Entry
from streams.timeline.read import TimelineEntry, corrected

AT = datetime(2026, 2, 1, tzinfo=UTC)


def line(number: int, *replaces: int, struck: bool = False) -> TimelineEntry:
    """The one line of the thread of that number."""
    threads = tuple(f"RX1|DocumentReference/{other}" for other in replaces)
    return TimelineEntry(
        AT,
        UUID(int=number),
        "record",
        Entry("record", "document", "A letter", struck=struck, replaces=threads),
        "RX1",
        "acute",
        "DocumentReference",
        AT,
        AT,
        f"RX1|DocumentReference/{number}",
    )


def test_what_is_replaced_is_struck_through_and_says_by_what() -> None:
    old, new, other = corrected([line(1), line(2, 1), line(3)])
    assert (old.entry.struck, old.replaced_by) == (True, UUID(int=2))
    assert [(one.entry.struck, one.replaced_by) for one in (new, other)] == [(False, None)] * 2


def test_what_is_itself_struck_through_replaces_nothing() -> None:
    old, _ = corrected([line(1), line(2, 1, struck=True)])
    assert (old.entry.struck, old.replaced_by) == (False, None)


def test_nothing_replaces_itself() -> None:
    assert corrected([line(1, 1)])[0].replaced_by is None


@given(st.lists(st.lists(st.integers(0, 5), max_size=3), min_size=1, max_size=6))
def test_no_line_is_lost_or_moved_and_putting_right_twice_is_putting_right_once(
    replaced: list[list[int]],
) -> None:
    lines = [line(number, *others) for number, others in enumerate(replaced)]
    once = corrected(lines)
    assert [one.event_id for one in once] == [one.event_id for one in lines]
    for one in once:
        named = any(
            one.event_id.int in other.entry.replaces or one.thread in other.entry.replaces
            for other in lines
            if other.thread != one.thread
        )
        assert (one.replaced_by is not None) == named
