"""Questions as SQL: whatever the catalogue allows to ask has an answer, of nothing too."""

from itertools import product

import duckdb
import pytest

from schemas.measure import Dimension, How
from schemas.measures import MEASURES
from streams.measures.figures import Statement, whole
from streams.measures.inside import behind, counted, flagged, latest
from streams.measures.lines import LINES
from streams.measures.question import At
from tests.measures.alone import parts
from tests.unit.measures.made import question, store

COUNTED = {How.SUM, How.BASE, How.COUNT, How.AT_LEAST, How.PEOPLE}
# Two cuts at once, of those that change the days of lines.
PAIRS = (Dimension.COHORT, Dimension.AGE, Dimension.DAY)


@pytest.fixture(scope="module")
def nothing() -> duckdb.DuckDBPyConnection:
    return store()


def rows(store: duckdb.DuckDBPyConnection, asked: Statement) -> list[dict[str, object]]:
    found = store.execute(asked.sql, asked.values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_every_measure_of_the_catalogue_has_lines() -> None:
    assert list(LINES) == list(MEASURES)


@pytest.mark.parametrize("measure", MEASURES)
def test_of_nothing_counts_are_0_and_all_else_is_not_known(
    nothing: duckdb.DuckDBPyConnection, measure: str
) -> None:
    for at in At:
        (found,) = rows(nothing, whole(question(measure, at=at)))
        for figure in MEASURES[measure].figures:
            assert found[figure.name] == (0 if figure.how in COUNTED else None)


@pytest.mark.parametrize("measure", MEASURES)
def test_every_cut_and_filter_can_be_asked(
    nothing: duckdb.DuckDBPyConnection, measure: str
) -> None:
    dimensions = MEASURES[measure].dimensions
    for by in dimensions:
        assert rows(nothing, parts(question(measure, by=by))) == []
        if by is not Dimension.DAY:
            asked = question(measure, filters={by: "1"})
            assert len(rows(nothing, whole(asked))) == 1
            for figure in asked.measure.figures:
                assert rows(nothing, behind(asked, figure, ("a", "b"), 10)) == []
            assert rows(nothing, flagged(asked, asked.measure.figures[0])) == []
            assert rows(nothing, latest(asked, asked.measure.figures[0])) == []
            (found,) = rows(nothing, counted(asked, asked.measure.figures))
            assert set(found.values()) == {0}
    for other, by in product(PAIRS, dimensions):
        if other in dimensions and other is not Dimension.DAY and other is not by:
            assert rows(nothing, parts(question(measure, by=by, filters={other: "1"}))) == []
