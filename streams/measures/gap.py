"""The gap between groups of people in a rate: differences and ratios with their intervals. Pure.

It is made of what may be told (`streams.measures.disclosure`), so it tells no more. Intervals take
each thing counted as independent of the others; where one person adds many, they are too narrow.
Sources: R. G. Newcombe, Statistics in Medicine 17 (1998) 873, method 10; D. Katz et al., Biometrics
34 (1978) 469; Office for Health Improvement and Disparities, public health technical guidance
(rates: Byar); G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008) 1693.
"""

from collections.abc import Iterable, Mapping
from math import exp, sqrt
from statistics import NormalDist
from types import MappingProxyType
from typing import Final, NamedTuple

from schemas.measure import FACTORS, Dimension, How, Measure
from streams.measures.disclosure import Told

CONFIDENCE: Final = 0.95
MOST_DEPRIVED, LEAST_DEPRIVED, REST = "1", "5", "rest"
# No group: people who did not say, or of whom nobody knows.
NOT_SAID: Final = frozenset({"Z", "99", "unknown"})
NEWCOMBE: Final = "Newcombe, hybrid score (method 10), 95%"
KATZ: Final = "Katz, log, 95%"
BYAR: Final = "Byar, Poisson limits combined as Zou and Donner do (MOVER), 95%"
POISSON_LOG: Final = "Poisson, log, 95%"
_Z: Final = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)


class Counted(NamedTuple):
    """What a group's rate is the quotient of."""

    amount: float
    base: float


class Estimate(NamedTuple):
    """A number with its 95% interval, and the method of that."""

    value: float
    low: float
    high: float
    method: str


class Gap(NamedTuple):
    """One group against another; a difference above 0 or a ratio above 1: it has the greater rate.

    The difference is in the unit of the measure. None: too few people to tell, or, of a ratio, a
    group of which nothing was counted.
    """

    group: str
    against: str
    difference: Estimate | None
    ratio: Estimate | None


def gaps(measure: Measure, by: Dimension | None, parts: Iterable[Told]) -> tuple[Gap, ...]:
    """The gaps that a rate cut into those parts has; none of another measure or another cut.

    By deprivation: the most against the least deprived quintile. By ethnicity: each group against
    all others whose category is known, so that no group is the norm, and a gap can be told where
    the group that would be is a small one.
    """
    if by is None or by not in _PAIRS or not measure.is_rate:
        return ()
    rate = measure.figures[0]
    groups = {str(part.names[by.value]): _counted(measure, part) for part in parts}
    return tuple(_gap(rate.how, *pair, groups) for pair in _PAIRS[by](groups))


Groups = Mapping[str, Counted | None]


def _quintiles(groups: Groups) -> list[tuple[str, str]]:
    return [(MOST_DEPRIVED, LEAST_DEPRIVED)] if groups else []


def _against_rest(groups: Groups) -> list[tuple[str, str]]:
    return [(group, REST) for group in sorted(groups.keys() - NOT_SAID)]


_PAIRS: Final = MappingProxyType(
    {Dimension.DEPRIVATION: _quintiles, Dimension.ETHNICITY: _against_rest}
)


def _counted(measure: Measure, part: Told) -> Counted | None:
    """What may be told of a part; None: nothing."""
    amount, base = (part.figures[figure.name] for figure in measure.made_of(measure.figures[0]))
    return Counted(amount, base) if amount is not None and base else None


def _gap(how: How, group: str, against: str, groups: Groups) -> Gap:
    one = groups.get(group)
    other = _rest(group, groups) if against == REST else groups.get(against)
    if one is None or other is None:
        return Gap(group, against, None, None)
    if how is How.RATIO:
        return Gap(group, against, newcombe(one, other), katz(one, other))
    difference = byar_difference(one, other)
    return Gap(group, against, _times(FACTORS[how], difference), poisson_ratio(one, other))


def _rest(group: str, groups: Groups) -> Counted | None:
    others = [
        counted
        for name, counted in groups.items()
        if counted is not None and name != group and name not in NOT_SAID
    ]
    return Counted(*map(sum, zip(*others, strict=True))) if others else None


def newcombe(one: Counted, other: Counted) -> Estimate:
    """The difference of two proportions, by Wilson's interval of each."""
    return _moved(one, other, wilson(one), wilson(other), NEWCOMBE)


def byar_difference(one: Counted, other: Counted) -> Estimate:
    """The difference of two rates of counts, by Byar's limits of each."""
    return _moved(one, other, byar(one), byar(other), BYAR)


def katz(one: Counted, other: Counted) -> Estimate | None:
    """The ratio of two proportions; None where either is 0 or both are 1: that has no interval."""
    if not one.amount or not other.amount:
        return None
    return _of_logs(one, other, sum(1 / c.amount - 1 / c.base for c in (one, other)), KATZ)


def poisson_ratio(one: Counted, other: Counted) -> Estimate | None:
    """The ratio of two rates of counts; None where nothing was counted in either."""
    if not one.amount or not other.amount:
        return None
    return _of_logs(one, other, 1 / one.amount + 1 / other.amount, POISSON_LOG)


def wilson(counted: Counted) -> tuple[float, float]:
    """Wilson's score interval of a proportion."""
    amount, base = counted
    middle = 2 * amount + _Z**2
    width = _Z * sqrt(_Z**2 + 4 * amount * (1 - amount / base))
    whole = 2 * (base + _Z**2)
    return (middle - width) / whole, (middle + width) / whole


def byar(counted: Counted) -> tuple[float, float]:
    """Byar's approximation of the exact Poisson interval of a rate."""
    amount, base = counted
    more = amount + 1
    low = amount * (1 - 1 / (9 * amount) - _Z / (3 * sqrt(amount))) ** 3 if amount else 0.0
    high = more * (1 - 1 / (9 * more) + _Z / (3 * sqrt(more))) ** 3
    return low / base, high / base


def _moved(
    one: Counted,
    other: Counted,
    of_one: tuple[float, float],
    of_other: tuple[float, float],
    method: str,
) -> Estimate:
    """The difference of two rates by the interval of each: their variances are recovered of it."""
    first, second = one.amount / one.base, other.amount / other.base
    value = first - second
    down = sqrt((first - of_one[0]) ** 2 + (of_other[1] - second) ** 2)
    up = sqrt((of_one[1] - first) ** 2 + (second - of_other[0]) ** 2)
    return Estimate(value, value - down, value + up, method)


def _of_logs(one: Counted, other: Counted, variance: float, method: str) -> Estimate | None:
    value = (one.amount / one.base) / (other.amount / other.base)
    if variance <= 0:
        return None
    width = exp(_Z * sqrt(variance))
    return Estimate(value, value / width, value * width, method)


def _times(factor: int, found: Estimate) -> Estimate:
    value, low, high, method = found
    return Estimate(factor * value, factor * low, factor * high, method)
