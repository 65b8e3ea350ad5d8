"""Gaps between groups, against numbers that others published."""

from collections.abc import Mapping

import pytest

from schemas.measure import Dimension, Figure, How, Measure, Span
from streams.measures.disclosure import Told
from streams.measures.gap import (
    BYAR,
    KATZ,
    NEWCOMBE,
    POISSON_LOG,
    Counted,
    Estimate,
    byar,
    byar_difference,
    gaps,
    katz,
    newcombe,
    poisson_ratio,
    wilson,
)


def rate(how: How) -> Measure:
    return Measure(
        id="invented",
        title="Invented",
        unit="invented",
        definition="Invented.",
        source="these tests",
        version="1",
        dimensions=(Dimension.DEPRIVATION, Dimension.ETHNICITY),
        span=Span.PERIOD,
        figures=(
            Figure(name="value", how=how, unit="invented"),
            Figure(name="numerator", how=How.SUM, unit="things"),
            Figure(name="denominator", how=How.BASE, unit="things"),
        ),
    )


def parts(by: Dimension, groups: Mapping[str, tuple[float | None, float]]) -> list[Told]:
    return [
        Told({by.value: name}, {"value": None, "numerator": amount, "denominator": base})
        for name, (amount, base) in groups.items()
    ]


# Newcombe, Statistics in Medicine 17 (1998) 873, table II, method 10.
@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0000),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_differences_of_proportions_are_those_of_newcombe(
    one: tuple[int, int], other: tuple[int, int], low: float, high: float
) -> None:
    found = newcombe(Counted(*one), Counted(*other))

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


# Newcombe, Statistics in Medicine 17 (1998) 857, table I, method 3.
@pytest.mark.parametrize(
    ("counted", "low", "high"),
    [
        ((81, 263), 0.2553, 0.3662),
        ((15, 148), 0.0624, 0.1605),
        ((0, 20), 0.0000, 0.1611),
        ((1, 29), 0.0061, 0.1718),
    ],
)
def test_intervals_of_proportions_are_those_of_wilson(
    counted: tuple[int, int], low: float, high: float
) -> None:
    found = wilson(Counted(*counted))

    assert (round(found[0], 4), round(found[1], 4)) == (low, high)


def test_the_ratio_of_proportions_is_that_of_the_aspirin_study() -> None:
    """Heart attacks of 11,034 physicians on placebo and 11,037 on aspirin: 1.82 (1.43 to 2.31).

    A. Agresti, An Introduction to Categorical Data Analysis, section 2.2.3.
    """
    found = katz(Counted(189, 11034), Counted(104, 11037))

    assert found is not None
    assert (round(found.value, 2), round(found.low, 2), round(found.high, 2)) == (1.82, 1.43, 2.31)


# The exact limits of a Poisson count (F. Garwood, Biometrika 28 (1936) 437), which Byar's meet.
@pytest.mark.parametrize(
    ("events", "low", "high"), [(10, 4.80, 18.39), (20, 12.22, 30.89), (100, 81.36, 121.63)]
)
def test_limits_of_counts_are_nearly_the_exact_ones(events: int, low: float, high: float) -> None:
    assert byar(Counted(events, 1)) == pytest.approx((low, high), rel=0.003)


def test_the_ratio_of_rates_is_that_of_the_fluoroscopy_study() -> None:
    """Breast cancers: 41 in 28,010 woman-years with X-rays, 15 in 19,017 without.

    J. D. Boice and R. R. Monson, Journal of the National Cancer Institute 59 (1977) 823, as
    worked in K. J. Rothman, Epidemiology: the log ratio's standard error is the root of
    1/41 + 1/15.
    """
    found = poisson_ratio(Counted(41, 28010), Counted(15, 19017))

    assert found is not None
    assert (round(found.value, 2), round(found.low, 2), round(found.high, 2)) == (1.86, 1.03, 3.35)


