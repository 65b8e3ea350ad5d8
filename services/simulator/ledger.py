"""What really happens beside visits and referrals, as it happens: what figures are checked against.

Days are dates in London; moments are in UTC; an `until` of None has not come.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from services.simulator.services import Offer


@dataclass(frozen=True, slots=True)
class Ready:
    """Somebody no longer needs the hospital: `visit` is their stay, `pathway` where they go."""

    visit: str
    since: datetime
    pathway: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Why somebody who is ready is still in; several reasons may hold at once."""

    visit: str
    reason: str
    since: datetime
    until: datetime | None = None


class How(StrEnum):
    """By what a service says that somebody belongs to a target group."""

    CONDITION = "condition"
    FLAG = "flag"
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Belonging:
    """A service says that a person belongs to a target group, since a day."""

    nhs_number: str
    cohort: str
    how: How
    since: date
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer to a survey; about nobody (`nhs_number` None) where a service answers."""

    nhs_number: str | None
    source: str
    instrument: str
    answers: tuple[int, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Asking:
    """A service asks a person something, and writes the answer down."""

    nhs_number: str
    source: str
    question: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Post:
    """A member of staff in a service. `leaves` None: still there."""

    number: str
    offer: Offer
    wte: float
    since: date
    leaves: date | None = None


@dataclass(frozen=True, slots=True)
class StaffedBeds:
    """So many beds of a ward have staff, from a moment on."""

    ward: str
    beds: int
    since: datetime


@dataclass(slots=True)
class Ledger:
    """Everything of it, each list in the order in which it happened; keys are the sources' ids."""

    ready: dict[str, Ready] = field(default_factory=dict)
    delays: dict[str, Delay] = field(default_factory=dict)
    belongings: dict[tuple[str, str, str], Belonging] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    askings: list[Asking] = field(default_factory=list)
    posts: dict[str, Post] = field(default_factory=dict)
    beds: list[StaffedBeds] = field(default_factory=list)
