"""The stays behind a figure in words. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from schemas.measure import Measure
from services.operations.models import StayBehind, StaysPage
from services.pages import words
from services.pages.board_words import meaning_of
from services.pages.shown import Meaning

# What people call the states of a stay.
_STATUS = {"entered-in-error": "entered in error"}
# Codes of Encounter.class.
_CLASS = {
    "IMP": "inpatient",
    "ACUTE": "acute inpatient",
    "NONAC": "inpatient, not acute",
    "SS": "short stay",
    "OBSENC": "under observation",
    "EMER": "emergency",
    "AMB": "outpatient",
    "HH": "at home",
    "VR": "virtual",
}


Cell = dict[str, str]


class BehindWords(NamedTuple):
    """A page of them. `next`: the address of the following one, empty where there is none."""

    title: str
    asked: str
    as_of: str
    head: Sequence[Cell]
    rows: Sequence[Sequence[Cell]]
    next: str
    meaning: Meaning


def stays_behind(
    measure: Measure, found: StaysPage, asked: Mapping[str, str], now: datetime
) -> BehindWords:
    """What the page says; `asked` are the parameters of its address."""
    following = {**asked, "after": found.next} if found.next else {}
    return BehindWords(
        measure.title,
        _asked(asked),
        words.moment(now),
        _head(measure.unit),
        [_stay(measure.unit, behind) for behind in found.stays],
        f"/measures/{measure.id}/stays?{urlencode(following)}" if following else "",
        meaning_of(measure.id),
    )


_SHOWN = ("provider", "site", "ward", "cohort", "from", "to")


def _asked(asked: Mapping[str, str]) -> str:
    """ "provider ZT1, from 2026-11-01"; empty for everything."""
    where = [f"{name} {asked[name]}" for name in _SHOWN if name in asked]
    virtual = ["virtual wards"] if asked.get("setting") == "virtual" else []
    return ", ".join(where + virtual)


def _head(unit: str) -> list[Cell]:
    told = ("Visit", "From", "Kind", "Last ward", "Admitted", "Discharged")
    share = {"text": f"Its share, {unit}", "format": "numeric"}
    return [*({"text": text} for text in told), share, {"text": "Doubts"}]


def _stay(unit: str, behind: StayBehind) -> list[Cell]:
    """A row of the table."""
    stay = behind.stay
    last = stay.segments[-1] if stay.segments else None
    kind = _CLASS.get(stay.visit_class, stay.visit_class)
    told = (
        stay.source,
        f"{kind}, {_STATUS.get(stay.status, stay.status)}",
        f"{last.site}, {last.ward}" if last else words.NOTHING,
        _at(stay.admitted_at),
        _at(stay.discharged_at),
    )
    share = {"text": words.figure(behind.amount, unit), "format": "numeric"}
    doubts = ", ".join(words.spaced(flag) for flag in stay.flags) or words.NOTHING
    visit = {"text": stay.visit, "href": f"/stays/{quote(stay.source)}/{quote(stay.visit)}"}
    return [visit, *({"text": text} for text in told), share, {"text": doubts}]


def _at(moment: datetime | None) -> str:
    return words.moment(moment) if moment else words.NOTHING
