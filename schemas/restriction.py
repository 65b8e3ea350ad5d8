"""How a restricted fact is restricted: FHIR security labels, HL7 v2 protection indicators."""

from enum import StrEnum
from typing import Final

from schemas.events import CareEvent
from schemas.fhir.elements import values
from schemas.hl7v2 import parse
from schemas.hl7v2.patients import groups_of


class Restriction(StrEnum):
    """Whom a fact is kept from; a fact without one is seen by all who may see the record."""

    RESTRICTED = "R"
    VERY_RESTRICTED = "V"
    # Not of one fact, but of the person: where they are and who cares for them is kept from others.
    SENSITIVE = "S"


_PERSON: Final = "Patient"


def restriction_of(event: CareEvent) -> Restriction | None:
    """How a fact is restricted; None where its source says of no restriction.

    A Patient that is restricted, and PD1-12, are the flag of a person: the S-flag.
    """
    if not event.restricted:
        return None
    if event.is_hl7v2:
        return Restriction.SENSITIVE if _protects_person(event) else Restriction.RESTRICTED
    if event.kind == _PERSON:
        return Restriction.SENSITIVE
    codes = set(values(event.parsed(), "meta.security.code"))
    is_very = Restriction.VERY_RESTRICTED.value in codes
    return Restriction.VERY_RESTRICTED if is_very else Restriction.RESTRICTED


def _protects_person(event: CareEvent) -> bool:
    groups = groups_of(parse(event.text()))
    group = groups[event.part] if event.part < len(groups) else []
    return any(segment.name == "PD1" and segment.text(12) == "Y" for segment in group)
