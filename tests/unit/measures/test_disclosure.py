"""Small numbers are hidden, and cannot be worked out from what is told."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.measure import Dimension, Figure, How, Measure, Span, Suppression
from streams.measures.disclosure import FEWEST, PEOPLE_OF, Disclosed, disclosed, hidden_parts
from streams.measures.question import Question

SUM = Figure(name="total", how=How.SUM, unit="people")
SHARE = (
    Figure(name="value", how=How.RATIO, unit="ratio"),
    Figure(name="numerator", how=How.SUM, unit="stays"),
    Figure(name="denominator", how=How.BASE, unit="stays"),
)


def asked(
    *figures: Figure,
    by: Dimension | None = Dimension.SEX,
    suppression: Suppression = Suppression.PERSONAL,
) -> Question:
    measure = Measure(
        id="invented",
        title="Invented",
        unit="people",
        definition="Invented.",
        source="these tests",
        version="1",
        dimensions=tuple(Dimension),
        span=Span.PERIOD,
        figures=figures,
        suppression=suppression,
    )
    now = datetime(2026, 11, 25, 12, tzinfo=UTC)
    return Question(measure, date(2026, 11, 1), now.date(), now, now.date(), "bed", {}, by)


def row(**figures: tuple[float | None, int]) -> dict[str, Any]:
    """Figures by name, each with how many people it is of."""
    people = {f"{PEOPLE_OF}{name}": of for name, (_, of) in figures.items()}
    return {name: value for name, (value, _) in figures.items()} | people


def told_of(people: Sequence[int], by: Dimension = Dimension.SEX) -> Disclosed:
    """What is told of parts with so many people, each counted once; empty ones are left out."""
    parts = [{by.value: n} | row(total=(of, of)) for n, of in enumerate(people) if of]
    return disclosed(asked(SUM, by=by), row(total=(sum(people), sum(people))), parts)


def shown(found: Disclosed) -> list[float | None]:
    return [part.figures["total"] for part in found.parts]


def test_few_people_are_hidden_and_counts_are_rounded() -> None:
    found = told_of([3, 18, 42, 96])

    assert found.whole.figures == {"total": 160.0}
    assert shown(found) == [None, None, 40.0, 95.0]
    assert [part.hidden for part in found.parts] == [{"total"}, {"total"}, set(), set()]


def test_nothing_is_hidden_where_nobody_is_told_apart() -> None:
    found = disclosed(asked(SUM, by=Dimension.WARD), {"total": 3.0}, [{"ward": "A", "total": 3.0}])

    assert found.whole.figures == {"total": 3.0}
    assert shown(found) == [3.0]
    assert found.parts[0].names == {"ward": "A"}


def test_what_is_always_hidden_is_hidden_uncut() -> None:
    question = asked(SUM, by=None, suppression=Suppression.ALWAYS)

    assert disclosed(question, row(total=(4.0, 4))).whole.figures == {"total": None}


def test_much_of_few_people_is_hidden() -> None:
    """90 bed days of three people are those people's."""
    found = disclosed(asked(SUM, by=None, suppression=Suppression.ALWAYS), row(total=(90.0, 3)))

    assert found.whole.figures == {"total": None}
    assert found.whole.hidden == {"total"}


def test_a_rate_is_made_of_the_rounded_counts() -> None:
    """12 of 38 told exactly would tell of how many people it is; 10 of 40 does not."""
    question = asked(*SHARE, by=None, suppression=Suppression.ALWAYS)

    found = disclosed(question, {"value": 12 / 38} | row(numerator=(12, 12), denominator=(38, 38)))

    assert found.whole.figures == {"value": 0.25, "numerator": 10.0, "denominator": 40.0}


def test_a_rate_of_few_is_hidden_with_what_it_counts() -> None:
    question = asked(*SHARE, by=None, suppression=Suppression.ALWAYS)

    found = disclosed(question, {"value": 2 / 38} | row(numerator=(2, 2), denominator=(38, 38)))

    assert found.whole.figures == {"value": None, "numerator": None, "denominator": 40.0}
    assert found.whole.hidden == {"value", "numerator"}


def test_nobody_is_told_of_as_nobody() -> None:
    question = asked(*SHARE, by=None, suppression=Suppression.ALWAYS)

    found = disclosed(question, {"value": 0.0} | row(numerator=(0, 0), denominator=(38, 38)))

    assert found.whole.figures == {"value": 0.0, "numerator": 0.0, "denominator": 40.0}
    assert not found.whole.hidden


def test_nobody_in_any_part_is_told() -> None:
    assert shown(told_of([])) == []
    rows = [_share(0, 20), _share(0, 30)]

    found = disclosed(asked(*SHARE), _share(0, 50), rows)

    assert [part.figures["numerator"] for part in found.parts] == [0.0, 0.0]


