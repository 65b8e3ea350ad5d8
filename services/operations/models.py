"""What the measures' API gives."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from schemas.measures import Dimension
from services.record.models import StayOut


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Row(_Frozen):
    """One part of a figure. A ward comes with its site and its provider: codes are theirs."""

    provider: str | None = None
    site: str | None = None
    ward: str | None = None
    visit_class: str | None = Field(None, alias="class")
    day: date | None = None
    value: float | None
    figures: dict[str, float | None]


class Answer(_Frozen):
    """A figure with what it means. `value` None: there is nothing to take it of.

    `from` and `to` (not included) are London days; None where the figure is about now.
    """

    measure: str
    title: str
    value: float | None
    unit: str
    figures: dict[str, float | None] = Field(description="every figure of the measure by name")
    definition: str
    source: str
    version: str
    setting: str = Field(description="bed: hospital beds; virtual: virtual wards")
    first_day: date | None = Field(alias="from")
    end_day: date | None = Field(alias="to")
    as_of: datetime
    by: Dimension | None
    rows: list[Row] | None = Field(description="given with `by`; parts with nothing are left out")


class StayBehind(_Frozen):
    """A stay that a figure counts, and how much of the figure it is, in the measure's unit."""

    amount: float
    stay: StayOut


class StaysPage(_Frozen):
    """Part of the stays behind a figure; `next` is the `after` of the part behind it."""

    measure: str
    version: str
    stays: list[StayBehind]
    next: str | None
