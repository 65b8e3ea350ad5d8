"""The timeline entries that one fact gives. Pure: no other fact is needed to word it."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import msgspec

from schemas.events import CareEvent
from schemas.times import moment
from streams.timeline.entry import Entry
from streams.timeline.hl7v2 import entries_of_message
from streams.timeline.words import OF_TYPE, concept_text, place_text

Resource = dict[str, Any]


ADMITTING = {"IMP", "ACUTE", "NONAC", "SS", "OBSENC"}
CLASS_TITLES = {
    "EMER": "Emergency attendance",
    "VR": "Virtual ward",
    "HH": "Home visit",
    "AMB": "Contact",
    "FLD": "Contact in the community",
}
ADMISSIONS = {"planned": "Admission planned", "cancelled": "Admission cancelled"}
STRUCK = "entered-in-error"


def entries_of(event: CareEvent) -> list[Entry]:
    """The entries of a fact, at least one: a deleted or mistaken fact stays, struck through."""
    if event.is_hl7v2:
        return entries_of_message(event)
    resource: Resource = msgspec.json.decode(event.resource)
    struck = event.deleted or is_mistaken(resource)
    make = _MAKERS.get(event.kind, _general)
    entries = make(event, resource)
    if struck:
        return [msgspec.structs.replace(entry, struck=True) for entry in entries]
    return entries


def is_mistaken(resource: Resource) -> bool:
    """True where the source says, in whichever element its type has, that it is an error."""
    verification = resource.get("verificationStatus")
    codings = verification.get("coding", ()) if isinstance(verification, dict) else ()
    codes = [c.get("code") for c in codings if isinstance(c, dict)]
    return STRUCK in (resource.get("status"), resource.get("lifecycleStatus"), *codes)


def _encounter(event: CareEvent, resource: Resource) -> list[Entry]:
    code = (resource.get("class") or {}).get("code", "")
    if code in ADMITTING:
        return list(_stay_entries(event, resource))
    title = concept_text((resource.get("type") or [None])[0]) or CLASS_TITLES.get(code, "Visit")
    kind = "emergency" if code == "EMER" else "contact"
    places = list(_places(resource))
    return [_entry(event, resource, "visit", kind, title, places[0][0] if places else None)]


def _stay_entries(event: CareEvent, resource: Resource) -> Iterable[Entry]:
    """A hospital stay is read as it happened: admitted, each move, discharged."""
    places = list(_places(resource))
    first = places[0][0] if places else None
    title = ADMISSIONS.get(resource.get("status", ""), "Admitted to hospital")
    yield _entry(event, resource, "admitted", "admission", title, first)
    for number, (place, at) in enumerate(places[1:], 1):
        yield Entry(f"moved-{number}", "transfer", "Moved ward", at=at, place=place)
    if event.occurred_end is not None and resource.get("status") == "finished":
        yield Entry(
            "discharged",
            "discharge",
            "Discharged from hospital",
            at=event.occurred_end,
            place=places[-1][0] if places else None,
        )


def _places(resource: Resource) -> Iterable[tuple[str | None, datetime | None]]:
    """Where the person was, in order; a site, a bed or a plan is not a move of its own."""
    found = [
        (place_text(location), moment((location.get("period") or {}).get("start")))
        for location in resource.get("location", ())
        if location.get("status") not in {"planned", "reserved"}
        and _physical(location) not in {"si", "bu", "bd", "ro"}
    ]
    return sorted(found, key=lambda place: (place[1] is not None, place[1]))


def _physical(location: Resource) -> str | None:
    codings = (location.get("physicalType") or {}).get("coding") or [{}]
    code: str | None = codings[0].get("code")
    return code


def _general(event: CareEvent, resource: Resource) -> list[Entry]:
    words = OF_TYPE.get(event.kind)
    kind = words.kind if words else "record"
    title = (words.title(resource) if words else None) or concept_text(resource.get("code"))
    fallback = words.name if words else _spaced(event.kind)
    return [_entry(event, resource, "record", kind, title or fallback, None)]


def _entry(
    event: CareEvent, resource: Resource, slot: str, kind: str, title: str, place: str | None
) -> Entry:
    status = resource.get("status")
    return Entry(
        slot,
        kind,
        title,
        at=event.occurred_start or event.recorded,
        until=event.occurred_end,
        status=status if isinstance(status, str) else None,
        place=place,
        author=_author(resource),
    )


def _author(resource: Resource) -> str | None:
    """Who the resource names as its author, requester or performer, where it has their name."""
    for name in ("author", "requester", "performer", "recorder", "sender", "participant"):
        value = resource.get(name)
        value = value[0] if isinstance(value, list) and value else value
        if not isinstance(value, dict):
            continue
        person = value.get("individual") or value.get("actor") or value.get("member") or value
        display = person.get("display") if isinstance(person, dict) else None
        if isinstance(display, str):
            return display
    return None


def _spaced(kind: str) -> str:
    """`MedicationRequest` as "Medication request"."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in kind).strip()
    return words.capitalize()


_MAKERS: dict[str, Callable[[CareEvent, Resource], list[Entry]]] = {"Encounter": _encounter}
