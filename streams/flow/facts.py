"""What one fact says about one visit, in the few words that the fold needs."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec

from schemas.events import CareEvent
from schemas.identity import indexable
from schemas.times import moment

Resource = dict[str, Any]

WARDLESS = frozenset({"si", "bu", "bd", "ro", "co", "area"})
EXPECTED_ONLY = frozenset({"planned", "reserved"})


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where the person was said to be, from and until when; no times: as long as the visit."""

    ward: str
    start: datetime | None
    end: datetime | None


class VisitFact(msgspec.Struct, frozen=True, array_like=True):
    """A full state of a visit as its source reported it. The greatest `version` holds."""

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


class VisitKey(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A visit is known by its source and the source's own number for it."""

    source: str
    visit: str


def visit_of(event: CareEvent) -> VisitKey:
    """The visit that an Encounter fact is about: its id, or the identifier that stands for it."""
    return VisitKey(event.source, event.thread[len(event.source) + len("|Encounter/") :])


def visit_fact(event: CareEvent, known: int) -> VisitFact:
    """What an Encounter says of its visit. `known`: microseconds since 1970."""
    resource: Resource = msgspec.json.decode(event.resource)
    locations = resource.get("location") or ()
    return VisitFact(
        event.version,
        event.id,
        known,
        "entered-in-error" if event.deleted else resource.get("status", "unknown"),
        (resource.get("class") or {}).get("code", "unknown"),
        event.occurred_start,
        event.occurred_end,
        _provider(resource) or event.source,
        next(_codes(locations, {"si"}), None),
        tuple(_places(locations)),
        tuple(_leaves(resource)),
        event.subject,
    )


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


def _leaves(resource: Resource) -> Iterable[tuple[datetime, datetime | None]]:
    """Leave of absence: each `onleave` of the status history that has a start."""
    for past in resource.get("statusHistory", ()):
        period = past.get("period") or {}
        start = moment(period.get("start"))
        if past.get("status") == "onleave" and start is not None:
            yield start, moment(period.get("end"))
