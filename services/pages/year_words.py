"""The year at a glance: stays, contacts and referrals as bars, and as the rows of a table. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from schemas.times import MONTHS, london_date
from services.pages import words
from services.record.models import StayOut
from services.record.referrals import ReferralOut

_MONTHS_SHOWN = 12
# Rows of one lane beyond this lie upon each other: the table has all of them.
MOST_ROWS = 6
ROW_HEIGHT, BAR_HEIGHT = 10, 8
# A single day of a year would be a hair's breadth on a telephone.
LEAST_DAYS = 2
_HAPPENED = frozenset({"open", "finished"})
_LANES = {"bed": "Hospital stays", "virtual": "Virtual ward"}
_CONTACTS, _REFERRALS = "Contacts", "Referrals"
_ORDER = ("Hospital stays", "Virtual ward", _CONTACTS, _REFERRALS)
_CONTACT = {"emergency": "Emergency attendance", "home": "Visit at home"}


class Span(NamedTuple):
    """Something that lasted: `until` None goes on. `what` says it in words."""

    lane: str
    what: str
    since: datetime
    until: datetime | None


class Bar(NamedTuple):
    """A bar of a drawing, in days since the year's first day and in rows' heights."""

    x: int
    y: int
    width: int


class Lane(NamedTuple):
    """One kind of care over the year: `height` of its drawing, and what it shows in words."""

    id: str
    name: str
    many: str
    said: str
    height: int
    bars: Sequence[Bar]


class Month(NamedTuple):
    """A month under the drawing; `x`: its first day, `days`: how long it is."""

    name: str
    x: int
    days: int


class YearWords(NamedTuple):
    """The drawing and its table. Nothing happened in it where there are no rows."""

    said: str
    days: int
    months: Sequence[Month]
    lanes: Sequence[Lane]
    head: Sequence[dict[str, str]]
    rows: Sequence[Sequence[dict[str, str]]]


def year(stays: Iterable[StayOut], referrals: Iterable[ReferralOut], today: date) -> YearWords:
    """The twelve calendar months that end with this one."""
    months = list(_months(today))
    begin = _first(today)
    length = sum(month.days for month in months)
    spans = (*_of_stays(stays), *_of_referrals(referrals))
    found = [span for span in spans if _touches(span, begin, today)]
    lanes = [_lane(n, name, found, begin, today) for n, name in enumerate(_ORDER)]
    return YearWords(
        f"{MONTHS[begin.month - 1]} {begin.year} to {MONTHS[today.month - 1]} {today.year}",
        length,
        months,
        [lane for lane in lanes if lane.bars],
        [{"text": text} for text in ("What", "From", "Until", "Kind")],
        [_row(span) for span in sorted(found, key=lambda span: span.since, reverse=True)],
    )


def _first(today: date) -> date:
    """The first day of the month eleven months ago."""
    months = today.year * _MONTHS_SHOWN + today.month - _MONTHS_SHOWN
    return date(months // _MONTHS_SHOWN, months % _MONTHS_SHOWN + 1, 1)


def _months(today: date) -> Iterable[Month]:
    begin = at = _first(today)
    for _ in range(_MONTHS_SHOWN):
        following = (at + timedelta(days=31)).replace(day=1)
        yield Month(MONTHS[at.month - 1], (at - begin).days, (following - at).days)
        at = following


def _of_stays(stays: Iterable[StayOut]) -> Iterable[Span]:
    for stay in stays:
        if stay.status in _HAPPENED and stay.admitted_at is not None:
            lane = _LANES.get(stay.setting, _CONTACTS)
            what = _CONTACT.get(stay.setting, "Visit") if lane == _CONTACTS else lane
            until = stay.discharged_at if stay.status == "finished" else None
            done = stay.admitted_at if stay.status == "finished" and until is None else until
            yield Span(lane, f"{what}, {stay.provider or stay.source}", stay.admitted_at, done)


def _of_referrals(referrals: Iterable[ReferralOut]) -> Iterable[Span]:
    for one in referrals:
        if one.sent_at is not None and one.status != "entered-in-error":
            yield Span(_REFERRALS, one.what_for or "Referral", one.sent_at, one.closed_at)


def _touches(span: Span, begin: date, today: date) -> bool:
    ended = london_date(span.until) if span.until else today
    return london_date(span.since) <= today and ended >= begin


def _lane(number: int, name: str, found: Iterable[Span], begin: date, today: date) -> Lane:
    spans = sorted((s for s in found if s.lane == name), key=lambda span: span.since)
    stretches = [_stretch(span, begin, today) for span in spans]
    rows = rows_of(stretches)
    bars = [
        Bar(x, row * ROW_HEIGHT, width) for (x, width), row in zip(stretches, rows, strict=True)
    ]
    height = (max(rows, default=0) + 1) * ROW_HEIGHT
    said = f"{name}, {len(bars)} in the year"
    return Lane(f"lane-{number}", name, f"{len(bars)}", said, height, bars)


def _stretch(span: Span, begin: date, today: date) -> tuple[int, int]:
    """Its first day in the year and its days there."""
    since = max(london_date(span.since), begin)
    until = min(london_date(span.until) if span.until else today, today)
    return (since - begin).days, max((until - since).days + 1, LEAST_DAYS)


def rows_of(stretches: Sequence[tuple[int, int]]) -> list[int]:
    """The row of each, by where they begin, so that none lies on another while there is room."""
    free: list[int] = []
    rows = []
    for x, width in stretches:
        row = next((n for n, end in enumerate(free) if end < x), min(len(free), MOST_ROWS - 1))
        free[row : row + 1] = [x + width]
        rows.append(row)
    return rows


def _row(span: Span) -> list[dict[str, str]]:
    until = words.day(london_date(span.until)) if span.until else "goes on"
    told = (span.what, words.day(london_date(span.since)), until, span.lane)
    return [{"text": text} for text in told]
