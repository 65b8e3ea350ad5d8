"""One figure of a measure in words: what it is called, its number, its unit. Pure."""

from collections.abc import Mapping
from typing import Final

from schemas.measure import COUNTS, Figure
from services.operations.models import Answer, Restated, Row
from services.pages import words
from services.pages.shown import Cell

# What people call the figures; the others are called as they are.
_CALLED: Final[Mapping[str, str]] = {
    "total": "All",
    "value": "Figure",
    "mean": "Mean",
    "median": "Median",
    "p90": "90th centile",
    "count": "Number",
    "numerator": "Counted",
    "denominator": "Out of",
    "leave": "Nights of leave",
    "7+": "7 days or more",
    "14+": "14 days or more",
    "21+": "21 days or more",
    "stale": "Stale feeds",
    "inferred": "Inferred times",
    "conflicting": "Conflicting stays",
    "unknown-ward": "Unknown wards",
    "bad-nhs-number": "Bad NHS numbers",
}
# Several spreads of one measure: what comes before the name of each of their figures.
_SPREADS: Final[Mapping[str, str]] = {
    "continuous": "Joined stays",
    "accepted": "To acceptance",
    "contact": "To first contact",
    "outcome": "To the outcome",
}
Said = Answer | Row | Restated


def called(figure: Figure) -> str:
    """What a figure is called among those of its measure: "To acceptance: median"."""
    spread, _, name = figure.name.partition("_")
    if spread in _SPREADS and name in _CALLED:
        return f"{_SPREADS[spread]}: {_CALLED[name].lower()}"
    return _CALLED.get(figure.name, words.spaced(figure.name).replace("_", " ").capitalize())


def heading(figure: Figure) -> str:
    """The same with its unit, as the head of a column: "Median, days"."""
    unit = words.unit_of(None, figure.unit)
    name = called(figure)
    return f"{name}, {unit}" if unit and unit != name.lower() else name


def text(figure: Figure, said: Said) -> str:
    """The figure as an answer, or a part of one, says it: "6.3", or that it is hidden."""
    if figure.name in said.hidden:
        return words.HIDDEN
    return words.figure(said.figures[figure.name], figure.unit, is_count=figure.how in COUNTS)


def unit(figure: Figure, said: Said) -> str:
    """The unit beside that text; a hidden figure has none."""
    return (
        "" if figure.name in said.hidden else words.unit_of(said.figures[figure.name], figure.unit)
    )


def cell(figure: Figure, said: Said) -> Cell:
    """The figure as a cell of a table."""
    value = said.figures[figure.name]
    return Cell(text(figure, said), "" if value is None else f"{value:g}")


def none(figure: Figure) -> Cell:
    """The cell of a part that an answer leaves out: none, of what is counted; else nothing."""
    return Cell("0", "0") if figure.how in COUNTS else Cell(words.NOTHING, "")


def note(answer: Answer) -> str:
    """What is to be said where small numbers are hidden."""
    if not answer.rounded:
        return ""
    return (
        "Counts are rounded to 5. Hidden: figures of fewer than 5 people, and those from which"
        " these could be worked out."
    )
