"""What may be told of figures that leave the screens of direct care: nothing of few people. Pure.

Fewer than five people are hidden, counts are rounded to five, and rates are made of the rounded
counts. Where a hidden part could be worked out from the whole and the other parts, the smallest of
those is hidden too. Source: definitions, section 9.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from schemas.measure import COUNTS, FACTORS, RATES, Dimension, Figure, Measure
from streams.measures.question import Question

FEWEST: Final = 5
FEWEST_PARTS: Final = 2
ROUNDED_TO: Final = 5
# Means and centiles: one exact to the last digit tells of how many it was made.
DECIMALS: Final = 1
# A row's column with how many people a figure is of.
PEOPLE_OF: Final = "_people_of_"


Row = Mapping[str, Any]


class Told(NamedTuple):
    """What may be told. `names`: the columns that name a part; `hidden`: figures of few people."""

    names: Mapping[str, Any]
    figures: Mapping[str, float | None]
    hidden: frozenset[str] = frozenset()


class Disclosed(NamedTuple):
    """The whole and its parts, in the order in which they came."""

    whole: Told
    parts: tuple[Told, ...]


def disclosed(asked: Question, whole: Row, parts: Sequence[Row] = ()) -> Disclosed:
    """What may be told of a row of the whole and of its parts' rows, as the engine gives them.

    All of it where the question needs no suppression. A hidden figure is None. No parts are given
    where it would tell which parts there are.
    """
    if not asked.is_suppressed:
        return Disclosed(
            _as_is(asked.measure, whole), tuple(_as_is(asked.measure, p) for p in parts)
        )
    # Most people are in no target group: the whole and the other groups tell nothing of one.
    adds_up = asked.by is not Dimension.COHORT
    hidden = _hidden(asked.measure, whole, parts, adds_up=adds_up)
    told = [
        _told(asked.measure, row, of_row)
        for row, of_row in zip((whole, *parts), hidden, strict=True)
    ]
    given_away = adds_up and all(
        not of or gives_away([_people(row, figure) for row in parts], of)
        for figure in _counted(asked.measure)
        for of in (_people(whole, figure),)
    )
    return Disclosed(told[0], () if given_away else tuple(told[1:]))


def _hidden(measure: Measure, whole: Row, parts: Sequence[Row], *, adds_up: bool) -> list[set[str]]:
    """The counted figures that are not told: of the whole, then of each part."""
    hidden: list[set[str]] = [set() for _ in (whole, *parts)]
    for figure in _counted(measure):
        people = [_people(row, figure) for row in parts]
        of_whole = _people(whole, figure)
        which = hidden_parts(people, of_whole if adds_up else None)
        if is_few(of_whole):
            hidden[0].add(figure.name)
        for number in which:
            hidden[number + 1].add(figure.name)
    return hidden


def is_few(people: int) -> bool:
    """Whether so many people are too few to tell of them. Nobody is not few."""
    return 0 < people < FEWEST


def hidden_parts(people: Sequence[int], whole: int | None) -> frozenset[int]:
    """The numbers of the parts that are not told, of how many people each is.

    `whole`: how many people are in all of them, who may be in several; None where the parts do not
    make up a whole. Hidden are those of few people, and the next ones until what is hidden is at
    least two parts, of at least five people, of whom nobody can tell how they are divided. All of
    them are where it would tell which of them are of anybody.
    """
    if whole is not None and gives_away(people, whole):
        return frozenset(range(len(people)))
    ordered = sorted((n for n, of in enumerate(people) if of), key=lambda n: people[n])
    hidden = sum(is_few(of) for of in people)
    if hidden and whole is not None:
        while hidden < len(ordered) and not _are_safe([people[n] for n in ordered], hidden, whole):
            hidden += 1
    return frozenset(ordered[:hidden])


def _are_safe(people: Sequence[int], hidden: int, whole: int) -> bool:
    """Whether the first so many parts cannot be told apart by the whole and the other parts."""
    least = max(people[hidden - 1], whole - sum(people[hidden:]))
    return hidden >= FEWEST_PARTS and least >= max(FEWEST, hidden + 1)


def gives_away(people: Sequence[int], whole: int) -> bool:
    """Whether it tells how many people parts are of that they are of anybody at all."""
    return is_few(whole) or max(people, default=0) == 1


def rounded(value: float) -> float:
    """A count as it may be told."""
    return float(ROUNDED_TO * round(value / ROUNDED_TO))


def _counted(measure: Measure) -> list[Figure]:
    return [figure for figure in measure.figures if figure.how not in RATES]


def _people(row: Row, figure: Figure) -> int:
    return int(row[f"{PEOPLE_OF}{figure.name}"])


def _as_is(measure: Measure, row: Row) -> Told:
    return Told(_names(measure, row), {f.name: row[f.name] for f in measure.figures})


def _names(measure: Measure, row: Row) -> dict[str, Any]:
    figures = {figure.name for figure in measure.figures}
    return {n: value for n, value in row.items() if n not in figures and not n.startswith("_")}


def _told(measure: Measure, row: Row, hidden: set[str]) -> Told:
    """The row without what is hidden; its rates are made of its other figures."""
    counts = {f.name: _value(f, row, hidden) for f in _counted(measure)}
    rates = {f.name: _rate(measure, f, counts) for f in measure.figures if f.how in RATES}
    unmade = {
        rate.name
        for rate in measure.figures
        if rate.how in RATES and any(figure.name in hidden for figure in measure.made_of(rate))
    }
    figures = {f.name: {**counts, **rates}[f.name] for f in measure.figures}
    return Told(_names(measure, row), figures, frozenset(hidden | unmade))


def _value(figure: Figure, row: Row, hidden: set[str]) -> float | None:
    value: float | None = row[figure.name]
    if value is None or figure.name in hidden:
        return None
    return rounded(value) if figure.how in COUNTS else round(value, DECIMALS)


def _rate(measure: Measure, rate: Figure, counts: Mapping[str, float | None]) -> float | None:
    amount, base = (counts[figure.name] for figure in measure.made_of(rate))
    return None if amount is None or not base else FACTORS[rate.how] * amount / base
