"""What holds of every measure, whatever happened: parts add up, and order makes no difference."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import duckdb
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.measure import OVERLAPPING, Dimension, How
from streams.measures.cuts import CUTS
from streams.measures.figures import Statement, whole
from streams.measures.inside import behind
from streams.measures.question import Question
from streams.measures.sheets import Sheets
from tests.measures.alone import parts
from tests.unit.measures.worlds import (
    PEOPLE,
    World,
    questions,
    taken_in,
    trait_row,
    worlds,
)

ADDITIVE = {How.SUM, How.BASE, How.COUNT, How.AT_LEAST}
# Figures of what happened on days: those of one period and the next are those of both.
OF_DAYS = [
    *("occupied_bed_days", "admissions", "discharges", "expected_discharges", "readmissions_30d"),
    *("closer_to_home", "referrals_closed", "coordinated_care_reported", "partnership_reported"),
    *("story_repeated",),
]
OF_STAYS = ["occupied_bed_days", "beds_occupied", "admissions", "discharges"]
PIECES = 3
# What is left of the work on the rows that came last, and what was ever looked up by its content.
WORKING = {"fresh", "touched", "read", "held", "profiles", "birthdays"}
EXAMPLES = settings(max_examples=20)


def rows(store: duckdb.DuckDBPyConnection, asked: Statement) -> list[dict[str, Any]]:
    found = store.execute(asked.sql, asked.values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def figures(store: duckdb.DuckDBPyConnection, asked: Question) -> dict[str, Any]:
    (found,) = rows(store, whole(asked))
    return {figure.name: found[figure.name] for figure in asked.measure.figures}


@EXAMPLES
@given(world=worlds(), asked=questions())
def test_questions_put_together_are_answered_as_each_alone(world: World, asked: Question) -> None:
    """On one sheet there may be many cuts of the same lines, in any order, also twice."""
    free = sorted(set(asked.measure.dimensions) - asked.filters.keys())
    together = [asked._replace(by=by) for by in (*free, None, *free[::-1])]
    sheets = Sheets(together)
    with taken_in(world) as store:
        found = list(sheets.answers([rows(store, one) for one in sheets.statements]))
        for one, (total, cut) in zip(together, found, strict=True):
            assert near([total]) == rows(store, whole(one)), one.by
            assert cut is None if one.by is None else near(cut or ()) == rows(store, parts(one))


def near(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, their numbers as nearly the same: the order of adding up may be another."""
    return [
        {n: pytest.approx(v) if isinstance(v, float) else v for n, v in row.items()}
        for row in found
    ]


def additive(asked: Question, found: dict[str, Any]) -> dict[str, Any]:
    names = [figure.name for figure in asked.measure.figures if figure.how in ADDITIVE]
    return {name: pytest.approx(found[name]) for name in names}


@EXAMPLES
@given(world=worlds(), asked=questions())
def test_the_parts_of_every_cut_add_up_to_the_figure(world: World, asked: Question) -> None:
    """Of groups and reasons one may be in several, so only of those this is not so."""
    with taken_in(world) as store:
        total = additive(asked, figures(store, asked))
        for by in set(asked.measure.dimensions) - OVERLAPPING - asked.filters.keys():
            found = rows(store, parts(asked._replace(by=by)))
            assert {name: sum(row[name] for row in found) for name in total} == total, by


@EXAMPLES
@given(data=st.data(), world=worlds(), asked=questions())
def test_a_part_is_what_is_answered_when_it_alone_is_asked_for(
    data: st.DataObject, world: World, asked: Question
) -> None:
    possible = set(asked.measure.dimensions) - asked.filters.keys() - {Dimension.DAY}
    assume(possible)
    by = data.draw(st.sampled_from(sorted(possible)))
    with taken_in(world) as store:
        for row in rows(store, parts(asked._replace(by=by))):
            if all(row[name] is not None for name in CUTS[by]):
                named = {Dimension(name): str(row[name]) for name in CUTS[by]}
                part = figures(store, asked._replace(filters={**asked.filters, **named}))
                assert part == {name: _about(row[name]) for name in part}


