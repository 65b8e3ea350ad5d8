"""The timeline in words: by day, each line with its source, and what was put right. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from schemas.times import LONDON, london_date, midnight
from services.pages import words
from services.pages.forms import Choice
from services.record.models import TimelineLine, TimelinePage
from services.record.narrowing import Narrowing

NO_TIME = "No time given"
EVERY = ""
# What is not to be seen is one line that says when it was, and nothing besides.
RESTRICTED = "restricted"
# Nobody's care lies outside of these.
YEARS = range(1850, 2200)
_SECTOR = {
    "acute": "hospital",
    "community": "community services",
    "primary": "general practice",
    "mental-health": "mental health",
    "social-care": "social care",
    "voluntary": "voluntary sector",
}
_KIND = {"about-me": "About me", "person": "Personal details", "record": "Record keeping"}


class NoSuchDay(ValueError):
    """Nothing could be that day."""


class LineWords(NamedTuple):
    """A line: `stamp` is its time for programs; `put_right` what stands for it now.

    `id` is the same whenever the page is made; what is withheld has none.
    """

    id: str
    stamp: str
    at: str
    kind: str
    title: str
    about: str
    told: str
    original: str
    struck: bool
    put_right: str
    put_right_href: str


class DayWords(NamedTuple):
    """The lines of one London day, `ahead` where it is to come; no `stamp`: without a time."""

    stamp: str
    name: str
    ahead: bool
    lines: Sequence[LineWords]


class TimelineWords(NamedTuple):
    """A page of it. `older`, `newest`: addresses, empty where there is nothing behind them."""

    days: Sequence[DayWords]
    many: str
    older: str
    newest: str
    is_narrowed: bool


class FilterWords(NamedTuple):
    """What the form offers, and what stands in it."""

    kinds: Sequence[Choice]
    sources: Sequence[Choice]
    since: str
    until: str


def narrowing(asked: Mapping[str, str]) -> Narrowing:
    """What the form asks for; a day is a whole one in London. Raises NoSuchDay."""
    since, until = _day(asked.get("from", "")), _day(asked.get("to", ""))
    return Narrowing(
        asked.get("kind") or None,
        asked.get("service") or None,
        midnight(since) if since else None,
        midnight(until + timedelta(days=1)) if until else None,
    )


def _day(said: str) -> date | None:
    if not said:
        return None
    try:
        day = date.fromisoformat(said)
    except ValueError:
        raise NoSuchDay from None
    if day.year not in YEARS:
        raise NoSuchDay
    return day


def form(found: TimelinePage, asked: Mapping[str, str]) -> FilterWords:
    """The form above a timeline."""
    return FilterWords(
        _choices("Everything", [(kind, kind_name(kind)) for kind in found.kinds], asked, "kind"),
        _choices("Every service", [(one, one) for one in found.sources], asked, "service"),
        asked.get("from", ""),
        asked.get("to", ""),
    )


def _choices(
    every: str, offered: Iterable[tuple[str, str]], asked: Mapping[str, str], name: str
) -> list[Choice]:
    """One that is asked for and is not there is offered too: it is what the page shows."""
    chosen, told = asked.get(name, ""), dict(offered)
    if chosen and chosen not in told:
        told[chosen] = chosen
    options = sorted(told.items(), key=lambda option: option[1])
    return [
        Choice(EVERY, every, not chosen),
        *(Choice(value, text, value == chosen) for value, text in options),
    ]


def timeline(
    found: TimelinePage, path: str, asked: Mapping[str, str], today: date
) -> TimelineWords:
    """What the page says of a timeline that `path` with the parameters `asked` shows."""
    narrow = {name: value for name, value in asked.items() if value and name != "after"}
    titles = {line.event_id: line.title for line in found.entries}
    days = groupby(found.entries, key=lambda line: london_date(line.at) if line.at else None)
    ids = _ids(found.entries)
    return TimelineWords(
        [
            _of_day(day, [_line(next(ids), line, titles) for line in of_day], today)
            for day, of_day in days
        ],
        _count(found.total),
        _address(path, {**narrow, "after": found.next}) if found.next else "",
        _address(path, narrow) if asked.get("after") else "",
        bool(narrow),
    )


def _ids(lines: Iterable[TimelineLine]) -> Iterator[str]:
    """One for each line: a fact may say several things."""
    seen = Counter[UUID]()
    for line in lines:
        seen[line.event_id] += 1
        yield f"line-{line.event_id}-{seen[line.event_id]}"


def _address(path: str, asked: Mapping[str, str]) -> str:
    return f"{path}{'?' if asked else ''}{urlencode(asked)}#timeline"


def _count(total: int) -> str:
    return "1 entry" if total == 1 else f"{total:,} entries"


def _of_day(day: date | None, lines: Sequence[LineWords], today: date) -> DayWords:
    stamp, name = (day.isoformat(), weekday(day)) if day else ("", NO_TIME)
    return DayWords(stamp, name, day is not None and day > today, lines)


def weekday(day: date) -> str:
    """ "Wednesday 25 November 2026"."""
    return f"{_WEEKDAYS[day.weekday()]} {words.day(day)}"


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _line(name: str, line: TimelineLine, titles: Mapping[UUID, str]) -> LineWords:
    if line.kind == RESTRICTED:
        return _withheld(line)
    put_right = line.replaced_by
    return LineWords(
        name,
        line.at.isoformat() if line.at else "",
        _at(line.at, line.until),
        kind_name(line.kind),
        line.title,
        _about(line),
        _told(line),
        f"/events/{line.event_id}",
        line.struck,
        titles.get(put_right, "a later entry") if put_right else "",
        f"/events/{put_right}" if put_right else "",
    )


def _withheld(line: TimelineLine) -> LineWords:
    return LineWords(
        "",
        line.at.isoformat() if line.at else "",
        _at(line.at, None),
        kind_name(RESTRICTED),
        "Restricted",
        "",
        "What it is, where and with whom is not shown to you.",
        original="",
        struck=False,
        put_right="",
        put_right_href="",
    )


def _at(at: datetime | None, until: datetime | None) -> str:
    """ "3:05pm to 4:10pm"; nothing for what has a day and no time of day: that is a midnight."""
    if at is None or _is_a_day(at):
        return ""
    same_day = until is not None and until > at and london_date(until) == london_date(at)
    return f"{words.hour(at)} to {words.hour(until)}" if until and same_day else words.hour(at)


def _is_a_day(at: datetime) -> bool:
    here = at.astimezone(LONDON)
    return (here.hour, here.minute, here.second) == (0, 0, 0)


def _about(line: TimelineLine) -> str:
    """Where it was and what is said of it besides, as one text."""
    status = words.spaced(line.status) if line.status in _WORTH_SAYING else ""
    told = filter(None, (line.place, line.detail, status))
    return ". ".join(f"{part[:1].upper()}{part[1:]}" for part in told)


# States that change what a line means; the others are what one expects of it.
_WORTH_SAYING = frozenset(
    {"planned", "proposed", "cancelled", "on-hold", "preliminary", "entered-in-error", "not-done"}
)


def _told(line: TimelineLine) -> str:
    """Who published and wrote it, when it was written, and when it came here."""
    sector = _SECTOR.get(line.sector)
    source = f"{line.source} ({sector})" if sector else line.source
    by = f", {line.author}" if line.author else ""
    written = _briefly(line.recorded, line.at)
    came = "at once" if _same_minute(line) else _briefly(line.received, line.recorded)
    return f"{source}{by}. Written {written}, came here {came}."


def _briefly(at: datetime, beside: datetime | None) -> str:
    """The time of day alone where the day is the one that was told just before."""
    is_same = beside is not None and london_date(at) == london_date(beside)
    return words.hour(at) if is_same else words.moment(at)


def _same_minute(line: TimelineLine) -> bool:
    return words.moment(line.recorded) == words.moment(line.received)


def kind_name(kind: str) -> str:
    """A kind as people call it: "Care plan" for what the filter knows as "plan"."""
    return _KIND.get(kind) or words.spaced(kind).capitalize()
