"""The parts of one cut by themselves, in the plainest SQL: what sheets are held against."""

from schemas.measure import Dimension
from streams.measures.cuts import CUTS
from streams.measures.figures import Statement, figures_of, statement
from streams.measures.question import Question


def parts(asked: Question) -> Statement:
    """A row for each part of the cut that is asked for, in the order of the columns that name it.

    Raises KeyError where none is asked for.
    """
    names = CUTS[Dimension(asked.by)] if asked.by else ()
    keys = ", ".join(f'"{name}"' for name in names)
    return statement(
        asked,
        f"select {keys}, {figures_of(asked)} from cut group by {keys} order by {keys}",
    )
