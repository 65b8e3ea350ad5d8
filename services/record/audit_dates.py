"""The time that a FHIR search for AuditEvents asks for. Pure. Source: FHIR R4, search.html#date."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from schemas.times import london_date, midnight, moment

# Each date is as long as it is exact; a day, a month and a year are London's.
_PREFIXED: Final = re.compile(r"(eq|ge|gt|le|lt)?(\d{4}(?:-\d\d(?:-\d\d(?:T.+)?)?)?)")
_SECONDS: Final = re.compile(r"T\d\d:\d\d:\d\d")


class NoDate(ValueError):
    """Nothing that could be a time."""


def span_of(asked: Sequence[str]) -> tuple[datetime | None, datetime | None]:
    """From when, and before when, all of these dates are so; None: open. Raises NoDate."""
    since, until = list[datetime](), list[datetime]()
    for said in asked:
        prefix, start, end = _stretch(said)
        match prefix:
            case "ge":
                since.append(start)
            case "gt":
                since.append(end)
            case "le":
                until.append(end)
            case "lt":
                until.append(start)
            case _:
                since.append(start)
                until.append(end)
    return max(since, default=None), min(until, default=None)


def _stretch(said: str) -> tuple[str, datetime, datetime]:
    """A prefix, and the date behind it as the first moment that it is and the first after it."""
    # A plus that nobody encoded is read as a space.
    found = _PREFIXED.fullmatch(said.replace(" ", "+"))
    start = moment(found[2]) if found else None
    if found is None or start is None:
        raise NoDate
    try:
        return found[1] or "eq", start, _end(start, found[2])
    except (ValueError, OverflowError):
        raise NoDate from None


def _end(start: datetime, said: str) -> datetime:
    day = london_date(start)
    match len(said):
        case 4:
            return midnight(day.replace(year=day.year + 1))
        case 7:
            return midnight((day + timedelta(days=31)).replace(day=1))
        case 10:
            return midnight(day + timedelta(days=1))
    if "." in said:
        return start + timedelta(microseconds=1)
    return start + timedelta(seconds=1 if _SECONDS.search(said) else 60)
