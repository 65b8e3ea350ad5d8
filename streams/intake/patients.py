"""Whom a Patient, or the PID of a message, is about, and what it says of who is one person."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from schemas.events import Flag, Link
from schemas.hl7v2.patients import Patient
from schemas.hl7v2.values import Identifier
from schemas.identity import (
    NHS_NUMBER_SYSTEM,
    identifier_key,
    is_nhs_number,
    is_verified,
    local_key,
    nhs_key,
)
from streams.intake.links import aliases, key_of, of_message, of_patient_links, proof, quoted

Resource = dict[str, Any]

FULL_DATE_LENGTH = len("2026-01-31")


class Subject(NamedTuple):
    """An identity key (None: the resource names no person), links to others, quality flags."""

    key: str | None
    links: tuple[Link, ...] = ()
    flags: tuple[str, ...] = ()


NOBODY = Subject(None)


class _Numbers(NamedTuple):
    """The identifiers of a Patient that have a value; NHS numbers, and those that are valid."""

    every: list[Resource]
    nhs: list[Resource]
    good: list[Resource]


def of_patient(patient: Resource, source: str, named: Callable[[Resource], str | None]) -> Subject:
    """The identity of a Patient: its logical id, else an identifier of its own, else NHS number.

    A present and verified NHS number with a date of birth links by itself; any other number is
    kept and flagged, and only to be looked at. `named` gives the identity that a Reference names.
    Source: definitions, section 3.
    """
    found = without_links(patient, source)
    if found.key is None:
        return found
    return found._replace(links=tuple(_links(patient, found.key, source, named)))


def without_links(patient: Resource, source: str) -> Subject:
    """Who a Patient is, and how far its numbers can be believed; nothing of who else they are."""
    numbers = _numbers(patient)
    key = _key(patient, numbers, source)
    flags: tuple[str, ...] = ()
    if len(numbers.good) < len(numbers.nhs):
        flags = (Flag.BAD_NHS_NUMBER,)
    if key and numbers.good and not key.startswith("nhs/") and not _proven(patient, numbers):
        flags = (*flags, Flag.UNVERIFIED_NHS_NUMBER)
    return Subject(key, (), flags)


def _numbers(patient: Resource) -> _Numbers:
    every = [i for i in patient.get("identifier", ()) if i.get("value")]
    nhs = [i for i in every if i.get("system") == NHS_NUMBER_SYSTEM]
    return _Numbers(every, nhs, [i for i in nhs if is_nhs_number(i["value"])])


def _key(patient: Resource, numbers: _Numbers, source: str) -> str | None:
    if patient.get("id"):
        return local_key(source, patient["id"])
    for identifier in numbers.every:
        if identifier.get("system") != NHS_NUMBER_SYSTEM:
            return identifier_key(source, identifier.get("system", ""), identifier["value"])
    if numbers.good:
        return nhs_key(numbers.good[0]["value"])
    if numbers.nhs:
        return identifier_key(source, NHS_NUMBER_SYSTEM, numbers.nhs[0]["value"])
    return None


def _links(
    patient: Resource, key: str, source: str, named: Callable[[Resource], str | None]
) -> Iterator[Link]:
    numbers = _numbers(patient)
    proven = _proven(patient, numbers)
    if proven:
        yield proof(key, *proven)
    else:
        yield from quoted(key, (i["value"] for i in numbers.good))
    yield from aliases(key, map(_named, numbers.every), source)
    yield from of_patient_links(patient, key, named)


def _proven(patient: Resource, numbers: _Numbers) -> tuple[str, str] | None:
    """The NHS number that is verified, if it is one, with the whole date of birth."""
    verified = {i["value"] for i in numbers.good if is_verified(i)}
    born = patient.get("birthDate")
    # A year or a month is no date of birth to agree with: it would make one person two.
    whole = born if isinstance(born, str) and len(born) == FULL_DATE_LENGTH else None
    return (verified.pop(), whole) if len(verified) == 1 and whole else None


def _named(identifier: Resource) -> Identifier:
    """A FHIR Identifier in the terms that both formats share."""
    codings = (identifier.get("type") or {}).get("coding") or [{}]
    return Identifier(identifier.get("system", ""), identifier["value"], codings[0].get("code", ""))


def of_identifiers(patient: Patient, source: str) -> Subject:
    """The identity of an HL7 v2 patient: this source's own number, else the NHS number.

    The links are as for `of_patient`, and what the message says of two numbers.
    """
    numbers = [i.value for i in patient.identifiers if i.is_nhs]
    good = [value for value in numbers if is_nhs_number(value)]
    key = key_of(patient.identifiers[0], source)
    flags: tuple[str, ...] = () if len(good) == len(numbers) else (Flag.BAD_NHS_NUMBER,)
    said = tuple(of_message(key, patient, source))
    if len(set(good)) == 1 and patient.verified and patient.born:
        return Subject(key, (proof(key, good[0], patient.born), *said), flags)
    if good and not key.startswith("nhs/"):
        flags = (*flags, Flag.UNVERIFIED_NHS_NUMBER)
    return Subject(key, (*quoted(key, good), *said), flags)
