"""What one fact says about one visit, in the few words that the fold needs."""

from datetime import datetime

import msgspec

from schemas.events import Flag
from schemas.hl7v2.triggers import Effect

# What a reader of the stay should know of the facts that it is made of.
TOLD_ON = frozenset({Flag.DOUBTFUL_TIME})


class Place(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Where the person was said to be, from and until when; no times: as long as the visit."""

    ward: str
    start: datetime | None
    end: datetime | None
    site: str | None = None


class ClassRun(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Since when a visit was of a class; no start: from its beginning."""

    code: str
    start: datetime | None


class State(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="state"):
    """A full state of a visit as its source reported it. The greatest `version` holds.

    `classes`: every class that it had, in order, the last one being `visit_class`; empty where it
    had no other. `known`: since when it counts for this visit, `gone`: since when it does not,
    both in microseconds since 1970; `gone` 0: it still does.
    """

    version: str
    event_id: str
    known: int
    status: str
    visit_class: str
    start: datetime | None
    end: datetime | None
    provider: str
    site: str | None
    places: tuple[Place, ...]
    leaves: tuple[tuple[datetime, datetime | None], ...]
    subject: str | None
    classes: tuple[ClassRun, ...] = ()
    recorded: datetime | None = None
    flags: tuple[str, ...] = ()
    gone: int = 0
    expected: datetime | None = None


class Change(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="change"):
    """What an HL7 v2 trigger says that happened to a visit. `known`, `gone`: as in State.

    `named`: the time of the event itself (EVN-6), by which a cancel names what it undoes.
    `admitted`, `discharged`: PV1-44 and PV1-45, with a time of day. `expected`: when what is
    pending is planned. `key`: MSH-3, MSH-4 and MSH-10; `digest`: the message's content.
    """

    version: str
    event_id: str
    known: int
    effect: Effect
    occurred: datetime
    recorded: datetime
    named: datetime | None
    visit_class: str
    ward: str
    site: str | None
    prior_ward: str
    admitted: datetime | None
    discharged: datetime | None
    expected: datetime | None
    provider: str
    subject: str | None
    number: str
    key: str = ""
    flags: tuple[str, ...] = ()
    gone: int = 0


VisitFact = State | Change


class VisitKey(msgspec.Struct, frozen=True, array_like=True, gc=False, order=True):
    """A visit is known by its source and the source's own number for it."""

    source: str
    visit: str
