"""The stays behind a figure in words. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from urllib.parse import quote, urlencode

from schemas.measure import RATES, Dimension, Figure, How, Measure
from services.operations.models import StayBehind, StaysPage
from services.pages import words
from services.pages.board_words import meaning_of
from services.pages.parts import CLASSES
from services.pages.shown import Meaning
from services.record.models import StayOut

# What people call the states of a stay.
_STATUS = {"entered-in-error": "entered in error"}

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
    measure: Measure, figure: Figure, found: StaysPage, asked: Mapping[str, str], now: datetime
) -> BehindWords:
    """What the page says of the stays of a figure; `asked` are the parameters of its address."""
    following = {**asked, "after": found.next} if found.next else {}
    return BehindWords(
        measure.title,
        _asked(asked),
        words.moment(now),
        _head(measure, figure),
        [_stay(figure, behind) for behind in found.stays],
        f"/measures/{measure.id}/stays?{urlencode(following)}" if following else "",
        meaning_of(measure.id),
    )


# Everything that can narrow a figure, as its address says it.
_SHOWN = (
    *(dimension.value for dimension in Dimension if dimension is not Dimension.DAY),
    "from",
    "to",
    "at",
    "as_known_at",
    "figure",
)


def _asked(asked: Mapping[str, str]) -> str:
    """ "provider ZT1, from 2026-11-01"; empty for everything."""
    where = [f"{name} {asked[name]}" for name in _SHOWN if name in asked]
    virtual = ["virtual wards"] if asked.get("setting") == "virtual" else []
    return ", ".join(where + virtual)


def _head(measure: Measure, figure: Figure) -> list[Cell]:
    told = ("Visit", "From", "Kind", "Last ward", "Admitted", "Discharged")
    share = {"text": _share(measure, figure), "format": "numeric"}
    return [*({"text": text} for text in told), share, {"text": "Doubts"}]


def _share(measure: Measure, figure: Figure) -> str:
    """What the number of a stay is: "Its share, bed days"; of a rate "Counted, stays"."""
    if figure.how in RATES:
        amount, base = measure.made_of(figure)
        unit = amount.unit if amount.unit == base.unit else f"{amount.unit} of {base.unit}"
        return f"Counted, {unit}"
    return f"Its share, {figure.unit}"


def _stay(figure: Figure, behind: StayBehind) -> list[Cell]:
    """A row of the table."""
    stay = behind.stay
    last = stay.segments[-1] if stay.segments else None
    kind = CLASSES.get(stay.visit_class, stay.visit_class)
    told = (
        stay.source,
        f"{kind}, {_STATUS.get(stay.status, stay.status)}",
        f"{last.site}, {last.ward}" if last else words.NOTHING,
        _at(stay.admitted_at),
        _at(stay.discharged_at),
    )
    share = {"text": _amount(figure, behind), "format": "numeric"}
    doubts = ", ".join(words.spaced(flag) for flag in stay.flags) or words.NOTHING
    return [_visit(stay), *({"text": text} for text in told), share, {"text": doubts}]


def _visit(stay: StayOut) -> Cell:
    """The visit, leading to its facts where the viewer may see whose it is."""
    if stay.person_id is None:
        return {"text": stay.visit}
    return {"text": stay.visit, "href": f"/stays/{quote(stay.source)}/{quote(stay.visit)}"}


def _amount(figure: Figure, behind: StayBehind) -> str:
    """How much of the figure the stay is; of a rate, how much is counted of how much."""
    amount, base = (
        words.figure(value, "", is_count=True) for value in (behind.amount, behind.base)
    )
    if figure.how in RATES:
        return f"{amount} of {base}"
    return base if figure.how is How.BASE else amount


def _at(moment: datetime | None) -> str:
    return words.moment(moment) if moment else words.NOTHING
