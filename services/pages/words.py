"""Numbers, moments and days as people read them. Pure."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import quote

from schemas.times import LONDON, MONTHS, NOON, london_date, spoken

NOTHING = "–"
HIDDEN = "Hidden"
UNKNOWN = "Unknown"
_MARKED = re.compile(r"`([^`]+)`")
RATIO = "ratio"
# Units that are counted in parts.
_IN_PARTS = frozenset({"whole-time equivalents"})
# A unit in the plural, and what one of it is called.
_ONE = {
    "answers": "answer",
    "beds": "bed",
    "people": "person",
    "bed days": "bed day",
    "contacts": "contact",
    "first contacts": "first contact",
    "days": "day",
    "hours": "hour",
    "nights": "night",
    "referrals": "referral",
    "stays": "stay",
    "times": "time",
}


def figure(value: float | None, unit: str, *, is_count: bool = False) -> str:
    """A figure without its unit: "1,204", "6.3", "87%"; a dash where there is nothing."""
    if value is None:
        return NOTHING
    if unit == RATIO:
        return f"{value * 100:.0f}%"
    if is_count and unit not in _IN_PARTS:
        return f"{value:,.0f}"
    return f"{value:,.1f}"


def unit_of(value: float | None, unit: str) -> str:
    """The unit beside a figure: "person" for 1; nothing for a ratio, which is a percentage."""
    if unit in {RATIO, "counts"}:
        return ""
    return _ONE.get(unit, unit) if value == 1 else unit


def clock(at: datetime) -> str:
    """The time of day in London, to the second: "3:05:12pm"."""
    here = at.astimezone(LONDON)
    half = "am" if here.hour < NOON else "pm"
    return f"{here.hour % 12 or 12}:{here.minute:02d}:{here.second:02d}{half}"


def hour(at: datetime) -> str:
    """The time of day in London: "3:05pm"."""
    return spoken(at).rpartition(", ")[2]


def stay_address(source: str, visit: str) -> str:
    """Where the page of a stay is."""
    return f"/stays/{quote(source)}/{quote(visit)}"


def day(at: date) -> str:
    """ "25 November 2026"."""
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}"


def moment(at: datetime) -> str:
    """ "25 November 2026, 3:05pm"."""
    return spoken(at)


def to_the_second(at: datetime) -> str:
    """ "3:05:12pm on 25 November 2026", in London."""
    return f"{clock(at)} on {day(london_date(at))}"


def listed(words: Sequence[str]) -> str:
    """ "provider, site and ward"."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def spaced(code: str) -> str:
    """A code that is made of words, as words: "care coordinator"."""
    return code.replace("-", " ")


def plain(text: str) -> str:
    """A text of the catalogue without its marks: names of parameters in quotes."""
    return _MARKED.sub(r"“\1”", text)
