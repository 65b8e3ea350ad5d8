"""The one Patient of a person, made of what all of their sources say. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from schemas.identity import NHS_NUMBER_SYSTEM, is_nhs_number, is_verified
from services.fhir.ids import content_version
from services.fhir.resource import instant
from services.record.patients import DAY_UNKNOWN, NAME_USES, Details

Resource = dict[str, Any]

# Of these the latest that is said counts; all of the others there are, each once.
_LATEST: Final = (
    "gender",
    "birthDate",
    "maritalStatus",
    "generalPractitioner",
    "managingOrganization",
    "extension",
)
_UNITED: Final = ("identifier", "name", "telecom", "address", "communication", "contact")
SUBSETTED: Final = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}


class Said(NamedTuple):
    """What one source says of who the person is; `link`: where its own Patient is read, if any."""

    patient: Resource
    recorded: datetime
    link: str | None = None


def merged(person: UUID, said: Iterable[Said], details: Details) -> Resource:
    """The Patient, the latest written going first; it links to the Patients of the sources.

    `details`: who the person is as everybody who may look is told, where `said` does not say.
    """
    latest = sorted(said, key=lambda one: (one.recorded, one.link or ""), reverse=True)
    patients = [one.patient for one in latest]
    resource = {
        **_named_only(details),
        **{name: united for name in _UNITED if (united := _united(patients, name))},
        **{name: found for name in _LATEST if (found := _first(patients, name)) is not None},
        **_died(details),
    }
    links = sorted(one.link for one in latest if one.link)
    if links:
        resource["link"] = [{"other": {"reference": to}, "type": "seealso"} for to in links]
    return _as_patient(person, resource, latest[0].recorded if latest else None)


def summary(person: UUID, details: Details) -> Resource:
    """As much of a Patient as a search tells everybody who gives care, marked as a part of it."""
    return _as_patient(person, {**_named_only(details), **_died(details)}, None, tag=[SUBSETTED])


def _as_patient(
    person: UUID, elements: Resource, recorded: datetime | None, **meta: object
) -> Resource:
    resource = {"resourceType": "Patient", "id": str(person), **elements}
    updated = {"lastUpdated": instant(recorded)} if recorded else {}
    return {
        "resourceType": "Patient",
        "id": str(person),
        "meta": {"versionId": content_version(resource), **updated, **meta},
        **elements,
    }


def _named_only(details: Details) -> Resource:
    number = details.nhs_number
    said: Resource = {
        "identifier": [{"system": NHS_NUMBER_SYSTEM, "value": number}] if number else None,
        "name": [{"text": details.name}] if details.name else None,
        "gender": details.sex,
        "birthDate": details.birth_date,
    }
    return {name: value for name, value in said.items() if value}


def _died(details: Details) -> Resource:
    if not details.died:
        return {}
    if details.died == DAY_UNKNOWN:
        return {"deceasedBoolean": True}
    return {"deceasedDateTime": details.died}


def _first(patients: Sequence[Resource], name: str) -> object:
    return next((patient[name] for patient in patients if patient.get(name)), None)


def _united(patients: Sequence[Resource], name: str) -> list[Resource]:
    """Every different value; verified NHS numbers and current names first."""
    found: list[Resource] = []
    for patient in patients:
        found += [one for one in patient.get(name, ()) if one not in found]
    if name == "identifier":
        return sorted(_identified(found), key=_is_not_proven)
    return sorted(found, key=_use) if name == "name" else found


def _identified(found: Iterable[Resource]) -> list[Resource]:
    """Each identifier once: of two that say the same number the one that is verified."""
    once: dict[tuple[object, object], Resource] = {}
    for one in sorted(found, key=_is_not_proven):
        once.setdefault((one.get("system"), one.get("value")), one)
    return list(once.values())


def _is_not_proven(identifier: Resource) -> tuple[bool, bool]:
    is_number = identifier.get("system") == NHS_NUMBER_SYSTEM
    return (
        not (is_number and is_nhs_number(str(identifier.get("value", "")))),
        not is_verified(identifier),
    )


def _use(name: Resource) -> int:
    use = name.get("use")
    return NAME_USES.index(use) if use in NAME_USES else len(NAME_USES)
