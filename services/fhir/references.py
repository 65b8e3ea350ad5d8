"""References as a reader can follow them: to what this server holds, else in words. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple
from uuid import UUID

from schemas.events import CareEvent
from schemas.fhir.elements import text, values
from schemas.fhir.references import Named, each_reference, named
from services.fhir.ids import source_uri
from services.fhir.parameters import PATIENT
from streams.intake.subjects import ELEMENTS, of_identifier, of_thread

Resource = dict[str, Any]

_URI_SYSTEM: Final = "urn:ietf:rfc:3986"


class Told(NamedTuple):
    """A Reference within a resource, the path to it, and what it names."""

    path: str
    reference: Resource
    named: Named


class Known(NamedTuple):
    """What references may lead to: a person by their identities, and things by their threads.

    `held`: where each is to be read (`Encounter/...`); what may not be seen is not among them.
    """

    person: UUID | None = None
    keys: frozenset[str] = frozenset()
    held: Mapping[str, str] = {}


# What plain references of sources name, by the source and the words: most occur again and again.
Names = dict[tuple[str, str], Named]


def references_in(resource: Resource, event: CareEvent, names: Names) -> list[Told]:
    """Every Reference of a FHIR fact's resource, those within contained resources too.

    `names`: what is known of plain ones already; it grows.
    """
    inside = (one for one in values(resource, "contained") if isinstance(one, dict))
    return [
        Told(path, reference, _named(reference, resource, event, names))
        for part in (resource, *inside)
        for path, reference in each_reference(part)
    ]


def _named(reference: Resource, resource: Resource, event: CareEvent, names: Names) -> Named:
    said = reference.get("reference")
    is_plain = isinstance(said, str) and not said.startswith("#") and not event.references
    if not is_plain or not reference.keys() <= _PLAIN:
        return named(reference, resource, event)
    key = (event.source, str(said))
    if key not in names:
        names[key] = named(reference, resource, event)
    return names[key]


_PLAIN: Final = frozenset({"reference", "display"})


def threads_in(told: Iterable[Told]) -> Iterator[str]:
    """The threads that references name: what may be held here."""
    return (one.named.thread for one in told if one.named.thread)


def place_of(told: Told, source: str, known: Known) -> str | None:
    """Where what a Reference names is read; None where it is not held, or not to be seen."""
    if known.person and _is_person(told, source, known.keys):
        return f"{PATIENT}/{known.person}"
    return known.held.get(told.named.thread) if told.named.thread else None


def point(told: Told, source: str, place: str | None) -> None:
    """Make a Reference lead to the place where its thing is read; else leave what it says of it.

    What has no place here is named by what its source calls it: `Practitioner/7` would be
    another one's. A contained resource stays where it is, another server's address an address.
    """
    said = text(told.reference.get("reference"))
    if said.startswith("#"):
        return
    if place:
        told.reference["reference"] = place
    elif said and not said.startswith(("http://", "https://")):
        del told.reference["reference"]
        if told.named.kind:
            told.reference.setdefault("type", told.named.kind)
        told.reference.setdefault("identifier", _identifier(said, told.named, source))


def _is_person(told: Told, source: str, keys: frozenset[str]) -> bool:
    """Whether it names the person: by one of their identities, else as whom the fact is about."""
    if told.named.kind not in (None, PATIENT):
        return False
    key = _key(told.named, source)
    return key in keys if key else told.path in ELEMENTS


def _key(found: Named, source: str) -> str | None:
    if found.kind == PATIENT and found.thread:
        return of_thread(found.thread, source)
    return of_identifier(found.identifier, source).key if found.identifier else None


def _identifier(said: str, found: Named, source: str) -> Resource:
    if found.identifier:
        system, value = found.identifier
        return {"system": system, "value": value} if system else {"value": value}
    if said.startswith("urn:"):
        return {"system": _URI_SYSTEM, "value": said}
    return {"system": source_uri(source), "value": said}
