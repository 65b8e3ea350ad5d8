"""What the references of a FHIR fact name: a thing by its thread, or by an identifier of it.

A reference means what it says where it stands. What only its message could tell, such as which
resource a `urn:uuid:` was, intake has written on the event beside the resource.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

from schemas.events import CareEvent
from schemas.fhir.elements import contained, text, type_named
from schemas.identity import NHS_NUMBER_SYSTEM, indexable, is_nhs_number

Resource = dict[str, Any]

_LITERAL: Final = re.compile(
    r"(?P<base>\S*?/)?(?P<kind>[A-Z][A-Za-z]{0,63})/(?P<id>[A-Za-z0-9.-]{1,64})(?:/_history/\S*)?"
)
_SEARCH: Final = re.compile(r"(?:\S*/)?(?P<kind>[A-Z][A-Za-z]{0,63})\?(?P<asked>\S+)")
# The Personal Demographics Service gives a Patient the NHS number as its id.
_PDS: Final = "/personal-demographics/"


class Identifier(NamedTuple):
    """A name by its system (empty: none is said)."""

    system: str
    value: str


class Literal(NamedTuple):
    """A reference by type and id: `base` is the server's address, empty for the source's own."""

    base: str
    kind: str
    id: str


class Named(NamedTuple):
    """What a reference names, as far as it says so: a type, a thread, an identifier."""

    kind: str | None = None
    thread: str | None = None
    identifier: Identifier | None = None


NOTHING: Final = Named()


def literal_of(said: str) -> Literal | None:
    """`Encounter/7`, on any server, in any version; None for what names nothing by its id."""
    found = _LITERAL.fullmatch(said)
    return Literal(found["base"] or "", found["kind"], found["id"]) if found else None


def search_of(said: str) -> tuple[str, Identifier] | None:
    """`Encounter?identifier=system|value` as type and identifier; None for any other search."""
    found = _SEARCH.fullmatch(said)
    asked = parse_qs(found["asked"], keep_blank_values=True) if found else {}
    if found is None or asked.keys() != {"identifier"} or len(asked["identifier"]) != 1:
        return None
    system, _, value = asked["identifier"][0].rpartition("|")
    # %00 is a character that PostgreSQL cannot hold.
    return (found["kind"], Identifier(system, value)) if value and "\0" not in value else None


def identifier_of(element: object) -> Identifier | None:
    """An Identifier element; None where it has no value."""
    if not isinstance(element, dict) or not text(element.get("value")):
        return None
    return Identifier(text(element.get("system")), text(element["value"]))


def nhs_number_in(literal: Literal) -> str | None:
    """The NHS number that a reference to the Personal Demographics Service names a person by."""
    is_pds = literal.kind == "Patient" and _PDS in literal.base
    return literal.id if is_pds and is_nhs_number(literal.id) else None


def key_of(reference: Resource) -> str:
    """How a reference is written: as `reference` says, else by its identifier."""
    said = text(reference.get("reference"))
    identifier = identifier_of(reference.get("identifier"))
    return said or (f"{identifier.system}|{identifier.value}" if identifier else "")


def thread_named(source: str, kind: str, identifier: Identifier) -> str:
    """The thread of a thing that its source knows by an identifier alone."""
    return indexable(f"{source}|{kind}?{identifier.system}|{identifier.value}")


def named(reference: object, resource: Resource, event: CareEvent) -> Named:
    """What a Reference in the resource of an event names; NOTHING where it names nothing."""
    if not isinstance(reference, dict):
        return NOTHING
    kind = type_named(reference, resource)
    identifier = identifier_of(reference.get("identifier"))
    known = dict(event.references).get(key_of(reference))
    if known is not None:
        return Named(kind or _kind_of(known), known, identifier)
    inner = contained(reference, resource)
    if inner is not None:
        names = [identifier_of(i) for i in _list(inner.get("identifier"))]
        return Named(kind, None, next(filter(None, names), identifier))
    return _by_words(text(reference.get("reference")), kind, identifier, event.source)


def _by_words(said: str, kind: str | None, identifier: Identifier | None, source: str) -> Named:
    literal = literal_of(said)
    if literal is not None:
        number = nhs_number_in(literal)
        if number is not None:
            return Named("Patient", None, Identifier(NHS_NUMBER_SYSTEM, number))
        thread = indexable(f"{source}|{literal.kind}/{literal.id}")
        return Named(literal.kind, thread, identifier)
    search = search_of(said)
    if search is not None:
        return Named(search[0], thread_named(source, *search), search[1])
    if said.startswith("urn:") and kind:
        return Named(kind, indexable(f"{source}|{kind}/{said}"), identifier)
    if identifier is not None:
        return Named(kind, thread_named(source, kind, identifier) if kind else None, identifier)
    return Named(kind) if kind else NOTHING


def _kind_of(thread: str) -> str | None:
    named = thread.partition("|")[2]
    return re.split(r"[/?]", named, maxsplit=1)[0] or None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def each_reference(resource: object) -> Iterator[tuple[str, Resource]]:
    """Every Reference in a resource with the path to it ("participant.actor"), in no set order.

    Not those within contained resources: they are another resource's.
    """
    waiting: list[tuple[str, object]] = [("", resource)]
    while waiting:
        path, element = waiting.pop()
        if isinstance(element, list):
            waiting += [(path, one) for one in element if isinstance(one, (dict, list))]
        elif isinstance(element, dict):
            if path and _is_reference(element):
                yield path, element
            start = f"{path}." if path else ""
            waiting += [
                (start + name, value)
                for name, value in element.items()
                if isinstance(value, (dict, list)) and name not in {"contained", "identifier"}
            ]


def _is_reference(element: Resource) -> bool:
    """A Reference has a reference, or an identifier that is one element, not a list of them."""
    return isinstance(element.get("reference"), str) or (
        isinstance(element.get("identifier"), dict)
        and element.keys() <= {"identifier", "type", "display", "id", "extension"}
    )


def references_of(event: CareEvent) -> list[tuple[str, Named]]:
    """What every reference of a FHIR fact names, with the path to it."""
    resource: Resource = event.parsed()
    return [(path, named(one, resource, event)) for path, one in each_reference(resource)]
