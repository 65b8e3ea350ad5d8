"""What the API says of a caseload: whose people they are, where, and what waits for whom."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from services.record.models import PersonFound, Whereabouts
from services.record.referrals import PartyOut


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Why(StrEnum):
    """Whose somebody is: the relationships that put a person on a caseload."""

    PRACTICE = "registered-practice"
    CARE_TEAM = "care-team"
    REFERRAL = "open-referral"
    STAY = "current-or-recent-stay"


class What(StrEnum):
    """What there is to know of somebody: what waits, most urgent first, and what happened."""

    SILENT = "silent-handoff"
    OVERDUE = "overdue"
    WAITING = "waiting-for-us"
    REFERRED = "referred-to-us"
    EMERGENCY = "emergency"
    ADMITTED = "admitted"
    MOVED = "moved"
    DISCHARGED = "discharged"


# Of a place of which nothing else is known: no stay or visit is open.
NOWHERE = "none"


class Happened(_Frozen):
    """Something that happened to a person since the moment asked for. UTC, by its own time."""

    what: What
    at: datetime
    provider: str | None = Field(None, description="where; of a referral nothing")
    site: str | None = None
    ward: str | None = None
    what_for: str | None = Field(None, description="of a referral")
    by: PartyOut | None = Field(None, description="who referred them")


class Waiting(_Frozen):
    """What is next with an open referral, for whom it waits, and by when. UTC."""

    what: What | None = Field(
        description="silent-handoff, overdue (and not silent) or waiting-for-us; else nothing"
    )
    what_for: str | None
    next_action: str
    next_by: PartyOut | None
    due: datetime | None
    is_for_us: bool = Field(description="it waits for the viewer, their organisation or team")


class CaseOut(PersonFound):
    """Somebody on the caseload, as far as the viewer may see."""

    age: int | None = Field(description="in whole years")
    died: str | None = Field(description="when, as it was written; `unknown` where no day is said")
    why: list[Why]
    teams: list[str] = Field(description="what the teams are called that tie the viewer to them")
    whereabouts: list[Whereabouts] = Field(description="where they are now, a bed first")
    happened: list[Happened] = Field(description="since the moment asked for, the latest first")
    waiting: list[Waiting] = Field(description="the most urgent first")


class Counts(_Frozen):
    """How many people each filter would leave, with the others as they are asked for.

    `anything`: without the filter `what`. Somebody may count under several.
    """

    anything: int
    what: dict[str, int]
    why: dict[str, int]
    team: dict[str, int]
    place: dict[str, int]


class CaseloadPage(_Frozen):
    """Part of a caseload, the most urgent first; `next` is the `after` of the part behind it."""

    as_of: datetime = Field(description="the order is of this moment, on every page")
    since: datetime = Field(description="what happened from then on is told")
    everybody: int = Field(description="people on the whole caseload")
    total: int = Field(description="over all pages, of those who were asked for")
    counts: Counts
    people: list[CaseOut]
    next: str | None
