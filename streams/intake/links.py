"""What a Patient, or an HL7 v2 message, says of who is one person. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from schemas.events import Link, LinkKind
from schemas.hl7v2.patients import Patient
from schemas.hl7v2.values import NOT_LOCAL, Identifier
from schemas.identity import (
    bare_of,
    identifier_key,
    is_nhs_number,
    nhs_born_key,
    nhs_key,
)

Resource = dict[str, Any]

# FHIR R4, LinkType: `seealso` too is of the same person, and both records stay; `refer` points to
# where more may be found, which somebody should look at first.
GIVEN_UP, GIVEN_UP_FOR_THIS = "replaced-by", "replaces"
KINDS = {
    GIVEN_UP: LinkKind.MERGED,
    GIVEN_UP_FOR_THIS: LinkKind.MERGED,
    "seealso": LinkKind.LINKED,
    "refer": LinkKind.POSSIBLE,
}

# One sign as often as this (`999999`) only fills a field that must not be empty.
SHORTEST_FILLER = 6


def proof(key: str, number: str, born: str) -> Link:
    """That an identity has a verified NHS number. `born`: YYYY-MM-DD."""
    return Link(key, nhs_born_key(number, born))


def deletion(key: str) -> Link:
    """That its source deleted the record of a person."""
    return Link(key, key, LinkKind.DELETED)


def quoted(key: str, numbers: Iterable[str]) -> Iterator[Link]:
    """NHS numbers that nobody verified: they join nobody, but may be somebody's."""
    for number in sorted(set(numbers)):
        if key != nhs_key(number):
            yield Link(key, nhs_key(number), LinkKind.POSSIBLE)


def aliases(key: str, identifiers: Iterable[Identifier], source: str) -> Iterator[Link]:
    """The other names that the source itself has for the same patient.

    Numbers of the world outside are none: a family shares its insurance number. Nor is what no
    system gives, or what only fills a field.
    """
    for name in dict.fromkeys(identifiers):
        named = identifier_key(source, name.system, name.value)
        if named != key and _is_name(name):
            yield Link(key, named)


def _is_name(name: Identifier) -> bool:
    signs = set(name.value)
    fills_a_field = signs == {"0"} or (len(signs) == 1 and len(name.value) >= SHORTEST_FILLER)
    tells = any(map(str.isdigit, name.value)) and not fills_a_field
    return tells and bool(name.system) and not name.is_nhs and name.kind not in NOT_LOCAL


def of_patient_links(
    patient: Resource, key: str, named: Callable[[Resource], str | None]
) -> Iterator[Link]:
    """What `Patient.link` says; `named` gives the identity that a Reference names.

    Who is named by an NHS number alone is named without proof, and only to be looked at.
    """
    for link in patient.get("link", ()):
        kind, other = KINDS.get(link.get("type", "")), named(link.get("other") or {})
        if kind is None or other is None or other == key:
            continue
        if bare_of(other):
            yield Link(key, other, LinkKind.POSSIBLE)
        elif link["type"] == GIVEN_UP_FOR_THIS:
            yield Link(other, key, kind)
        else:
            yield Link(key, other, kind)


def of_message(key: str, patient: Patient, source: str) -> Iterator[Link]:
    """What an HL7 v2 message says of a patient and of other numbers, all of this source.

    An NHS number says whose it is only with proof, so the source's own numbers are what is
    merged, linked, parted and moved. Source: HL7 v2.8, chapter 3.
    """
    yield from aliases(key, patient.identifiers, source)
    if patient.deleted:
        yield deletion(key)
    for others, kind in (
        (patient.prior, LinkKind.MERGED),
        (patient.linked, LinkKind.LINKED),
        (patient.parted, LinkKind.PARTED),
    ):
        yield from _said(key, others, kind, source)
    for moved in _own(patient.moved):
        name = key_of(moved, source)
        yield from _said(name, patient.moved_from, LinkKind.PARTED, source)
        yield from _said(name, patient.moved_to, LinkKind.LINKED, source)


def _said(key: str, others: Iterable[Identifier], kind: LinkKind, source: str) -> Iterator[Link]:
    for other in _own(others):
        named = key_of(other, source)
        if named == key:
            continue
        if bare_of(named) and not bare_of(key):
            yield Link(key, named, LinkKind.POSSIBLE)
        else:
            yield Link(named, key, kind)


def _own(identifiers: Iterable[Identifier]) -> list[Identifier]:
    """Those that the source itself gave; where there are none, the first of all."""
    every = list(dict.fromkeys(identifiers))
    return [i for i in every if not i.is_nhs and i.kind not in NOT_LOCAL] or every[:1]


def key_of(identifier: Identifier, source: str) -> str:
    """The identity that an identifier of a message is."""
    if identifier.is_nhs and is_nhs_number(identifier.value):
        return nhs_key(identifier.value)
    return identifier_key(source, identifier.system, identifier.value)