def test_there_is_no_rate_of_nobody() -> None:
    question = asked(*SHARE, by=None, suppression=Suppression.ALWAYS)

    found = disclosed(question, {"value": None} | row(numerator=(0, 0), denominator=(0, 0)))

    assert found.whole.figures["value"] is None
    assert not found.whole.hidden


def test_a_mean_tells_no_count_by_its_digits() -> None:
    mean = Figure(name="mean", how=How.MEAN, unit="days")
    question = asked(mean, by=None, suppression=Suppression.ALWAYS)

    assert disclosed(question, row(mean=(29 / 7, 7))).whole.figures == {"mean": 4.1}


def test_one_target_group_tells_nothing_of_another() -> None:
    """Most people are in none, so the whole less the other groups is not the hidden one."""
    assert shown(told_of([3, 18, 42], Dimension.COHORT)) == [None, 20.0, 40.0]


def test_no_part_is_named_where_it_tells_that_it_is_of_anybody() -> None:
    assert told_of([1, 1, 1, 1, 1]).parts == ()
    assert told_of([3]).parts == ()
    assert told_of([1, 2]).parts == ()


def test_a_figure_of_few_is_hidden_of_every_part() -> None:
    """Nought of the others would tell whose the few are."""
    rows = [_share(3, 20), _share(0, 30)]

    found = disclosed(asked(*SHARE), _share(3, 50), rows)

    assert [part.figures["numerator"] for part in found.parts] == [None, None]
    assert [part.figures["denominator"] for part in found.parts] == [20.0, 30.0]


def test_people_in_several_parts_do_not_make_up_a_group() -> None:
    """The same three people on two wards: what is hidden must be of five people."""
    assert hidden_parts([3, 3, 20], whole=23) == {0, 1, 2}
    assert hidden_parts([3, 3, 20, 30], whole=53) == {0, 1, 2}


@given(st.lists(st.integers(0, 30), max_size=8))
def test_what_is_told_is_of_five_people_or_nobody_and_a_multiple_of_five(people: list[int]) -> None:
    present = [of for of in people if of]
    found = told_of(people)

    for of, value in zip(present if found.parts else (), shown(found), strict=True):
        assert value is None or (of >= FEWEST and value % 5 == 0 and abs(value - of) < 3)
        assert value is None if of < FEWEST else True


@given(st.lists(st.integers(0, 30), max_size=8))
def test_nothing_or_two_parts_and_five_people_are_hidden(people: list[int]) -> None:
    hidden = hidden_parts(people, sum(people))
    of_them = [people[n] for n in hidden]

    assert not hidden or sum(people) < FEWEST or (len(hidden) > 1 and sum(of_them) >= FEWEST)


def test_two_hidden_parts_of_four_may_be_others() -> None:
    """Eight people in two hidden parts: four and four, or one and seven."""
    assert told_of([4, 4]).parts == told_of([1, 7]).parts


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 40)), min_size=1, max_size=6))
def test_a_share_is_never_told_without_both_of_its_counts(groups: list[tuple[int, int]]) -> None:
    counts = [(min(amount, base), base) for amount, base in groups]
    sums = [sum(one) for one in zip(*counts, strict=True)]
    rows = [_share(amount, base) for amount, base in counts]

    found = disclosed(asked(*SHARE), _share(*sums), rows)

    for told in (found.whole, *found.parts):
        known = {name for name, value in told.figures.items() if value is not None}
        assert "value" not in known or {"numerator", "denominator"} <= known
        assert known.isdisjoint(told.hidden)


def _share(amount: int, base: int) -> dict[str, Any]:
    value = amount / base if base else None
    return {"value": value} | row(numerator=(amount, amount), denominator=(base, base))


# Whoever knows the exact whole besides (uncut it may be told), and how parts are hidden, still
# cannot tell any hidden number: of every world of small parts, another one looks the same.
@pytest.mark.parametrize(("parts", "most"), [(1, 40), (2, 24), (3, 13), (4, 8), (5, 6), (6, 4)])
def test_a_hidden_number_can_never_be_worked_out(parts: int, most: int) -> None:
    alike: dict[Any, list[tuple[int, ...]]] = defaultdict(list)
    for people in product(range(1, most + 1), repeat=parts):
        found = told_of(people)
        alike[sum(people), tuple(shown(found))].append(people)

    for (whole, told), worlds in alike.items():
        # No part is more than the whole: of these wholes every world was looked at.
        if whole <= most:
            assert not _given_away(told, worlds), (whole, told, worlds)


def _given_away(told: Sequence[float | None], worlds: Iterable[Sequence[int]]) -> list[int]:
    """The hidden parts that have one value in all worlds."""
    worlds = list(worlds)
    hidden = [n for n, value in enumerate(told) if value is None]
    return [n for n in hidden if len({world[n] for world in worlds}) == 1]
