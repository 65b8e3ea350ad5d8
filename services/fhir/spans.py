"""Dates as FHIR searches compare them: each is as long as it is exact. Pure.

Source: FHIR R4, search.html#date.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, NamedTuple

from schemas.fhir.elements import values
from schemas.times import FIRST_MOMENT, midnight, moment

LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)
_DATE: Final = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
_TIME: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?P<second>:\d\d(?P<fraction>\.\d+)?)?(Z|[+-]\d\d:\d\d)?"
)
_PREFIX: Final = re.compile(r"eq|ne|gt|lt|ge|le|sa|eb|>=|<=|>|<")
# What clients of the first FHIR versions write.
_WRITTEN: Final = {">=": "ge", "<=": "le", ">": "gt", "<": "lt"}
_MONTHS: Final = 12


class Span(NamedTuple):
    """A stretch of time, half-open."""

    start: datetime
    end: datetime

    def within(self, other: "Span") -> "Span":
        """What lies in both; a stretch that ends before it starts where nothing does."""
        return Span(max(self.start, other.start), min(self.end, other.end))


ALWAYS: Final = Span(FIRST_MOMENT, LAST_MOMENT)


class Bound(NamedTuple):
    """What a date is asked to be: a prefix of FHIR, and the date as a stretch."""

    prefix: str
    span: Span

    def holds(self, found: Span) -> bool:
        """Whether a date, or a period, that a resource tells is so."""
        return _HOLDS[self.prefix](found, self.span)

    def moments(self) -> Span | None:
        """The moments that are so; None for ne, which is two stretches."""
        start, end = self.span
        match self.prefix:
            case "eq":
                return self.span
            case "ge":
                return ALWAYS._replace(start=start)
            case "gt" | "sa":
                return ALWAYS._replace(start=end)
            case "le":
                return ALWAYS._replace(end=end)
            case "lt" | "eb":
                return ALWAYS._replace(end=start)
        return None


def _within(found: Span, asked: Span) -> bool:
    return asked.start <= found.start and found.end <= asked.end


def _after(found: Span, asked: Span) -> bool:
    return found.end > asked.end


def _before(found: Span, asked: Span) -> bool:
    return found.start < asked.start


_HOLDS: Final[Mapping[str, Callable[[Span, Span], bool]]] = {
    "eq": _within,
    "ne": lambda found, asked: not _within(found, asked),
    "gt": _after,
    "lt": _before,
    "ge": lambda found, asked: _after(found, asked) or _within(found, asked),
    "le": lambda found, asked: _before(found, asked) or _within(found, asked),
    "sa": lambda found, asked: found.start >= asked.end,
    "eb": lambda found, asked: found.end <= asked.start,
}


def bound_of(said: str) -> Bound | None:
    """`ge2026-02-01` as what it asks; None for what is no date with a prefix that is known."""
    found = _PREFIX.match(said)
    prefix = found[0] if found else ""
    # A plus that nobody encoded is read as a space.
    span = span_of(said[len(prefix) :].replace(" ", "+"))
    return Bound(_WRITTEN.get(prefix, prefix) or "eq", span) if span else None


def span_of(said: object) -> Span | None:
    """The stretch of a date or time as exact as it is written; None for neither.

    A day, a month and a year are London's.
    """
    if not isinstance(said, str):
        return None
    start = moment(said)
    if start is None:
        return None
    if _DATE.fullmatch(said):
        return Span(start, _next(*map(int, said.split("-"))))
    found = _TIME.fullmatch(said)
    return Span(start, _later(start, _exact(found))) if found else None


def _exact(found: "re.Match[str]") -> timedelta:
    if found["fraction"]:
        return timedelta(microseconds=1)
    return timedelta(seconds=1) if found["second"] else timedelta(minutes=1)


def _next(year: int, month: int | None = None, day: int | None = None) -> datetime:
    try:
        if day is not None and month is not None:
            return midnight(date(year, month, day) + timedelta(days=1))
        if month is not None and month < _MONTHS:
            return midnight(date(year, month + 1, 1))
        return midnight(date(year + 1, 1, 1))
    except (OverflowError, ValueError):
        return LAST_MOMENT


def _later(at: datetime, by: timedelta) -> datetime:
    return at + by if at < LAST_MOMENT - by else LAST_MOMENT


def span_in(element: object) -> Span | None:
    """The stretch of an element that is a date, a time or a Period, open where it does not end."""
    if not isinstance(element, dict):
        return span_of(element)
    start, end = span_of(element.get("start")), span_of(element.get("end"))
    if start is None and end is None:
        return None
    return Span(start.start if start else FIRST_MOMENT, end.end if end else LAST_MOMENT)


def spans_at(resource: dict[str, Any], paths: tuple[str, ...]) -> Iterator[Span]:
    """The stretches at any of these paths of a resource."""
    found = (span_in(element) for path in paths for element in values(resource, path))
    return (span for span in found if span)
