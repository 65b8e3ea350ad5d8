"""What is asked of a measure, checked before anything is read. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from schemas.measure import Dimension, Measure, Span
from schemas.times import FIRST_MOMENT, LONDON, london_date, midnight
from services.record.models import Code, Moment
from streams.flow.stay import Setting
from streams.measures.question import At, Question

DEFAULT_PERIOD = timedelta(days=28)
_EIGHT = time(8)
_LAST_HOUR = 23


class BedSetting(StrEnum):
    """Hospital beds, or virtual wards: never added to one another."""

    BED = Setting.BED.value
    VIRTUAL = Setting.VIRTUAL.value


class Asked(BaseModel):
    """The parameters of a measure. One that is not known is refused, never ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    first_day: date | None = Field(None, alias="from", description="first day; 28 days before `to`")
    end_day: date | None = Field(None, alias="to", description="the day after the last; today")
    at: At = Field(At.NOW, description="of beds: now, or at 08:00 or the midnight that begins `to`")
    provider: Code | None = Field(None, description="ODS code")
    site: Code | None = None
    ward: Code | None = None
    specialty: Code | None = None
    visit_class: Code | None = Field(None, alias="class", description="FHIR ActEncounterCode")
    hour: int | None = Field(None, ge=0, le=_LAST_HOUR, description="of the day, in London")
    pathway: Code | None = Field(None, description="discharge pathway: 0 to 3, or unknown")
    reason: Code | None = Field(None, description="of the delay of a discharge")
    cohort: Code | None = Field(None, description="target group")
    place: Code | None = None
    neighbourhood: Code | None = None
    deprivation: Code | None = Field(None, description="quintile, 1 the most deprived, or unknown")
    ethnicity: Code | None = Field(None, description="NHS 16+1 code; Z: not stated, 99: not known")
    age: Code | None = Field(None, description="band: 0-17, 18-39, 40-64, 65-74, 75-84, 85+")
    sex: Code | None = Field(None, description="FHIR administrative gender")
    setting: BedSetting = BedSetting.BED
    by: Dimension | None = Field(None, description="cut into rows")
    as_known_at: Moment | None = Field(
        None, description="the answer as it was known at this moment"
    )


class Unanswerable(Exception):
    """The measure cannot answer this; the message says what it cannot do."""


def question(measure: Measure, asked: Asked, now: datetime) -> Question:
    """What is asked, complete; `now` is the moment that it is asked at. Raises Unanswerable."""
    filters = _filters(asked)
    for dimension in (*filters, *([asked.by] if asked.by else [])):
        if dimension not in measure.dimensions:
            raise Unanswerable(f"{measure.id} cannot be cut by {dimension}")
    of = asked.as_known_at or now
    if of < FIRST_MOMENT:
        raise Unanswerable("nothing was known before anybody counted days")
    first, end = _days(measure, asked, of)
    return Question(
        measure,
        first,
        end,
        of,
        london_date(of),
        asked.setting.value,
        filters,
        asked.by,
        asked.at,
        asked.as_known_at,
    )


def link(wanted: Question, asked: Asked) -> dict[str, str]:
    """The question as parameters that ask the same of the same days another time, without `by`."""
    said = asked.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"by"})
    if wanted.measure.span is Span.PERIOD:
        said |= {"from": wanted.first.isoformat(), "to": wanted.end.isoformat()}
    return {name: str(value) for name, value in said.items() if value is not None}


def _filters(asked: Asked) -> dict[Dimension, str]:
    names = {dimension: dimension.value for dimension in Dimension if dimension != Dimension.DAY}
    names[Dimension.CLASS] = "visit_class"
    given = {dimension: getattr(asked, name) for dimension, name in names.items()}
    return {dimension: str(value) for dimension, value in given.items() if value is not None}


def _days(measure: Measure, asked: Asked, now: datetime) -> tuple[date, date]:
    if asked.at is not At.NOW and not measure.has_moments:
        raise Unanswerable(f"{measure.id} cannot be taken at {asked.at}")
    if measure.span is Span.PERIOD:
        return _period(asked, london_date(now))
    if asked.first_day or (asked.end_day and asked.at is At.NOW):
        raise Unanswerable(f"{measure.id} is about now; it takes no `from` or `to`")
    day = _day(asked, now)
    return day, day


def _period(asked: Asked, today: date) -> tuple[date, date]:
    end = asked.end_day or today
    first = asked.first_day or max(date.min + DEFAULT_PERIOD, end) - DEFAULT_PERIOD
    if first > end:
        raise Unanswerable("`from` is after `to`")
    return first, end


def _day(asked: Asked, now: datetime) -> date:
    """The day whose 08:00 or midnight is asked for; without one the last that has come."""
    today = london_date(now)
    if asked.at is At.NOW:
        return today
    day = asked.end_day or (today if _moment(asked.at, today) <= now else today - timedelta(days=1))
    if _moment(asked.at, day) > now:
        raise Unanswerable(f"{asked.at} of that day is still to come")
    return day


def _moment(at: At, day: date) -> datetime:
    if at is At.MIDNIGHT:
        return midnight(day)
    return datetime.combine(day, _EIGHT, LONDON).astimezone(UTC)
