"""Midnights in a bed: which nights of a stay belong to which ward."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

import msgspec

from schemas.times import london_date
from streams.flow.stay import Leave, Segment, Setting, Stay


class Nights(msgspec.Struct, frozen=True, gc=False, rename={"first": "from", "last": "to"}):
    """The midnights that end the days `first` up to, not including, `last`; None: still there.

    `setting` is what the visit took up then: only those in a bed are bed days.
    """

    ward: str
    site: str
    first: date
    last: date | None
    setting: str = Setting.BED


def bed_days(segment: Segment, until: datetime) -> int:
    """Midnights (Europe/London) spent in the bed, in whole days; a same-day stay has none.

    `until` ends an open segment. Source: NHS England, beds open overnight.
    """
    return max(0, (london_date(segment.end or until) - london_date(segment.start)).days)


def nights_of(stay: Stay) -> list[Nights]:
    """The nights of a stay by ward and setting, leave nights left out.

    None where no midnight has passed. Their sum over wards is the stay's: each midnight belongs
    to one segment, and to what the visit was when it came.
    """
    if not stay.leaves and not stay.settings:
        return list(_all_nights(stay))
    away = sorted(_away(stay.leaves), key=lambda span: (span[0], span[1] or date.max))
    runs = _runs(stay)
    return [
        Nights(segment.ward, segment.site, first, last, setting)
        for segment in stay.segments
        for setting, run in runs
        if (span := _both(_span(segment), run)) is not None
        for first, last in _without(away, span)
    ]


def _all_nights(stay: Stay) -> Iterable[Nights]:
    """The nights of a stay of one setting without leave, which most are: it is asked of each."""
    for segment in stay.segments:
        first, last = _span(segment)
        if last is None or last > first:
            yield Nights(segment.ward, segment.site, first, last, stay.setting)


Span = tuple[date, date | None]


def _span(segment: Segment | Leave) -> Span:
    return london_date(segment.start), london_date(segment.end) if segment.end else None


def _runs(stay: Stay) -> list[tuple[Setting, Span]]:
    """Each setting of the stay with its days; one without end where it had only one."""
    if not stay.settings:
        return [(stay.setting, (date.min, None))]
    starts = [london_date(since) if since else date.min for _, since in stay.settings]
    ends: list[date | None] = [*starts[1:], None]
    return [
        (setting, (first, last))
        for (setting, _), first, last in zip(stay.settings, starts, ends, strict=True)
    ]


def _both(one: Span, other: Span) -> Span | None:
    """The days that two spans share; None where one ends before the other begins."""
    first = max(one[0], other[0])
    ends = [end for end in (one[1], other[1]) if end is not None]
    last = min(ends, default=None)
    return (first, last) if last is None or last >= first else None


def _away(leaves: Iterable[Leave]) -> Iterable[Span]:
    return (_span(leave) for leave in leaves)


def _without(away: Sequence[Span], span: Span) -> Iterable[Span]:
    """What is left of a span of nights once the nights away are taken out."""
    first, last = span
    for gone, back in away:
        if last is not None and gone >= last:
            break
        if gone > first:
            yield first, gone
        if back is None:
            return
        first = max(first, gone, back)
    if last is None or last > first:
        yield first, last


def nights_between(nights: Nights, start: date, end: date, today: date) -> int:
    """How many of the nights end a day from `start` to before `end`; open ones run to today."""
    last = min(nights.last or today, end)
    return max(0, (last - max(nights.first, start)) // timedelta(days=1))
