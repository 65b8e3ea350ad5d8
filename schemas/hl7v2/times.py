"""HL7 v2 times as moments: with an offset as they say, without one as London's clock shows them."""

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from schemas.times import FIRST_MOMENT, LONDON

_TIME = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?:\.(?P<part>\d{1,6})\d*)?)?)?)?)?)?(?P<zone>[+-]\d\d[0-5]\d)?",
    re.ASCII,
)
_LEAP_SECOND, _BEFORE_LEAP_SECOND = "60", 59
# Twice the longest that HL7 has: what is longer is none, and is not kept in mind.
_LONGEST = 48


class Moment(NamedTuple):
    """A moment in UTC. `whole_day`: no hour was said. `doubtful`: London had it twice or never."""

    at: datetime
    whole_day: bool = False
    doubtful: bool = False


def moment_of(text: str) -> Moment | None:
    """The moment of an HL7 v2 time (TS, DTM, DT); None where there is none to read.

    A month or a day is its first moment in London. An hour that London's clock showed twice is
    the first of the two; one that it never showed is what it would have been.
    A leap second is the second before it. Source: HL7 v2.8, chapter 2A; definitions, section 1.
    """
    return _moment_of(text.strip()) if text and len(text) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _moment_of(text: str) -> Moment | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    try:
        local = _local(found)
        at, doubtful = _placed(local, found["zone"])
    except (ValueError, OverflowError):
        return None
    whole_day = found["hour"] is None
    return Moment(at, whole_day, doubtful) if at >= FIRST_MOMENT else None


def _local(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second, part, _ = found.groups()
    return datetime(  # noqa: DTZ001 (placed below)
        int(year),
        int(month or 1),
        int(day or 1),
        int(hour or 0),
        int(minute or 0),
        _BEFORE_LEAP_SECOND if second == _LEAP_SECOND else int(second or 0),
        int((part or "").ljust(6, "0")),
    )


def _placed(local: datetime, zone: str | None) -> tuple[datetime, bool]:
    if zone:
        offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
        aware = local.replace(tzinfo=timezone(-offset if zone[0] == "-" else offset))
        return aware.astimezone(UTC), False
    here = local.replace(tzinfo=LONDON)
    doubtful = here.utcoffset() != here.replace(fold=1).utcoffset()
    return here.astimezone(UTC), doubtful
