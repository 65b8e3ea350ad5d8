"""What each resource type is called on a timeline: one table."""

from collections.abc import Callable
from typing import Any, NamedTuple

Resource = dict[str, Any]


class Words(NamedTuple):
    """`kind` is what a timeline is filtered by, `name` the title where `title` finds none."""

    kind: str
    name: str
    title: Callable[[Resource], str | None]


def concept_text(concept: object) -> str | None:
    """The words of a CodeableConcept: its text, else the first display, else the first code."""
    if not isinstance(concept, dict):
        return None
    if concept.get("text"):
        return str(concept["text"])
    coding = concept.get("coding")
    codings = [c for c in coding if isinstance(c, dict)] if isinstance(coding, list) else []
    for part in ("display", "code"):
        for coding in codings:
            if coding.get(part):
                return str(coding[part])
    return None


def place_text(location: Resource) -> str | None:
    """The name of an Encounter.location: display, else identifier, else reference."""
    reference = location.get("location") or {}
    identifier = reference.get("identifier") or {}
    words = reference.get("display") or identifier.get("value") or reference.get("reference")
    return str(words) if words else None


def _of(*names: str) -> Callable[[Resource], str | None]:
    """Reads a title from the first of the elements that has one."""

    def title(resource: Resource) -> str | None:
        for name in names:
            value = resource.get(name)
            value = value[0] if isinstance(value, list) and value else value
            words = value if isinstance(value, str) else concept_text(value)
            if words:
                return words
        return None

    return title


def _plain(_: Resource) -> None:
    return None


OF_TYPE: dict[str, Words] = {
    "Patient": Words("person", "Personal details recorded", _plain),
    "RelatedPerson": Words("person", "Important person recorded", _of("relationship")),
    "EpisodeOfCare": Words("contact", "Episode of care", _of("type")),
    "ServiceRequest": Words("referral", "Referral", _of("code", "category")),
    "Task": Words("referral", "Task", _of("code", "description")),
    "Appointment": Words("appointment", "Appointment", _of("serviceType", "description")),
    "CarePlan": Words("plan", "Care plan", _of("title", "description", "category")),
    "CareTeam": Words("team", "Care team", _of("name", "category")),
    "Goal": Words("plan", "Goal", _of("description")),
    "Condition": Words("condition", "Condition", _of("code")),
    "AllergyIntolerance": Words("alert", "Allergy", _of("code")),
    "Flag": Words("alert", "Alert", _of("code")),
    "Observation": Words("observation", "Observation", _of("code")),
    "Procedure": Words("procedure", "Procedure", _of("code")),
    "Communication": Words("contact", "Message", _of("topic", "category")),
    "QuestionnaireResponse": Words("form", "Questions asked and answered", _plain),
    "DocumentReference": Words("document", "Document", _of("description", "type")),
    "Composition": Words("document", "Document", _of("title", "type")),
    "Consent": Words("consent", "Consent", _of("category")),
    "Immunization": Words("procedure", "Vaccination", _of("vaccineCode")),
    "MedicationRequest": Words("medication", "Medicine", _of("medicationCodeableConcept")),
    "MedicationStatement": Words("medication", "Medicine", _of("medicationCodeableConcept")),
    "DiagnosticReport": Words("document", "Report", _of("code")),
}
