"""A timeline narrowed to a kind, a service and a time."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from schemas.times import EPOCH
from services.record.narrowing import EVERYTHING, Narrowing, narrowed, offered
from streams.timeline.entry import Entry
from streams.timeline.read import TimelineEntry

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def line(kind: str, source: str, at: datetime | None = AT) -> TimelineEntry:
    entry = Entry("x", kind, "Said", at=at)
    where = (source, "acute", "Observation", AT, AT, f"{source}/Observation/1")
    return TimelineEntry(at or EPOCH, UUID(int=1), "x", entry, *where)


VISIT, WEIGHT, UNDATED = (
    line("contact", "ZC1"),
    line("observation", "ZT1"),
    line("plan", "ZC1", None),
)
LINES = [VISIT, WEIGHT, UNDATED]


@pytest.mark.parametrize(
    ("to", "left"),
    [
        (EVERYTHING, LINES),
        (Narrowing(kind="contact"), [VISIT]),
        (Narrowing(source="ZC1"), [VISIT, UNDATED]),
        (Narrowing(kind="contact", source="ZT1"), []),
        (Narrowing(since=AT), [VISIT, WEIGHT]),
        (Narrowing(until=AT), []),
        (Narrowing(since=AT - HOUR, until=AT + HOUR), [VISIT, WEIGHT]),
        (Narrowing(since=AT + HOUR), []),
    ],
)
def test_only_what_is_asked_for_is_left(to: Narrowing, left: list[TimelineEntry]) -> None:
    assert narrowed(LINES, to) == left


def test_what_there_is_can_be_asked_for() -> None:
    assert offered(LINES) == (["contact", "observation", "plan"], ["ZC1", "ZT1"])
