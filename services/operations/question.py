"""What is asked of a measure, checked before anything is read. Pure."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from schemas.measures import Dimension, Measure, Span
from schemas.times import london_date
from services.record.models import Code, Moment
from streams.flow.stay import Setting

DEFAULT_PERIOD = timedelta(days=28)


class BedSetting(StrEnum):
    """Hospital beds, or virtual wards: never added to one another."""

    BED = Setting.BED.value
    VIRTUAL = Setting.VIRTUAL.value


class Asked(BaseModel):
    """The parameters of a measure. One that is not known is refused, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first_day: date | None = Field(None, alias="from", description="first day; 28 days before `to`")
    end_day: date | None = Field(None, alias="to", description="the day after the last; today")
    provider: Code | None = Field(None, description="ODS code")
    site: Code | None = None
    ward: Code | None = None
    visit_class: Code | None = Field(None, alias="class", description="FHIR ActEncounterCode")
    setting: BedSetting = BedSetting.BED
    by: Dimension | None = Field(None, description="cut into rows")
    as_known_at: Moment | None = Field(None, description="not answered for measures yet")


class Unanswerable(Exception):
    """The measure cannot answer this; the message says what it cannot do."""


class Question(NamedTuple):
    """A question that the measure can answer. The period is half-open, in London days."""

    measure: Measure
    first: date
    end: date
    today: date
    setting: str
    filters: dict[Dimension, str]
    by: Dimension | None


def question(measure: Measure, asked: Asked, now: datetime) -> Question:
    """What is asked, complete. Raises Unanswerable."""
    if asked.as_known_at is not None:
        raise Unanswerable("measures are answered as known now; `as_known_at` is not supported yet")
    filters = _filters(asked)
    for dimension in (*filters, *([asked.by] if asked.by else [])):
        if dimension not in measure.dimensions:
            raise Unanswerable(f"{measure.id} cannot be cut by {dimension}")
    today = london_date(now)
    first, end = _period(measure, asked, today)
    return Question(measure, first, end, today, asked.setting.value, filters, asked.by)


def _filters(asked: Asked) -> dict[Dimension, str]:
    given = {
        Dimension.PROVIDER: asked.provider,
        Dimension.SITE: asked.site,
        Dimension.WARD: asked.ward,
        Dimension.CLASS: asked.visit_class,
    }
    return {dimension: value for dimension, value in given.items() if value is not None}


def _period(measure: Measure, asked: Asked, today: date) -> tuple[date, date]:
    if measure.span is Span.NOW and (asked.first_day or asked.end_day):
        raise Unanswerable(f"{measure.id} is about now; it takes no `from` or `to`")
    end = asked.end_day or today
    first = asked.first_day or max(date.min + DEFAULT_PERIOD, end) - DEFAULT_PERIOD
    if first > end:
        raise Unanswerable("`from` is after `to`")
    return first, end
