"""Several questions of the same lines as one statement: what they share is worked out once.

Most of what an answer costs is planning its statement, and a board asks one measure for the whole,
by site and by ward. Lines are the same where a cut does not split or drop any of them.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from schemas.measure import Dimension
from streams.measures.cuts import CUTS
from streams.measures.figures import Statement, figures_of, statement
from streams.measures.question import Question

Row = dict[str, Any]
Rows = Sequence[Row]
# The columns that name the parts of a cut; none: the whole.
Columns = tuple[str, ...]
# SQL and its values: what lines are known by.
Lines = tuple[object, ...]
_WHOLE: Columns = ()
_SET = "which set of columns"


class Sheet(NamedTuple):
    """The figures of the same lines: a question that has these lines, and the cuts of them."""

    asked: Question
    figures: str
    cuts: tuple[Columns, ...] = ()

    @property
    def names(self) -> Columns:
        """Every column that names a part, each once."""
        return tuple(dict.fromkeys(name for cut in self.cuts for name in cut))

    def statement(self) -> Statement:
        """A row for each part of each cut, and one for the whole where that is asked for."""
        if self.cuts == (_WHOLE,):
            return statement(self.asked, f"select {self.figures} from cut")
        names = _said(self.names)
        sets = ", ".join(f"({_said(cut)})" for cut in self.cuts)
        return statement(
            self.asked,
            f'select {names}, {self.figures}, grouping({names}) as "{_SET}"'
            f" from cut group by grouping sets ({sets}) order by {names}",
        )

    def rows(self, found: Rows, cut: Columns) -> list[Row]:
        """Of what the statement gives, the rows of one cut, in the order of its columns."""
        if self.cuts == (_WHOLE,):
            return list(found)
        others = {*self.names, _SET} - {*cut}
        return [
            {name: value for name, value in row.items() if name not in others}
            for row in found
            if row[_SET] == self._set(cut)
        ]

    def _set(self, cut: Columns) -> int:
        """What `grouping` gives for a cut: a bit for each column that is not its, first one high.

        Source: DuckDB documentation, "GROUPING SETS".
        """
        return int("".join("01"[name not in cut] for name in self.names), 2)


class Sheets:
    """The statements that answer several questions."""

    def __init__(self, questions: Iterable[Question]) -> None:
        self._sheets: dict[Lines, Sheet] = {}
        self._places = [
            [(self._put(sheet, cut), cut) for sheet, cut in _cuts(asked)] for asked in questions
        ]

    def _put(self, sheet: Sheet, cut: Columns) -> Lines:
        lines = _lines(sheet)
        there = self._sheets.get(lines, sheet)
        if cut not in there.cuts:
            self._sheets[lines] = there._replace(cuts=(*there.cuts, cut))
        return lines

    @property
    def statements(self) -> list[Statement]:
        """Each once, in the order in which their rows are expected."""
        return [sheet.statement() for sheet in self._sheets.values()]

    def answers(self, rows: Iterable[Rows]) -> Iterator[tuple[Row, list[Row] | None]]:
        """The whole and, where they are asked for, the parts of each question in turn."""
        given = dict(zip(self._sheets, rows, strict=True))
        for places in self._places:
            whole, *parts = (self._sheets[lines].rows(given[lines], cut) for lines, cut in places)
            yield whole[0], parts[0] if parts else None


def _cuts(asked: Question) -> list[tuple[Sheet, Columns]]:
    """The sheets on which the whole and, where they are asked for, the parts will be."""
    figures = figures_of(asked)
    # Whoever is in several parts of the cut, or in none, counts once in the whole.
    whole = (Sheet(asked._replace(by=None), figures), _WHOLE)
    return [whole, (Sheet(asked, figures), CUTS[Dimension(asked.by)])] if asked.by else [whole]


def _lines(sheet: Sheet) -> Lines:
    """The same for sheets whose figures are made of the same lines."""
    made = statement(sheet.asked, f"select {sheet.figures} from cut")
    return made.sql, *sorted(made.values.items())


def _said(columns: Columns) -> str:
    return ", ".join(f'"{name}"' for name in columns)
