"""Whom a resource is about, by whichever of its elements names a person."""

from collections.abc import Iterable
from typing import Any

from schemas.events import Flag
from schemas.fhir.references import (
    Identifier,
    Literal,
    identifier_of,
    literal_of,
    nhs_number_in,
    search_of,
)
from schemas.identity import (
    IDENTITY_SYSTEM,
    NHS_NUMBER_SYSTEM,
    identifier_key,
    indexable,
    is_nhs_number,
    local_key,
    nhs_key,
)
from streams.intake.patients import NOBODY, Subject, of_patient, without_links
from streams.intake.references import Context

Resource = dict[str, Any]

ELEMENTS = ("subject", "patient", "for", "beneficiary", "individual")
ACTORS = ("participant", "actor", "member", "entry")


def subject_of(resource: Resource, context: Context) -> Subject:
    """Whom the resource is about; nobody for an organisation, a location and the like."""
    if resource["resourceType"] == "Patient":
        return _of_patient(resource, context)
    inside = context.within(resource)
    for reference in _references(resource, inside):
        found = of_reference(reference, inside)
        if found.key:
            return found
    return NOBODY


def _references(resource: Resource, context: Context) -> Iterable[Resource]:
    """Every reference that may name the person, the likeliest first."""
    for name in ELEMENTS:
        value = resource.get(name)
        for reference in value if isinstance(value, list) else (value,):
            if isinstance(reference, dict):
                yield reference
    for name in ACTORS:
        value = resource.get(name)
        for part in value if isinstance(value, list) else (value,):
            if isinstance(part, dict):
                actor = part.get("actor") or part.get("individual") or part.get("entity") or part
                if isinstance(actor, dict) and _names_a_patient(actor, context):
                    yield actor


def _names_a_patient(reference: Resource, context: Context) -> bool:
    """True where it says so: an actor may as well be a clinician or a place."""
    said = _text(reference.get("reference"))
    found = context.find(reference)
    kind = found.resource.get("resourceType") if found else None
    return "Patient" in (kind, reference.get("type")) or "Patient/" in said


def _text(value: object) -> str:
    """The value where it is text. Types that are checked for shape only may hold anything."""
    return value if isinstance(value, str) else ""


def _of_patient(patient: Resource, context: Context) -> Subject:
    return of_patient(
        patient, context.source, lambda other: of_reference(other, context, follow=False).key
    )


def of_reference(reference: Resource, context: Context, *, follow: bool = True) -> Subject:
    """The person that a Reference names, by whatever of its forms; nobody if it is no person.

    A Patient of the message is a fact of its own, and says there who else it is; a contained one
    is said here, unless it is not to be followed: two may link to one another.
    """
    said = _text(reference.get("reference"))
    found = context.find(reference, "Patient")
    if found is not None:
        return _of_thing(found.resource, context, follow=follow and said.startswith("#"))
    kind, _, identity = said.partition("/")
    if kind == "Patient" and identity and "/" not in identity:
        return Subject(local_key(context.source, identity))
    literal = literal_of(said) if "/" in said else None
    if literal is not None:
        return _of_literal(literal, context)
    search = search_of(said) if "?" in said else None
    if search is not None:
        return of_identifier(search[1], context.source) if search[0] == "Patient" else NOBODY
    identifier = identifier_of(reference.get("identifier"))
    if identifier is not None and reference.get("type", "Patient") == "Patient":
        return of_identifier(identifier, context.source)
    # Only a urn names the same thing wherever it stands; `#p1` is another one in each resource.
    is_urn = said.startswith("urn:")
    return Subject(identifier_key(context.source, "urn", said)) if is_urn else NOBODY


def of_thread(thread: str, source: str) -> str | None:
    """The identity of the person whom a thread is about; None where it is no Patient's.

    What a message told of a reference is kept as the thread that it names.
    """
    name = thread[len(source) + 1 :]
    system, found, value = name.removeprefix("Patient?").rpartition("|")
    if name.startswith("Patient?") and found:
        return of_identifier(Identifier(system, value), source).key
    literal = literal_of(name)
    if literal is None or literal.kind != "Patient":
        return None
    if literal.base:
        return identifier_key(source, f"{literal.base}Patient", literal.id)
    return local_key(source, literal.id)


def _of_thing(found: Resource, context: Context, *, follow: bool) -> Subject:
    if found.get("resourceType") != "Patient":
        return NOBODY
    return _of_patient(found, context) if follow else without_links(found, context.source)


def _of_literal(literal: Literal, context: Context) -> Subject:
    """`Patient/7`, this source's or that of the server that its address names."""
    if literal.kind != "Patient":
        return NOBODY
    number = nhs_number_in(literal)
    if number is not None:
        return Subject(nhs_key(number))
    if context.is_elsewhere(literal.base):
        return Subject(identifier_key(context.source, f"{literal.base}Patient", literal.id))
    return Subject(local_key(context.source, literal.id))


def of_identifier(identifier: Identifier, source: str) -> Subject:
    """The person whom an identifier of theirs names."""
    system, value = identifier
    if system == IDENTITY_SYSTEM:
        return Subject(indexable(value))
    if system == NHS_NUMBER_SYSTEM and is_nhs_number(value):
        return Subject(nhs_key(value))
    flags = (Flag.BAD_NHS_NUMBER,) if system == NHS_NUMBER_SYSTEM else ()
    return Subject(identifier_key(source, system, value), (), flags)
