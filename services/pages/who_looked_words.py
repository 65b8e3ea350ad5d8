"""Who looked at a record, by day, in words that the person understands. Pure."""

from collections.abc import Hashable, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple
from urllib.parse import quote

from schemas.times import london_date
from services.access.viewer import Role
from services.access.views import view_of
from services.pages import look_words, words
from services.pages.parts import Names
from services.pages.timeline_words import weekday
from services.record.models import AccessLogPage, Look

YOU = "You"


class Once(NamedTuple):
    """One look: when, and at what."""

    stamp: str
    at: str
    what: str


class LookWords(NamedTuple):
    """The looks of somebody on a day that are alike; `each`: every one, where there are several.

    `user`: by what the sign-in service knows them; empty where that helps nobody.
    """

    stamp: str
    at: str
    who: str
    user: str
    role: str
    place: str
    what: str
    why: str
    tag: str
    colour: str
    each: Sequence[Once]


class DayWords(NamedTuple):
    """The looks of one London day, the last first."""

    stamp: str
    name: str
    looks: Sequence[LookWords]


class LogWords(NamedTuple):
    """A page of who looked. `older`, `newest`: addresses, empty where nothing is behind them."""

    days: Sequence[DayWords]
    older: str
    newest: str


def log(found: AccessLogPage, names: Names, path: str, after: str, *, own: bool) -> LogWords:
    """What the page says of who looked; `own`: to the person whose record it is."""
    days = groupby(found.looks, key=lambda look: london_date(look.at))
    return LogWords(
        [_day(day, list(looks), names, own=own) for day, looks in days],
        f"{path}?after={quote(found.next)}" if found.next else "",
        path if after else "",
    )


def _day(day: date, looks: Sequence[Look], names: Names, *, own: bool) -> DayWords:
    alike: dict[Hashable, list[Look]] = {}
    for look in looks:
        alike.setdefault(_kind(look), []).append(look)
    told = [_words(some, names, own=own) for some in alike.values()]
    return DayWords(day.isoformat(), weekday(day), told)


def _kind(look: Look) -> Hashable:
    """Looks that are alike in this stand as one; what allowed them may be told in one sentence."""
    return (
        look.viewer,
        look.role,
        look.org,
        look.allowed,
        tuple(look.because),
        look.view == "break-glass",
    )


def _words(looks: Sequence[Look], names: Names, *, own: bool) -> LookWords:
    last, first = looks[0], looks[-1]
    is_you = own and last.role == Role.PERSON
    tag, colour = look_words.tag(last.view, last.because, allowed=last.allowed)
    return LookWords(
        last.at.isoformat(),
        _when(first.at, last.at, len(looks)),
        YOU if is_you else last.name or last.viewer,
        "" if own else last.viewer,
        "" if is_you else look_words.role(last.role),
        "" if is_you else look_words.organisation(last.org, names),
        look_words.views(look.view for look in reversed(looks)),
        "" if is_you else _why(looks, own=own),
        tag,
        colour,
        [_once(look) for look in looks] if len(looks) > 1 else [],
    )


def _why(looks: Sequence[Look], *, own: bool) -> str:
    """A search is explained by itself, and what was opened by what allowed it."""
    last = next((look for look in looks if view_of(look.view).deed == "read"), looks[0])
    if last.view == "break-glass":
        return "They said that they had to look. The privacy officer asks them why."
    return look_words.why(last.role, last.view, last.because, allowed=last.allowed, own=own)


def _when(first: datetime, last: datetime, times: int) -> str:
    """ "3:05pm", or "3:05pm to 4:10pm, 7 times"."""
    if times == 1:
        return words.hour(last)
    span = [words.hour(first), words.hour(last)]
    return f"{' to '.join(dict.fromkeys(span))}, {times} times"


def _once(look: Look) -> Once:
    return Once(look.at.isoformat(), words.hour(look.at), view_of(look.view).words)