def test_the_difference_of_rates_is_worked_out_by_hand() -> None:
    """10 of 1,000 and 20 of 1,000: 0.010, from the limits 4.79 to 18.39 and 12.21 to 30.89."""
    found = byar_difference(Counted(20, 1000), Counted(10, 1000))

    assert found.value == pytest.approx(0.010)
    assert found.low == pytest.approx(0.010 - (7.79**2 + 8.39**2) ** 0.5 / 1000, abs=1e-5)
    assert found.high == pytest.approx(0.010 + (10.89**2 + 5.21**2) ** 0.5 / 1000, abs=1e-5)


def test_the_most_deprived_are_held_against_the_least_deprived() -> None:
    groups = {"1": (40.0, 100.0), "2": (30.0, 100.0), "5": (20.0, 100.0), "unknown": (5.0, 10.0)}

    (gap,) = gaps(rate(How.RATIO), Dimension.DEPRIVATION, parts(Dimension.DEPRIVATION, groups))

    assert (gap.group, gap.against) == ("1", "5")
    assert gap.difference == Estimate(
        pytest.approx(0.2),
        pytest.approx(0.0731, abs=1e-4),
        pytest.approx(0.3185, abs=1e-4),
        NEWCOMBE,
    )
    assert gap.ratio == Estimate(
        pytest.approx(2.0), pytest.approx(1.2630, abs=1e-4), pytest.approx(3.1671, abs=1e-4), KATZ
    )


def test_each_ethnic_group_is_held_against_the_others_that_are_known() -> None:
    groups = {"A": (50.0, 100.0), "J": (20.0, 40.0), "N": (10.0, 60.0), "Z": (5.0, 5.0)}

    found = gaps(rate(How.RATIO), Dimension.ETHNICITY, parts(Dimension.ETHNICITY, groups))

    assert [(gap.group, gap.against) for gap in found] == [
        ("A", "rest"),
        ("J", "rest"),
        ("N", "rest"),
    ]
    assert [round(gap.difference.value, 3) for gap in found if gap.difference] == [
        0.2,
        0.125,
        -0.333,
    ]


def test_rates_of_counts_are_in_the_unit_of_their_measure() -> None:
    groups = {"1": (20.0, 1000.0), "5": (10.0, 1000.0)}

    (gap,) = gaps(rate(How.PER_1000), Dimension.DEPRIVATION, parts(Dimension.DEPRIVATION, groups))

    assert gap.difference is not None
    assert gap.ratio is not None
    assert (gap.difference.value, gap.difference.method) == (pytest.approx(10.0), BYAR)
    assert (gap.ratio.value, gap.ratio.method) == (pytest.approx(2.0), POISSON_LOG)


def test_there_is_no_gap_where_a_group_is_hidden() -> None:
    groups: dict[str, tuple[float | None, float]] = {"1": (None, 100.0), "5": (10.0, 100.0)}

    (gap,) = gaps(rate(How.RATIO), Dimension.DEPRIVATION, parts(Dimension.DEPRIVATION, groups))

    assert gap.difference is None
    assert gap.ratio is None


def test_nobody_counted_has_a_difference_but_no_ratio() -> None:
    groups = {"1": (0.0, 100.0), "5": (10.0, 100.0)}

    (gap,) = gaps(rate(How.RATIO), Dimension.DEPRIVATION, parts(Dimension.DEPRIVATION, groups))

    assert gap.difference is not None
    assert gap.ratio is None


def test_other_cuts_and_other_measures_have_no_gap() -> None:
    groups = {"female": (40.0, 100.0), "male": (20.0, 100.0)}
    count = rate(How.SUM)

    assert gaps(rate(How.RATIO), Dimension.SEX, parts(Dimension.SEX, groups)) == ()
    assert gaps(count, Dimension.DEPRIVATION, parts(Dimension.DEPRIVATION, groups)) == ()
