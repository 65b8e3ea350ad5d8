"""Whom a resource is about: a source identity, and the links that it asserts."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from schemas.events import Flag, Link, LinkKind
from schemas.fhir.references import Identifier as FhirIdentifier
from schemas.fhir.references import (
    Literal,
    identifier_of,
    literal_of,
    nhs_number_in,
    search_of,
)
from schemas.hl7v2.patients import Patient
from schemas.hl7v2.values import Identifier
from schemas.identity import (
    NHS_NUMBER_SYSTEM,
    identifier_key,
    is_nhs_number,
    is_verified,
    local_key,
    nhs_born_key,
    nhs_key,
)
from streams.intake.references import Context

Resource = dict[str, Any]

ELEMENTS = ("subject", "patient", "for", "beneficiary", "individual")
ACTORS = ("participant", "actor", "member", "entry")
FULL_DATE_LENGTH = len("2026-01-31")


class Subject(NamedTuple):
    """An identity key (None: the resource names no person), links to others, quality flags."""

    key: str | None
    links: tuple[Link, ...] = ()
    flags: tuple[str, ...] = ()


NOBODY = Subject(None)


def subject_of(resource: Resource, context: Context) -> Subject:
    """Whom the resource is about; nobody for an organisation, a location and the like."""
    if resource["resourceType"] == "Patient":
        return of_patient(resource, context.source)
    inside = context.within(resource)
    for reference in _references(resource, inside):
        found = of_reference(reference, inside)
        if found.key:
            return found
    return NOBODY


def of_patient(patient: Resource, source: str) -> Subject:
    """The identity of a Patient: its logical id, else an identifier of its own, else NHS number.

    A present and verified NHS number with a date of birth links by itself; any other number is
    kept and flagged, never linked by. Source: definitions, section 3.
    """
    identifiers = [i for i in patient.get("identifier", ()) if i.get("value")]
    numbers = [i for i in identifiers if i.get("system") == NHS_NUMBER_SYSTEM]
    good = [i for i in numbers if is_nhs_number(i["value"])]
    flags: tuple[str, ...] = () if len(good) == len(numbers) else (Flag.BAD_NHS_NUMBER,)
    key = _patient_key(patient, identifiers, good, source)
    born = patient.get("birthDate")
    verified = {i["value"] for i in good if is_verified(i)}
    # A year or a month is no date of birth to agree with: it would make one person two.
    whole = born if isinstance(born, str) and len(born) == FULL_DATE_LENGTH else None
    if len(verified) == 1 and whole and key:
        return Subject(key, tuple(_links(key, verified.pop(), whole)), flags)
    if good and key and not key.startswith("nhs/"):
        flags = (*flags, Flag.UNVERIFIED_NHS_NUMBER)
    return Subject(key, (), flags)


def _patient_key(
    patient: Resource, identifiers: list[Resource], good: list[Resource], source: str
) -> str | None:
    if patient.get("id"):
        return local_key(source, patient["id"])
    for identifier in identifiers:
        if identifier.get("system") != NHS_NUMBER_SYSTEM:
            return identifier_key(source, identifier.get("system", ""), identifier["value"])
    if good:
        return nhs_key(good[0]["value"])
    if identifiers:
        return identifier_key(source, NHS_NUMBER_SYSTEM, identifiers[0]["value"])
    return None


def _links(key: str, number: str, born: str) -> Iterable[Link]:
    yield Link(nhs_key(number), nhs_born_key(number, born))
    if key != nhs_key(number):
        yield Link(key, nhs_born_key(number, born))


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


def of_reference(reference: Resource, context: Context) -> Subject:
    """The person that a Reference names, by whatever of its forms; nobody if it is no person."""
    said = _text(reference.get("reference"))
    found = context.find(reference, "Patient")
    if found is not None:
        is_patient = found.resource.get("resourceType") == "Patient"
        return of_patient(found.resource, context.source) if is_patient else NOBODY
    kind, _, identity = said.partition("/")
    if kind == "Patient" and identity and "/" not in identity:
        return Subject(local_key(context.source, identity))
    literal = literal_of(said) if "/" in said else None
    if literal is not None:
        return _of_literal(literal, context)
    search = search_of(said) if "?" in said else None
    if search is not None:
        return _of_identifier(search[1], context.source) if search[0] == "Patient" else NOBODY
    identifier = identifier_of(reference.get("identifier"))
    if identifier is not None and reference.get("type", "Patient") == "Patient":
        return _of_identifier(identifier, context.source)
    # Only a urn names the same thing wherever it stands; `#p1` is another one in each resource.
    is_urn = said.startswith("urn:")
    return Subject(identifier_key(context.source, "urn", said)) if is_urn else NOBODY


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


def _of_identifier(identifier: FhirIdentifier, source: str) -> Subject:
    system, value = identifier
    if system == NHS_NUMBER_SYSTEM and is_nhs_number(value):
        return Subject(nhs_key(value))
    flags = (Flag.BAD_NHS_NUMBER,) if system == NHS_NUMBER_SYSTEM else ()
    return Subject(identifier_key(source, system, value), (), flags)


def of_identifiers(patient: Patient, source: str) -> Subject:
    """The identity of an HL7 v2 patient: this source's own number, else the NHS number.

    The links are as for `of_patient`, and what MRG, A24 and A37 say of two numbers.
    """
    numbers = [i.value for i in patient.identifiers if i.is_nhs]
    good = [value for value in numbers if is_nhs_number(value)]
    key = _key_of(patient.identifiers[0], source)
    flags: tuple[str, ...] = () if len(good) == len(numbers) else (Flag.BAD_NHS_NUMBER,)
    links = [
        *_statements(key, patient.prior, LinkKind.MERGED, source),
        *_statements(key, patient.linked, LinkKind.LINKED, source),
        *_statements(key, patient.parted, LinkKind.PARTED, source),
    ]
    if good and patient.verified and patient.born:
        links += _links(key, good[0], patient.born)
    elif good and not key.startswith("nhs/"):
        flags = (*flags, Flag.UNVERIFIED_NHS_NUMBER)
    return Subject(key, tuple(links), flags)


def _key_of(identifier: Identifier, source: str) -> str:
    if identifier.is_nhs and is_nhs_number(identifier.value):
        return nhs_key(identifier.value)
    return identifier_key(source, identifier.system, identifier.value)


def _statements(
    key: str, others: Iterable[Identifier], kind: LinkKind, source: str
) -> Iterable[Link]:
    for other in others:
        named = _key_of(other, source)
        if named != key:
            yield Link(named, key, kind)
