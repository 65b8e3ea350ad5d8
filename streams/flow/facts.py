"""What one fact says about one visit, in the few words that the fold needs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from schemas.events import CareEvent, Flag
from schemas.hl7v2.triggers import Effect
from schemas.identity import indexable
from schemas.times import moment

Resource = dict[str, Any]

WARDLESS = frozenset({"si", "bu", "bd", "ro", "co", "area"})
EXPECTED_ONLY = frozenset({"planned", "reserved"})
VISIT_NUMBER = "VN"
# R5's `plannedEndDate` in R4. Source: FHIR R5, versions.html, extensions for converting.
PLANNED_END = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"
# What a reader of the stay should know of the facts that it is made of.
TOLD_ON = frozenset({Flag.DOUBTFUL_TIME})


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where the person was said to be, from and until when; no times: as long as the visit."""

    ward: str
    start: datetime | None
    end: datetime | None
    site: str | None = None


class ClassRun(msgspec.Struct, frozen=True, array_like=True):
    """Since when a visit was of a class; no start: from its beginning."""

    code: str
    start: datetime | None


class State(msgspec.Struct, frozen=True, array_like=True, tag="state"):
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


class Change(msgspec.Struct, frozen=True, array_like=True, tag="change"):
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


class VisitKey(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A visit is known by its source and the source's own number for it."""

    source: str
    visit: str


def visit_of(event: CareEvent) -> VisitKey:
    """The visit that an Encounter fact is about: its id, or the identifier that stands for it."""
    return VisitKey(event.source, event.thread[len(event.source) + len("|Encounter/") :])


class Encounter(NamedTuple):
    """What an Encounter says of its visit, and the other numbers that the visit has."""

    state: State
    numbers: tuple[str, ...]


def encounter_of(event: CareEvent) -> Encounter:
    """What an Encounter says: its state, and by which numbers HL7 v2 messages may call the visit.

    Those are the identifiers typed as a visit number (VN); where none is, the only one there is.
    """
    resource: Resource = msgspec.json.decode(event.resource)
    state = _state(event, resource, 0)
    return Encounter(state, _numbers(event, resource) if "identifier" in resource else ())


def _numbers(event: CareEvent, resource: Resource) -> tuple[str, ...]:
    found = [i for i in resource["identifier"] if i.get("value")]
    stated = found if len(found) == 1 else [i for i in found if VISIT_NUMBER in _types(i)]
    own = visit_of(event).visit
    return tuple(sorted({indexable(i["value"]) for i in stated} - {own}))


def visit_fact(event: CareEvent, known: int) -> State:
    """What an Encounter says of its visit. `known`: microseconds since 1970."""
    return _state(event, msgspec.json.decode(event.resource), known)


def _state(event: CareEvent, resource: Resource, known: int) -> State:
    locations = resource.get("location") or ()
    code = (resource.get("class") or {}).get("code", "unknown")
    return State(
        event.version,
        event.id,
        known,
        "entered-in-error" if event.deleted else resource.get("status", "unknown"),
        code,
        event.occurred_start,
        event.occurred_end,
        _provider(resource) or event.source,
        next(_codes(locations, {"si"}), None),
        tuple(_places(locations)),
        tuple(_leaves(resource, event.recorded)),
        event.subject,
        tuple(_classes(resource, code)) if "classHistory" in resource else (),
        event.recorded,
        tuple(flag for flag in event.flags if flag in TOLD_ON) if event.flags else (),
        expected=_expected_end(resource) if "extension" in resource else None,
    )


def _expected_end(resource: Resource) -> datetime | None:
    """When the visit is expected to end, which R4 says by an extension."""
    said = (e.get("valueDateTime") for e in resource["extension"] if e.get("url") == PLANNED_END)
    return next(filter(None, map(moment, said)), None)


def _types(identifier: Resource) -> set[str]:
    codings = (identifier.get("type") or {}).get("coding") or ()
    return {coding.get("code", "") for coding in codings}


def _classes(resource: Resource, code: str) -> Iterable[ClassRun]:
    """The class history and then the class."""
    past = [
        (moment((one.get("period") or {}).get("start")), one) for one in resource["classHistory"]
    ]
    past.sort(key=lambda one: (one[0] is not None, one[0]))
    for start, one in past:
        yield ClassRun((one.get("class") or {}).get("code", "unknown"), start)
    ends = [moment((one.get("period") or {}).get("end")) for _, one in past]
    last = max((end for end in ends if end is not None), default=None)
    # A history that already ends in the class of now says nothing of another change.
    if past[-1][1].get("class", {}).get("code") != code and last is not None:
        yield ClassRun(code, last)


def _places(locations: Iterable[Resource]) -> Iterable[Place]:
    """Wards only: a site, a bed or a room is not a ward, and a plan is not a place."""
    for location in locations:
        if location.get("status") in EXPECTED_ONLY or _physical(location) in WARDLESS:
            continue
        period = location.get("period") or {}
        yield Place(_code(location), moment(period.get("start")), moment(period.get("end")))


def _codes(locations: Iterable[Resource], kinds: set[str]) -> Iterator[str]:
    return (_code(location) for location in locations if _physical(location) in kinds)


def _code(location: Resource) -> str:
    """The place's code: identifier, else the end of its reference, else its name."""
    reference = location.get("location") or {}
    identifier = reference.get("identifier") or {}
    code = identifier.get("value") or _referred(reference)
    return indexable(code or reference.get("display") or "unknown")


def _referred(reference: Resource) -> str:
    """The id at the end of a reference, whichever version of the thing it names."""
    said: str = reference.get("reference", "")
    return said.partition("/_history/")[0].rpartition("/")[2]


def _physical(location: Resource) -> str | None:
    kind = location.get("physicalType")
    codings = kind.get("coding") if kind else None
    return codings[0].get("code") if codings else None


def _provider(resource: Resource) -> str | None:
    """The organisation whose bed it is: its ODS code, else the end of its reference."""
    provider = resource.get("serviceProvider") or {}
    identifier = provider.get("identifier") or {}
    code = identifier.get("value") or _referred(provider)
    return indexable(code) if code else None


def _leaves(resource: Resource, recorded: datetime) -> Iterable[tuple[datetime, datetime | None]]:
    """Leave of absence: each `onleave` of the status history that has a start, and of now.

    Leave that only the status tells of began where the history ends, else when it was written.
    """
    ends: list[datetime] = []
    told = False
    for past in resource.get("statusHistory", ()):
        period = past.get("period") or {}
        start, end = moment(period.get("start")), moment(period.get("end"))
        ends += [end] if end is not None else []
        if past.get("status") == "onleave" and start is not None:
            told = told or end is None
            yield start, end
    if resource.get("status") == "onleave" and not told:
        yield max(ends, default=recorded), None
