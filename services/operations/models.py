"""What the measures' API gives."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from schemas.measure import Dimension
from services.record.models import StayOut
from streams.measures.question import At


class Frozen(BaseModel):
    """What is given is whole, and never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


_HIDDEN: Any = Field(default=[], description="figures of so few people that they are not told")


class Row(Frozen):
    """One part of a figure. A ward comes with its site and its provider: codes are theirs."""

    provider: str | None = None
    site: str | None = None
    ward: str | None = None
    specialty: str | None = None
    visit_class: str | None = Field(None, alias="class")
    day: date | None = None
    hour: int | None = None
    pathway: str | None = None
    reason: str | None = None
    cohort: str | None = None
    place: str | None = None
    neighbourhood: str | None = None
    deprivation: str | None = None
    ethnicity: str | None = None
    age: str | None = None
    sex: str | None = None
    value: float | None
    figures: dict[str, float | None]
    hidden: list[str] = _HIDDEN


class Estimated(Frozen):
    """A number with its 95% interval, and the method of that."""

    value: float
    low: float
    high: float
    method: str


class GapBetween(Frozen):
    """The rate of one group of people against another's: above 0, or above 1, it is the greater.

    The difference is in the unit of the measure. None: too few people to tell.
    """

    group: str
    against: str = Field(description="another group, or `rest`: all others who are known")
    difference: Estimated | None
    ratio: Estimated | None


class Restated(Frozen):
    """The figures of the same period by what is known now: late facts made the difference."""

    as_of: datetime
    value: float | None
    figures: dict[str, float | None]
    hidden: list[str] = _HIDDEN


class Answer(Frozen):
    """A figure with what it means. `value` None: there is nothing to take it of.

    `from` and `to` (not included) are London days; None where the figure is about a moment.
    """

    measure: str
    title: str
    value: float | None
    unit: str
    figures: dict[str, float | None] = Field(description="every figure of the measure by name")
    units: dict[str, str] = Field(description="the unit of each of the figures")
    definition: str
    source: str
    version: str
    setting: str = Field(description="bed: hospital beds; virtual: virtual wards")
    first_day: date | None = Field(alias="from")
    end_day: date | None = Field(alias="to")
    at: At
    as_of: datetime = Field(description="the moment of the answer; `as_known_at` gives it again")
    by: Dimension | None
    rounded: bool = Field(description="counts are rounded to 5, and those of few people hidden")
    hidden: list[str] = _HIDDEN
    rows: list[Row] | None = Field(description="given with `by`; parts with nothing are left out")
    gaps: list[GapBetween] | None = Field(
        None, description="of a rate, by deprivation (most against least) or ethnicity"
    )
    restated: Restated | None = Field(
        None, description="with `as_known_at`, of a period that was over then"
    )


class StayBehind(Frozen):
    """A stay that a figure counts, and how much of the figure it is, in the measure's unit.

    `base`: how much it is of what the figure is a share of; 0 where it is a share of nothing.
    """

    amount: float
    base: float
    stay: StayOut


class StaysPage(Frozen):
    """Part of the stays behind a figure; `next` is the `after` of the part behind it."""

    measure: str
    version: str
    stays: list[StayBehind]
    next: str | None
