"""Rows of a measure as figures by their keys, and what changed between two looks. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from schemas.measures import Measure
from schemas.notices import Figure
from services.figures.told import Told

Figures = Mapping[str, Figure]

# Of nobody there is no share and no length of stay; there is a count, and it is 0.
_OF_NOBODY_NONE: Final = frozenset({"ratio", "days"})


# What leaves the screens of direct care tells of nobody. Source: definitions, section 9.
PERSONAL: Final = frozenset({"cohort"})
FEWEST, ROUNDED_TO = 5, 5


def figures_of(
    told: Told, measure: Measure, rows: Iterable[Mapping[str, Any]], part: Mapping[str, str]
) -> Iterator[tuple[str, Figure]]:
    """The figures of the rows that are told, each with its key. `part`: what all are a part of."""
    for row in rows:
        cut = {name: str(row[name]) for name in Figure.CUTS if row.get(name) is not None}
        first = next(name for name in row if name not in Figure.CUTS and not name.startswith("_"))
        for name in (name for shown in told.shown for name in shown.names or (first,)):
            figure = Figure(
                measure=measure.id,
                figure=name,
                value=_disclosed(row, name, measure.unit),
                unit=measure.unit,
                version=measure.version,
                **{**cut, **part},
            )
            yield key_of(figure, is_first=name == first), figure


def _disclosed(row: Mapping[str, Any], name: str, unit: str) -> float | None:
    """What may be told: nothing of a group of few people, or of nobody knows how many.

    `_people`: how many people the row is of. A count of a group is rounded.
    """
    value: float | None = row[name]
    if PERSONAL.isdisjoint(row):
        return value
    people = row.get("_people")
    if value is None or people is None or people < FEWEST:
        return None
    return value if unit in _OF_NOBODY_NONE else float(ROUNDED_TO * round(value / ROUNDED_TO))


def key_of(figure: Figure, *, is_first: bool) -> str:
    """The key of its messages: measure and dimensions, and its name unless it is the first."""
    cuts = filter(None, (getattr(figure, name) for name in Figure.CUTS))
    return "|".join((figure.measure, *cuts, *(() if is_first else (figure.figure,))))


def changes(now: Figures, last: Figures) -> list[tuple[str, Figure]]:
    """The figures that moved; one that is no longer there is of nobody now."""
    emptied = {
        key: msgspec.structs.replace(figure, value=_of_nobody(figure))
        for key, figure in last.items()
        if key not in now
    }
    return [(key, said) for key, said in {**now, **emptied}.items() if last.get(key) != said]


def _of_nobody(figure: Figure) -> float | None:
    return None if figure.unit in _OF_NOBODY_NONE else 0.0
