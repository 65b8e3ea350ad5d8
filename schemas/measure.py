"""What a measure is: its figures, how they are made, what it can be cut by."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict


class Dimension(StrEnum):
    """What a figure may be filtered by and cut into."""

    PROVIDER = "provider"
    SITE = "site"
    WARD = "ward"
    SPECIALTY = "specialty"
    CLASS = "class"
    DAY = "day"
    HOUR = "hour"
    PATHWAY = "pathway"
    REASON = "reason"
    COHORT = "cohort"
    PLACE = "place"
    NEIGHBOURHOOD = "neighbourhood"
    DEPRIVATION = "deprivation"
    ETHNICITY = "ethnicity"
    AGE = "age"
    SEX = "sex"


# What tells people apart, not places: cut by these a small number may be somebody.
PERSONAL = frozenset(
    {
        Dimension.COHORT,
        Dimension.PLACE,
        Dimension.NEIGHBOURHOOD,
        Dimension.DEPRIVATION,
        Dimension.ETHNICITY,
        Dimension.AGE,
        Dimension.SEX,
    }
)
# One person or stay may be in several parts at once: these rows add up to more than the figure.
OVERLAPPING = frozenset({Dimension.COHORT, Dimension.REASON})


class Span(StrEnum):
    """What a figure is about: the days of a period, or this moment."""

    PERIOD = "period"
    NOW = "now"


class How(StrEnum):
    """How a figure is made of the lines of its part.

    A line has an amount, and a base where the figure is a share of something. SUM: of amounts;
    BASE: of bases; RATIO, PER_100, PER_1000: amounts by bases; MEAN, MEDIAN, NINETIETH: of
    amounts, exact; COUNT: of lines; AT_LEAST: of lines of so much; PEOPLE: of the people in them,
    each once.
    """

    SUM = "sum"
    BASE = "base"
    RATIO = "ratio"
    PER_100 = "per-100"
    PER_1000 = "per-1000"
    MEAN = "mean"
    MEDIAN = "median"
    NINETIETH = "90th-centile"
    COUNT = "count"
    AT_LEAST = "at-least"
    PEOPLE = "people"


# How many times its quotient each rate is.
FACTORS: Mapping[How, int] = MappingProxyType({How.RATIO: 1, How.PER_100: 100, How.PER_1000: 1000})
RATES = frozenset(FACTORS)


# Of nothing these are 0; the others have no value then.
COUNTS = frozenset({How.SUM, How.BASE, How.COUNT, How.AT_LEAST, How.PEOPLE})


class Suppression(StrEnum):
    """When small numbers are hidden: never (beds), cut by what tells people apart, or always."""

    NEVER = "never"
    PERSONAL = "personal"
    ALWAYS = "always"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Entry):
    """One number of a measure. `part`: which lines it is made of; `least`: of AT_LEAST."""

    name: str
    how: How
    unit: str
    part: str = ""
    least: int = 0


class Measure(_Entry):
    """One measure; its value is its first figure.

    `version` changes with the definition and is shown next to every figure. `has_moments`: what is
    so now can be told of 08:00 and of midnight too.
    """

    id: str
    title: str
    unit: str
    definition: str
    source: str
    version: str
    dimensions: tuple[Dimension, ...]
    span: Span
    figures: tuple[Figure, ...]
    suppression: Suppression = Suppression.PERSONAL
    has_moments: bool = False

    @property
    def is_rate(self) -> bool:
        """Whether its value is a share or a rate, of which a gap between groups can be told."""
        return self.figures[0].how in RATES

    def figure(self, name: str | None = None) -> Figure:
        """The figure of that name, its value where none is named. Raises KeyError."""
        for figure in self.figures:
            if name in (None, figure.name):
                return figure
        raise KeyError(name)

    def made_of(self, rate: Figure) -> tuple[Figure, Figure]:
        """The figures that a rate is the quotient of: what it counts, and of what."""
        amount, base = (
            next(f for f in self.figures if f.how is how and f.part == rate.part)
            for how in (How.SUM, How.BASE)
        )
        return amount, base
