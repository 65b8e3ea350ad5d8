"""What the API of the audit takes and gives. Times in UTC."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.access.rules import Because
from services.record.models import Code, Moment, Search


class _Frozen(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", populate_by_name=True, from_attributes=True
    )


class AuditSearch(_Frozen):
    """Which looks are asked for; what is left out asks for nothing. Half-open: not at `to`."""

    person: Search | None = Field(None, description="whose record: everybody whom it fits")
    person_id: UUID | None = Field(None, description="whose record, by any of their ids")
    viewer: Code | None = Field(None, description="who looked: `sub` of their token")
    org: Code | None = Field(None, description="ODS code of where they are")
    view: Code | None = Field(None, description="what was looked at")
    since: Moment | None = Field(None, alias="from")
    until: Moment | None = Field(None, alias="to")
    denied: bool = Field(False, description="only those that were refused")
    broken_glass: bool = Field(False, description="only those that only a broken glass allowed")
    after: str | None = Field(None, description="`next` of the page before")
    limit: int = Field(50, ge=1, le=200, description="most lines in one page")


class AuditLook(_Frozen):
    """Somebody looked at a record, or tried to: a line of the audit."""

    id: int
    person_id: UUID | None = Field(description="None: at nobody in particular")
    person_name: str | None = Field(None, description="whose record, as far as it is known")
    person_born: str | None = None
    viewer: str
    name: str | None = Field(description="what the viewer was called")
    role: str
    org: str
    view: str
    allowed: bool
    because: list[str] = Field(description="what allowed it: relationships; none for a role alone")
    request: str | None = Field(description="what one request or page asked has one id")
    address: str | None = Field(description="where in the network it came from")
    at: datetime


class Noted(NamedTuple):
    """A line of the audit about one person."""

    id: int
    person: UUID
    viewer: str
    name: str | None
    role: str
    org: str
    view: str
    allowed: bool
    because: Because
    request: str | None
    address: str | None
    at: datetime


class AuditPage(_Frozen):
    """Part of what was found, newest first; `next` is the `after` of the part behind it."""

    looks: list[AuditLook]
    next: str | None


class Busy(_Frozen):
    """What one user did since a moment: honest counts, which say nothing of why."""

    viewer: str
    name: str | None
    role: str
    org: str
    people: int = Field(description="people whose records they looked at")
    looks: int
    denied: int = Field(description="looks that were refused")
    broken_glass: int = Field(description="people whom only a broken glass let them look at")