def _about(value: Any) -> Any:
    return None if value is None else pytest.approx(value)


@EXAMPLES
@given(world=worlds(), asked=questions(OF_DAYS), days=st.integers(0, 31))
def test_two_periods_add_up_to_both(world: World, asked: Question, days: int) -> None:
    between = min(asked.first + timedelta(days=days), asked.end)
    halves = asked._replace(end=between), asked._replace(first=between)
    with taken_in(world) as store:
        each = [figures(store, half) for half in halves]
        both = additive(asked, figures(store, asked))
    assert {name: sum(found[name] for found in each) for name in both} == both


@EXAMPLES
@given(world=worlds(), asked=questions(OF_STAYS))
def test_the_stays_behind_a_figure_add_up_to_it(world: World, asked: Question) -> None:
    with taken_in(world) as store:
        amounts = [row["amount"] for row in rows(store, behind(asked, asked.measure.figures[0]))]
        found = figures(store, asked)
    assert sum(amounts) == pytest.approx(found[asked.measure.figures[0].name])


@settings(max_examples=10)
@given(data=st.data(), world=worlds(), before=worlds())
def test_in_pieces_in_any_order_and_twice_it_comes_to_the_same(
    data: st.DataObject, world: World, before: World
) -> None:
    """Older states come first, as they do; what was worked out of them is worked out anew."""
    was = older(world, before, data.draw(st.sampled_from([*PEOPLE, None])))
    pieces = pieces_of(world)
    with taken_in(was, *data.draw(st.permutations([*pieces, *pieces[:1]]))) as store:
        piece_by_piece = held(store)
    with taken_in(world) as store:
        assert piece_by_piece == held(store)


AT = "2026-03-20T12:00:00+00:00"
TIES = [
    trait_row("flag", 1, {"visit": "v1", "codes": ["ready"], "since": AT, "until": AT}, PEOPLE[0]),
    trait_row("flag", 2, {"visit": "v1", "codes": ["ready"], "since": AT}, PEOPLE[0]),
    trait_row("flag", 3, {"visit": "v1", "codes": ["pathway-1"], "since": AT}, PEOPLE[0]),
    trait_row("flag", 4, {"visit": "v1", "codes": ["pathway-3"], "since": AT}, PEOPLE[0]),
    *(
        trait_row("beds", n, {"provider": "RX1", "site": "S1", "ward": "A", "beds": n, "since": AT})
        for n in (5, 6)
    ),
]


@pytest.mark.parametrize("said", [TIES, TIES[::-1]])
def test_of_what_is_said_at_one_moment_the_greater_holds_in_any_order(said: list[Any]) -> None:
    """Who may still be ready is; the way out is the one that asks for most."""
    with taken_in(World(traits=tuple(said))) as store:
        (ready,) = rows(store, Statement("select last, pathway from ready", {}))
        beds = rows(store, Statement("select beds from wards where valid_from = '2026-03-20'", {}))
    assert ready == {"last": None, "pathway": "3"}
    assert beds == [{"beds": 6}]


def older(world: World, before: World, person: UUID | None) -> World:
    """Rows of the same things with what was so before: another state, another person."""
    visits, names = {(row[0], row[1]) for row in world.stays}, {row[0] for row in world.requests}
    return World(
        tuple(row for row in before.stays if (row[0], row[1]) in visits),
        tuple(row for row in before.requests if row[0] in names),
        tuple([*row[:3], row[3] and person, *row[4:]] for row in world.traits[:2]),
    )


def pieces_of(world: World) -> list[World]:
    """The rows in a few pieces, some of each table in most of them."""
    spread = (World(*(table[n::PIECES] for table in world)) for n in range(PIECES))
    return [piece for piece in spread if any(piece)]


def held(store: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Every table with its rows, in one order."""
    tables = [row["name"] for row in rows(store, Statement("show tables", {}))]
    return {
        table: sorted(map(str, rows(store, Statement(f"select * from {table}", {}))))
        for table in tables
        if table not in WORKING
    }
