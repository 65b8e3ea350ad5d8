"""What the record's API takes and gives."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

from schemas.identity import is_nhs_number


def _in_utc(at: datetime) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the years 1 to 9999 in UTC") from None


# PostgreSQL holds no NUL in a text.
Code = Annotated[str, StringConstraints(pattern=r"^[^\x00]+$", max_length=500)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Search(_Frozen):
    """Whom to find: an NHS number, or a name and a date of birth."""

    nhs_number: str | None = Field(None, description="ten digits; spaces do not count")
    name: str | None = Field(None, description="each word begins a word of one of their names")
    birth_date: str | None = Field(None, pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")

    @field_validator("nhs_number")
    @classmethod
    def _plausible(cls, number: str | None) -> str | None:
        digits = "".join(number.split()) if number is not None else None
        if digits is not None and not is_nhs_number(digits):
            raise ValueError("not an NHS number: ten digits, of which the last is a check digit")
        return digits

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        by_name = bool(self.name and self.name.strip() and self.birth_date)
        if bool(self.nhs_number) == by_name or (self.nhs_number and (self.name or self.birth_date)):
            raise ValueError("give an NHS number, or a name and a date of birth")
        return self


class PersonFound(_Frozen):
    """Who somebody is, as far as their sources say."""

    person_id: UUID
    name: str | None
    birth_date: str | None = Field(description="YYYY-MM-DD, or as much of it as is known")
    sex: str | None = Field(description="FHIR administrative gender")
    nhs_number: str | None = Field(description="ten digits")
    nhs_number_text: str | None = Field(description="as it is read out: 999 123 4567")
    nhs_number_verified: bool = Field(description="a source says present and verified")


class Whereabouts(_Frozen):
    """An open stay: where the person is now. Times in UTC."""

    source: str
    visit: str
    setting: str
    provider: str
    site: str | None
    ward: str | None
    since: datetime | None = Field(description="in this ward")
    admitted_at: datetime | None


class Counts(_Frozen):
    """How much the record holds."""

    records: int = Field(description="things that sources reported, in their latest state")
    sources: int
    stays: int
    open_stays: int


class Person(PersonFound):
    """A person, where they are now, and how much is known of them."""

    pronouns: str | None
    died: str | None = Field(description="when, as it was written; `unknown` where no day is said")
    identities: int = Field(description="source identities that are this person")
    whereabouts: list[Whereabouts]
    counts: Counts
    is_restricted: bool = Field(False, description="part of it is not shown to the viewer")


class TimelineLine(_Frozen):
    """One line of the timeline. Times in UTC; `struck`: mistaken or deleted at its source."""

    at: datetime | None
    until: datetime | None
    kind: str
    title: str
    status: str | None
    place: str | None
    author: str | None
    detail: str | None = Field(description="what the source says of it besides")
    struck: bool
    replaced_by: UUID | None = Field(description="the event that puts a struck line right")
    source: str
    sector: str
    recorded: datetime = Field(description="when the source wrote it")
    received: datetime = Field(description="when it came to our door")
    event_id: UUID = Field(description="GET /api/events/{event_id} gives the original")
    resource_type: str


class TimelinePage(_Frozen):
    """Part of a timeline, newest first; `next` is the `after` of the part behind it."""

    entries: list[TimelineLine]
    next: str | None
    total: int = Field(description="over all pages, of what was asked for")
    kinds: list[str] = Field(description="every `kind` that the whole timeline has")
    sources: list[str] = Field(description="every `source` that the whole timeline has")


class SegmentOut(_Frozen):
    """A stretch in one ward, not including `end`; no end: still there. UTC."""

    ward: str
    site: str
    start: AwareDatetime
    end: AwareDatetime | None


class LeaveOut(_Frozen):
    """A stretch away from the bed; no end: not back yet. UTC."""

    start: AwareDatetime
    end: AwareDatetime | None


class StayOut(_Frozen):
    """One visit as it is known. Times in UTC."""

    visit: str
    source: str
    person_id: UUID | None
    status: str = Field(description="planned, open, finished, cancelled or entered-in-error")
    visit_class: str = Field(alias="class")
    setting: str
    provider: str
    admitted_at: datetime | None
    discharged_at: datetime | None
    expected_discharge: datetime | None = Field(description="as it is expected now, where it is")
    segments: list[SegmentOut]
    leaves: list[LeaveOut]
    flags: list[str] = Field(description="what lowers the confidence in it")


class Look(_Frozen):
    """Somebody looked at the record, or tried to."""

    viewer: str
    name: str | None = Field(description="what the viewer was called")
    role: str
    org: str
    view: str
    allowed: bool
    because: list[str] = Field(description="what allowed it: relationships; none for a role alone")
    at: datetime


class AccessLogPage(_Frozen):
    """Part of who looked, newest first; `next` is the `after` of the part behind it."""

    looks: list[Look]
    next: str | None
