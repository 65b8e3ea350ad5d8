"""What the form of a measure's page asks for, as the API takes it. Pure."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict, Field, NaiveDatetime, field_validator

from schemas.measure import Measure, Span
from schemas.times import LONDON, london_date
from services.pages import place
from streams.measures.question import At


class Wanted(BaseModel):
    """What the form of the page asks for."""

    model_config = ConfigDict(frozen=True)

    by: str = Field("", description="a dimension of the measure")
    days: int = Field(28, ge=0, le=3660, description="days before today; 0: today alone")
    at: str = Field("", description="provider, or provider/site")
    setting: str = "bed"
    cohort: str = Field("", description="target group")
    moment: At = Field(At.NOW, description="of beds: now, at the last 08:00 or the last midnight")
    known: NaiveDatetime | None = Field(None, description="as known then, in London's time")

    @field_validator("known", mode="before")
    @classmethod
    def _not_filled_in(cls, value: object) -> object:
        return value or None

    @property
    def known_at(self) -> datetime | None:
        """The moment as known at which figures are wanted, if it is not now."""
        return self.known.replace(tzinfo=LONDON).astimezone(UTC) if self.known else None


def parameters(measure: Measure, wanted: Wanted, now: datetime) -> dict[str, str]:
    """What is wanted, as the API takes it. Raises NoSuchPlace."""
    given = {
        "by": wanted.by,
        "cohort": wanted.cohort,
        "at": wanted.moment.value if measure.has_moments and wanted.moment is not At.NOW else "",
        "as_known_at": wanted.known_at.isoformat() if wanted.known_at else "",
    }
    asked = {**place.filters(wanted.at), "setting": wanted.setting}
    asked |= {name: value for name, value in given.items() if value}
    if measure.span is Span.PERIOD:
        asked |= _period(wanted.days, wanted.known_at or now)
    return asked


def _period(days: int, now: datetime) -> dict[str, str]:
    today = london_date(now)
    end = today if days else today + timedelta(days=1)
    return {"from": str(today - timedelta(days=days)), "to": str(end)}
