"""Rows of a measure as figures by their keys, and what changed between two looks. Pure."""

from collections.abc import Iterator, Mapping

import msgspec

from schemas.measure import COUNTS
from schemas.measures import MEASURES
from schemas.notices import Figure
from services.figures.told import Told
from services.operations.models import Answer

Figures = Mapping[str, Figure]


def figures_of(told: Told, answer: Answer, part: Mapping[str, str]) -> Iterator[tuple[str, Figure]]:
    """The figures that are told of an answer's rows, or of it all where it has none, by their keys.

    `part`: what all of them are a part of.
    """
    for row in (answer,) if answer.rows is None else answer.rows:
        cut = {n: str(v) for n in Figure.CUTS if (v := getattr(row, n, None)) is not None}
        first = next(iter(row.figures))
        for name in (name for shown in told.shown for name in shown.names or (first,)):
            figure = Figure(
                measure=answer.measure,
                figure=name,
                value=row.figures[name],
                unit=answer.units[name],
                version=answer.version,
                **{**cut, **part},
            )
            yield key_of(figure, is_first=name == first), figure


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
    """A count of nobody is 0; of nobody there is no share, no mean, and nothing that is unknown."""
    measure = MEASURES.get(figure.measure)
    known = (one.how for one in (measure.figures if measure else ()) if one.name == figure.figure)
    return 0.0 if next(known, None) in COUNTS else None
