"""The resource types that are checked in full."""

from typing import Final

# The commonest first: a resource is looked for in this order.
SUPPORTED: Final[tuple[str, ...]] = (
    "Encounter",
    "Patient",
    "Bundle",
    "MessageHeader",
    "ServiceRequest",
    "Task",
    "Location",
    "Organization",
    "Practitioner",
    "PractitionerRole",
    "Observation",
    "Condition",
    "Appointment",
    "RelatedPerson",
    "EpisodeOfCare",
    "CarePlan",
    "CareTeam",
    "Goal",
    "Flag",
    "AllergyIntolerance",
    "Procedure",
    "Communication",
    "HealthcareService",
    "QuestionnaireResponse",
    "Questionnaire",
    "DocumentReference",
    "Composition",
    "Consent",
    "Group",
    "List",
    "OperationOutcome",
)
