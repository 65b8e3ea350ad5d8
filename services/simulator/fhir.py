"""The parts that UK Core resources are built of: times, identifiers, references, codes."""

from datetime import datetime
from typing import Any

from schemas.identity import NHS_NUMBER_SYSTEM, VERIFICATION_EXTENSION
from schemas.times import LONDON
from services.simulator.organisations import Organisation, Ward
from services.simulator.people import Person

Resource = dict[str, Any]

EXAMPLE = "https://throughline.example"
WARD_SYSTEM = f"{EXAMPLE}/ward"
SITE_SYSTEM = f"{EXAMPLE}/site"
COHORT_SYSTEM = f"{EXAMPLE}/fhir/CodeSystem/cohort"
DISCHARGE_SYSTEM = f"{EXAMPLE}/fhir/CodeSystem/discharge"
SERVICE_SYSTEM = f"{EXAMPLE}/service"
REFERRAL_SYSTEM = f"{EXAMPLE}/referral"
LSOA_EXTENSION = f"{EXAMPLE}/StructureDefinition/lsoa"
RESIDENCE_EXTENSION = f"{EXAMPLE}/fhir/StructureDefinition/residence"
STAFFED_BEDS_EXTENSION = f"{EXAMPLE}/fhir/StructureDefinition/staffed-beds"
WTE_EXTENSION = f"{EXAMPLE}/fhir/StructureDefinition/whole-time-equivalent"
# R5 has `plannedEndDate`; this is how R4 says it.
PLANNED_END_EXTENSION = (
    "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"
)
DECILE_EXTENSION = f"{EXAMPLE}/StructureDefinition/imd-decile"
ODS_SYSTEM = "https://fhir.nhs.uk/Id/ods-organization-code"
SNOMED = "http://snomed.info/sct"
ACT_CODES = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
UK_CORE = "https://fhir.hl7.org.uk/StructureDefinition"
_CODE_SYSTEMS = "https://fhir.hl7.org.uk/CodeSystem"
_OLD_STATUS = f"{_CODE_SYSTEMS}/UKCore-NHSNumberVerificationStatus"
_NEW_STATUS = f"{_CODE_SYSTEMS}/UKCore-NHSNumberVerificationStatusEngland"


def fhir_time(at: datetime) -> str:
    """A FHIR dateTime or instant: London wall clock with the offset of that moment."""
    return at.astimezone(LONDON).isoformat(timespec="seconds")


def period(start: datetime, end: datetime | None = None) -> Resource:
    """A FHIR Period; without `end` while it goes on."""
    if end is None:
        return {"start": fhir_time(start)}
    return {"start": fhir_time(start), "end": fhir_time(end)}


def coded(system: str, code: str, display: str) -> Resource:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code, "display": display}]}


def organisation_reference(organisation: Organisation) -> Resource:
    """An Organization by its ODS code."""
    return {
        "reference": f"Organization/{organisation.source}",
        "identifier": {"system": ODS_SYSTEM, "value": organisation.source},
        "display": organisation.name,
    }


def patient_reference(patient_id: str, nhs_number: str) -> Resource:
    """A Patient by the source's own id, the NHS number beside it."""
    return {
        "reference": f"Patient/{patient_id}",
        "identifier": {"system": NHS_NUMBER_SYSTEM, "value": nhs_number},
    }


def referral_reference(referral_id: str) -> Resource:
    """A ServiceRequest, by the identifier that every service quotes it by."""
    return {
        "reference": f"ServiceRequest/{referral_id}",
        "identifier": {"system": REFERRAL_SYSTEM, "value": referral_id},
    }


def ward_reference(ward: Ward) -> Resource:
    """A ward's Location by its code."""
    return {
        "reference": f"Location/{ward.code}",
        "display": ward.name,
        "identifier": {"system": WARD_SYSTEM, "value": ward.code},
    }


def local_system(source: str, kind: str) -> str:
    """The identifier system of an organisation's own numbers for one kind of thing."""
    return f"https://{source.lower()}.throughline.example/{kind}"


def nhs_number_identifier(source: Organisation, number: str, *, verified: bool) -> Resource:
    """The NHS number with its verification status, in the old or the new UK Core codes."""
    if source.wraps:
        old = ("01", "Number present and verified"), ("02", "Number present but not traced")
        code, display = old[not verified]
        status = coded(_OLD_STATUS, code, display)
    elif verified:
        status = coded(_NEW_STATUS, "number-present-and-verified", "Number present and verified")
    else:
        status = coded(
            _NEW_STATUS, "number-present-but-not-traced", "Number present but not traced"
        )
    return {
        "extension": [{"url": VERIFICATION_EXTENSION, "valueCodeableConcept": status}],
        "system": NHS_NUMBER_SYSTEM,
        "value": number,
    }


def full_name(person: Person) -> str:
    return f"{person.given} {person.family}"
