"""Who a PID says somebody is, in the elements of a FHIR Patient: one reading serves both."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.events import CareEvent
from schemas.hl7v2.message import Segment, parse
from schemas.hl7v2.patients import PRESENT_AND_VERIFIED, groups_of, patients_of
from schemas.identity import VERIFICATION_EXTENSION

# HL7 table 0001 as FHIR administrative gender; table 0200 as FHIR NameUse.
GENDERS: Final = {"M": "male", "F": "female", "O": "other", "A": "other", "U": "unknown"}
NAME_USES: Final = {"L": "official", "D": "usual", "N": "nickname", "M": "maiden", "BAD": "old"}
ALIAS: Final = "nickname"


def patient_in(event: CareEvent) -> dict[str, Any]:
    """The name, birth date, gender and identifiers of the patient that an HL7 v2 fact is about.

    Only what is said is there. Source: HL7 v2-to-FHIR mapping, PID to Patient.
    """
    message = parse(event.text())
    groups = groups_of(message)
    if event.part >= len(groups):
        return {}
    pid, patient = groups[event.part][0], patients_of(message)[event.part]
    said = {
        "name": list(_names(pid)),
        "birthDate": patient.born,
        "gender": GENDERS.get(pid.text(8).upper()),
        "identifier": [
            _identifier(one.system, one.value, verified=patient.verified and one.is_nhs)
            for one in patient.identifiers
        ],
    }
    return {name: value for name, value in said.items() if value}


def _names(pid: Segment) -> Iterator[dict[str, Any]]:
    """PID-5, what the patient likes to be called (XPN-15), and the older aliases (PID-9)."""
    for repeat in pid.repeats(5):
        use = NAME_USES.get(pid.part_of(repeat, 7).upper())
        yield from _name(pid, repeat, use)
        called = pid.part_of(repeat, 15)
        if called:
            yield {"use": ALIAS, "text": called}
    for repeat in pid.repeats(9):
        yield from _name(pid, repeat, ALIAS)


def _name(pid: Segment, repeat: str, use: str | None) -> Iterator[dict[str, Any]]:
    given = [pid.part_of(repeat, component) for component in (2, 3)]
    parts = {
        "family": pid.part_of(repeat, 1),
        "given": [word for word in given if word],
    }
    found = {name: value for name, value in parts.items() if value}
    if found:
        yield {"use": use, **found} if use else found


def _identifier(system: str, value: str, *, verified: bool) -> dict[str, Any]:
    said: dict[str, Any] = {"system": system, "value": value}
    if verified:
        status = {"coding": [{"code": PRESENT_AND_VERIFIED}]}
        said["extension"] = [{"url": VERIFICATION_EXTENSION, "valueCodeableConcept": status}]
    return said
