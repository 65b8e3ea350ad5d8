"""One visit as its source knows it, and how each thing that happens changes that state."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.simulator.organisations import Organisation, Ward
from services.simulator.people import Person
from services.simulator.services import Offer

HOSPITAL_BEDS = frozenset({"IMP", "ACUTE", "NONAC", "SS"})
VIRTUAL_BEDS = frozenset({"VR"})
CONTACTS = frozenset({"AMB", "HH"})


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a stay in one ward. Half-open; `end` None: still there."""

    ward: Ward
    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """A stretch away from the bed, within the stay. `end` None: not back yet."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """A full state of a visit (FHIR Encounter), true at `recorded`. All times in UTC.

    `offer`: the service of a contact; `expected`: when the ward expects the person to leave;
    `tells_end`: whether the source says of the visit, and not of its wards alone, when it ended.
    """

    visit: str
    source: Organisation
    person: Person
    patient_id: str
    class_code: str
    status: str
    recorded: datetime
    reason: str = ""
    start: datetime | None = None
    end: datetime | None = None
    segments: tuple[Segment, ...] = ()
    leaves: tuple[Leave, ...] = ()
    disposition: str | None = None
    referral: tuple[Organisation, str] | None = None
    part_of: str | None = None
    offer: Offer | None = None
    expected: datetime | None = None
    tells_end: bool = True

    @property
    def is_contact(self) -> bool:
        return self.class_code in CONTACTS


def admitted(visit: Visit, ward: Ward, at: datetime, status: str = "in-progress") -> Visit:
    """The person is in the ward from `at` on."""
    segments = (Segment(ward, at),)
    return replace(visit, status=status, start=at, segments=segments, recorded=at)


def seen(visit: Visit, at: datetime) -> Visit:
    """Someone attends to a person who had only arrived."""
    return replace(visit, status="in-progress", recorded=at)


def transferred(visit: Visit, ward: Ward, at: datetime) -> Visit:
    """The last segment ends and one in the new ward begins."""
    return replace(visit, segments=(*_closed(visit, at), Segment(ward, at)), recorded=at)


def discharged(visit: Visit, at: datetime, disposition: str | None = None) -> Visit:
    """The visit, its last segment and a leave that is still open end."""
    return replace(
        visit,
        status="finished",
        end=at,
        segments=_closed(visit, at),
        disposition=disposition,
        recorded=at,
    )


def on_leave(visit: Visit, at: datetime) -> Visit:
    """The person is away; the bed is kept."""
    return replace(visit, status="onleave", leaves=(*visit.leaves, Leave(at)), recorded=at)


def returned(visit: Visit, at: datetime) -> Visit:
    """Back from leave, in the same ward."""
    leaves = (*visit.leaves[:-1], replace(visit.leaves[-1], end=at))
    return replace(visit, status="in-progress", leaves=leaves, recorded=at)


def withdrawn(visit: Visit, at: datetime, status: str) -> Visit:
    """Will not be, or never was: `cancelled` or `entered-in-error`."""
    return replace(visit, status=status, recorded=at)


def _closed(visit: Visit, at: datetime) -> tuple[Segment, ...]:
    return (*visit.segments[:-1], *(replace(last, end=at) for last in visit.segments[-1:]))


def contact(visit: Visit, at: datetime, minutes: int) -> Visit:
    """A contact that took place: no ward, over when it is written down."""
    end = at + timedelta(minutes=minutes)
    return replace(visit, status="finished", start=at, end=end, recorded=end)
