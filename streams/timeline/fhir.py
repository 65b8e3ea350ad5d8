"""What a FHIR resource says on a timeline."""

from collections.abc import Iterator
from typing import Any

import msgspec

from schemas.events import CareEvent
from schemas.fhir.elements import concept_text, text, values
from schemas.fhir.references import named
from streams.timeline.encounters import entries_of_encounter
from streams.timeline.entry import Entry, joined
from streams.timeline.mistaken import is_mistaken
from streams.timeline.named import thread_of
from streams.timeline.own_words import KINDS, own_words
from streams.timeline.words import ABOUT_ME, OF_TYPE, Words

Resource = dict[str, Any]

# Where a resource names what it replaces: the element, the reference within it, the code it needs.
REPLACES: tuple[tuple[str, str | None, str | None], ...] = (
    ("relatesTo", "target", "replaces"),
    ("relatesTo", "targetReference", "replaces"),
    ("replaces", None, None),
    ("priorPrescription", None, None),
)
UNLISTED = "record"


def entries_of_resource(event: CareEvent) -> list[Entry]:
    """The entries of a resource, at least one: a deleted or mistaken one stays, struck through."""
    resource: Resource = msgspec.json.decode(event.resource)
    make = entries_of_encounter if event.kind == "Encounter" else _told
    entries = make(event, resource)
    if event.deleted or is_mistaken(resource):
        return [msgspec.structs.replace(entry, struck=True) for entry in entries]
    return entries


def _told(event: CareEvent, resource: Resource) -> list[Entry]:
    words = _row(event.kind, resource)
    status = text(resource.get("status")) or text(resource.get("lifecycleStatus"))
    called, state = words.title(resource), words.states.get(status)
    detail = words.detail(resource)
    author, writer = words.author.found(resource)
    place, location = words.place.found(resource)
    return [
        Entry(
            "record",
            words.kind,
            state or called or words.name,
            at=event.occurred_start or event.recorded,
            until=event.occurred_end,
            status=status or None,
            place=place,
            author=author,
            detail=joined(called if state else None, detail if detail != called else None),
            replaces=tuple(_replaced(event, resource)),
            author_thread=thread_of(writer, event, resource),
            place_thread=thread_of(location, event, resource),
        )
    ]


def _replaced(event: CareEvent, resource: Resource) -> Iterator[str]:
    """The threads whose place this one takes, where the resource says that it does."""
    for head, path, code in REPLACES:
        for element in values(resource, head) if head in resource else ():
            if code is None or element.get("code") == code:
                for reference in values(element, path) if path else (element,):
                    thread = named(reference, resource, event).thread
                    if thread:
                        yield thread


def _row(kind: str, resource: Resource) -> Words:
    if kind in KINDS and own_words(kind, resource):
        return ABOUT_ME
    return OF_TYPE.get(kind) or _unlisted(kind)


def _unlisted(kind: str) -> Words:
    """A type that the table has no row for is called by its code, else by its own name."""
    return Words(UNLISTED, _spaced(kind), lambda resource: concept_text(resource.get("code")))


def _spaced(kind: str) -> str:
    """`MedicationRequest` as "Medication request"."""
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in kind).strip()
    return words.capitalize()
