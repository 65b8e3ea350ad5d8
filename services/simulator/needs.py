"""What services say of who somebody is to care: conditions, flags, registers, the way out."""

from collections.abc import Iterable
from datetime import date, datetime

from services.simulator.fhir import (
    COHORT_SYSTEM,
    DISCHARGE_SYSTEM,
    SNOMED,
    Resource,
    coded,
    fhir_time,
    organisation_reference,
    period,
)
from services.simulator.organisations import Organisation
from services.simulator.visits import Visit

_TERMS = "http://terminology.hl7.org/CodeSystem"

_PROBLEM = coded(f"{_TERMS}/condition-category", "problem-list-item", "Problem List Item")

# cohort: SNOMED CT concept and term; a cohort that only a Flag tells of has no concept
CONDITIONS = {
    "frailty": ("248279007", "Frailty"),
    "end-of-life": ("162608008", "Terminal illness - late stage"),
    "dementia": ("52448006", "Dementia"),
    "learning-disability": ("110359009", "Intellectual disability"),
    "serious-mental-illness": ("391193001", "On severe mental illness register"),
    "copd": ("13645005", "Chronic obstructive pulmonary disease"),
    "diabetes": ("73211009", "Diabetes mellitus"),
    "heart-failure": ("84114007", "Heart failure"),
}
FLAGS = {
    "frailty": "Lives with frailty: comprehensive assessment before any move",
    "learning-disability": "Reasonable adjustment: longer appointments, easy read letters",
    "high-intensity-use": "Uses urgent care often: personal plan in place",
    "care-home": "Lives in a care home",
    "end-of-life": "End of life: advance care plan in place",
}


def condition(
    condition_id: str, subject: Resource, cohort: str, onset: date, recorded: datetime
) -> Resource:
    """A Condition that makes someone a member of a cohort since `onset`."""
    concept = coded(SNOMED, *CONDITIONS[cohort])
    concept["coding"].append({"system": COHORT_SYSTEM, "code": cohort})
    return {
        "resourceType": "Condition",
        "id": condition_id,
        "clinicalStatus": coded(f"{_TERMS}/condition-clinical", "active", "Active"),
        "verificationStatus": coded(f"{_TERMS}/condition-ver-status", "confirmed", "Confirmed"),
        "category": [_PROBLEM],
        "code": concept,
        "subject": subject,
        "onsetDateTime": onset.isoformat(),
        "recordedDate": fhir_time(recorded),
    }


def flag(
    flag_id: str, subject: Resource, cohort: str, author: Organisation, since: datetime
) -> Resource:
    """A Flag: what everybody should know before they act."""
    return {
        "resourceType": "Flag",
        "id": flag_id,
        "status": "active",
        "category": [coded(f"{_TERMS}/flag-category", "clinical", "Clinical")],
        "code": {"coding": [{"system": COHORT_SYSTEM, "code": cohort}], "text": FLAGS[cohort]},
        "subject": subject,
        "period": period(since),
        "author": organisation_reference(author),
    }


def discharge_flag(
    flag_id: str,
    subject: Resource,
    visit: Visit,
    code: str,
    times: tuple[datetime, datetime | None],
    status: str,
) -> Resource:
    """A Flag about one stay: ready to leave, where to, or what it waits for."""
    return {
        "resourceType": "Flag",
        "id": flag_id,
        "status": status,
        "category": [coded(f"{_TERMS}/flag-category", "admin", "Administrative")],
        "code": coded(DISCHARGE_SYSTEM, code, code.replace("-", " ").capitalize()),
        "subject": subject,
        "period": period(*times),
        "encounter": {"reference": f"Encounter/{visit.visit}"},
        "author": organisation_reference(visit.source),
    }


def register(
    group_id: str,
    keeper: Organisation,
    cohort: str,
    members: Iterable[tuple[Resource, date, date | None]],
) -> Resource:
    """A Group: the register of a target group that one service keeps, with everybody on it."""
    return {
        "resourceType": "Group",
        "id": group_id,
        "active": True,
        "type": "person",
        "actual": True,
        "code": {"coding": [{"system": COHORT_SYSTEM, "code": cohort}]},
        "name": f"Register: {cohort.replace('-', ' ')}",
        "managingEntity": organisation_reference(keeper),
        "member": [
            {"entity": person, "period": _days(since, until)} for person, since, until in members
        ],
    }


def _days(since: date, until: date | None) -> Resource:
    end = {"end": until.isoformat()} if until else {}
    return {"start": since.isoformat()} | end
