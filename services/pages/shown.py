"""What pages show of figures: numbers in words, each with its meaning. Frozen, and no logic."""

from collections.abc import Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """A name with a figure, and the unit beside that."""

    name: str
    figure: str
    unit: str = ""


class CardWords(NamedTuple):
    """A large figure with what it means."""

    id: str
    title: str
    figure: str
    unit: str
    more: Sequence[Line]
    meaning: "Meaning"
    behind: str


class Meaning(NamedTuple):
    """What a figure means and where that comes from."""

    measure: str
    title: str
    definition: str
    source: str
    version: str


class Cell(NamedTuple):
    """A figure in a table: in words, and as the number that a chart draws."""

    text: str
    number: str


class RowWords(NamedTuple):
    """A row: its name, whether it sums the rows under it, and its figures.

    `stamp`: the day that it is of; `label`: its name in a chart, where that is another one.
    """

    name: str
    is_total: bool
    cells: Sequence[Cell]
    stamp: str = ""
    label: str = ""


class ChartWords(NamedTuple):
    """A chart of a table: which of its columns, by number, and what it is called."""

    id: str
    kind: str
    title: str
    columns: str


class TableWords(NamedTuple):
    """A table with its meaning; without rows it says `empty`. `note`: what is hidden in it."""

    id: str
    caption: str
    first: str
    headings: Sequence[str]
    rows: Sequence[RowWords]
    empty: str
    charts: Sequence[ChartWords]
    meanings: Sequence[Meaning]
    note: str


class BoardWords(NamedTuple):
    """All that the page says."""

    cards: Sequence[CardWords]
    tables: Sequence[TableWords]
    as_of: str
    stamp: str
    is_empty: bool
