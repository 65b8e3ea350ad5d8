"""The gaps between groups of people in words: differences and ratios with their intervals. Pure."""

from collections.abc import Sequence
from typing import NamedTuple

from schemas.measure import Measure
from services.operations.models import Answer, Estimated, GapBetween
from services.pages import parts, words
from services.pages.parts import NO_NAMES
from services.pages.shown import Cell, RowWords
from streams.measures.gap import REST

_POINTS = "percentage points"
_MINUS = "−"
_OTHERS = "all others who are known"


class GapWords(NamedTuple):
    """A table of gaps. `about`: how it is read; `methods`: how its intervals are made."""

    about: str
    first: str
    headings: Sequence[str]
    rows: Sequence[RowWords]
    methods: str


def gaps(measure: Measure, answer: Answer) -> GapWords | None:
    """The gaps of an answer, a row each; None where it has none."""
    if not answer.gaps or answer.by is None:
        return None
    by = answer.by.value
    unit = _POINTS if measure.unit == words.RATIO else measure.unit
    return GapWords(
        "A difference above 0, or a ratio above 1: the first of the two has the greater figure."
        " Where an interval has 0, or of a ratio 1, in it, the gap may be chance.",
        parts.title(by),
        [f"Difference, {unit}", "95% interval", "Ratio", "95% interval"],
        [_row(by, gap, measure.unit) for gap in answer.gaps],
        _methods(answer.gaps),
    )


def _row(by: str, gap: GapBetween, unit: str) -> RowWords:
    against = _OTHERS if gap.against == REST else parts.name(by, (gap.against,), NO_NAMES)
    name = f"{parts.name(by, (gap.group,), NO_NAMES)}, against {against}"
    factor = 100 if unit == words.RATIO else 1
    return RowWords(name, False, [*_difference(gap.difference, factor), *_ratio(gap.ratio)])


def _difference(found: Estimated | None, factor: int) -> list[Cell]:
    if found is None:
        return _nothing()
    value, low, high = (factor * number for number in (found.value, found.low, found.high))
    return [_cell(_signed(value), value), _cell(f"{_signed(low)} to {_signed(high)}", None)]


def _ratio(found: Estimated | None) -> list[Cell]:
    if found is None:
        return _nothing()
    return [
        _cell(f"{found.value:.2f}", found.value),
        _cell(f"{found.low:.2f} to {found.high:.2f}", None),
    ]


def _nothing() -> list[Cell]:
    return [_cell(words.NOTHING, None), _cell(words.NOTHING, None)]


def _cell(text: str, number: float | None) -> Cell:
    return Cell(text, "" if number is None else f"{number:g}")


def _signed(number: float) -> str:
    """ "+4.1", "−3.0", "0.0"."""
    said = f"{abs(number):,.1f}"
    if float(said.replace(",", "")) == 0:
        return said
    return f"{'+' if number > 0 else _MINUS}{said}"


def _methods(found: Sequence[GapBetween]) -> str:
    """ "Differences: Newcombe, 95%. Ratios: Katz, 95%."."""
    told = {
        "Differences": [gap.difference.method for gap in found if gap.difference],
        "Ratios": [gap.ratio.method for gap in found if gap.ratio],
    }
    return " ".join(f"{of}: {methods[0]}." for of, methods in told.items() if methods)
