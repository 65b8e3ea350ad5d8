"""When snapshots are taken: at 08:00 and at midnight in London. Pure.

Source: NHS England, daily situation report: a day is 00:00 to 23:59:59, beds are told at 08:00.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple

from schemas.times import LONDON, london_date, midnight

EIGHT: Final = time(8)
# What was missed for longer, nobody waits for.
MISSED_FOR: Final = timedelta(days=14)
DAY: Final = timedelta(days=1)


class Moment(NamedTuple):
    """A moment (UTC) and, where it is a midnight, the London day that it ends."""

    at: datetime
    ended: date | None


def moment_of(at: datetime) -> Moment:
    """The moment that a snapshot of that time is of."""
    day = london_date(at)
    return Moment(at, day - DAY if at == midnight(day) else None)


def moments_of(day: date) -> tuple[Moment, Moment]:
    """The midnight that begins a London day, and its 08:00."""
    eight = datetime.combine(day, EIGHT, LONDON).astimezone(UTC)
    return Moment(midnight(day), day - DAY), Moment(eight, None)


def due(last: datetime | None, now: datetime) -> list[Moment]:
    """The moments since the last one taken, up to now; where none was taken, the latest alone."""
    since = max(last or now - MISSED_FOR, now - MISSED_FOR)
    passed = [one for one in _between(london_date(since), london_date(now)) if one.at <= now]
    return [one for one in passed if one.at > since] if last else passed[-1:]


def _between(first: date, last: date) -> Iterator[Moment]:
    for days in range((last - first).days + 1):
        yield from moments_of(first + timedelta(days=days))
