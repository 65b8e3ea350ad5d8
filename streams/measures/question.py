"""A question that a measure can answer."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from schemas.measure import PERSONAL, Dimension, Measure, Suppression


class At(StrEnum):
    """The moment that a figure about now is taken at."""

    NOW = "now"
    EIGHT = "08:00"
    MIDNIGHT = "midnight"


class Question(NamedTuple):
    """What is asked of a measure. The period is half-open, in London days.

    `now`: the moment of the answer (UTC), `today` its London day; an open stay goes on until then.
    `as_known_at`: answered by what was known then, and `now` is that moment.
    `setting`: hospital beds or virtual wards, which are never added to one another.
    """

    measure: Measure
    first: date
    end: date
    now: datetime
    today: date
    setting: str
    filters: Mapping[Dimension, str]
    by: Dimension | None = None
    at: At = At.NOW
    as_known_at: datetime | None = None

    @property
    def cuts(self) -> frozenset[Dimension]:
        """Every dimension that the lines must have a value of."""
        return frozenset(self.filters) | ({self.by} if self.by else frozenset())

    @property
    def is_suppressed(self) -> bool:
        """Whether small numbers are hidden in the answer."""
        if self.measure.suppression is Suppression.PERSONAL:
            return bool(self.cuts & PERSONAL)
        return self.measure.suppression is Suppression.ALWAYS
