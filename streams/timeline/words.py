"""What each resource type says on a timeline: one table."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from streams.timeline.reads import (
    NOBODY,
    Naming,
    Read,
    every,
    first,
    labelled,
    members,
    nothing,
    places,
    somebody,
    staff,
    together,
    value,
)

# Where a type has its author, requester or performer; the likeliest to have written it first.
WRITERS = somebody(
    "author", "requester", "performer", "recorder", "asserter", "sender", "performer.actor"
)


class Words(NamedTuple):
    """How a type is told. `kind` is what a timeline is filtered by.

    The title is what the source calls the thing, `name` where it calls it nothing. Where `states`
    has words for the status, those are the title, and what the source calls it begins the detail.
    """

    kind: str
    name: str
    title: Read = nothing
    detail: Read = nothing
    author: Naming = WRITERS
    place: Naming = NOBODY
    states: Mapping[str, str] = MappingProxyType({})


APPOINTMENT = {
    "proposed": "Appointment proposed",
    "pending": "Appointment requested",
    "booked": "Appointment booked",
    "arrived": "Arrived for an appointment",
    "checked-in": "Checked in for an appointment",
    "fulfilled": "Appointment attended",
    "cancelled": "Appointment cancelled",
    "noshow": "Did not attend an appointment",
    "waitlist": "On a waiting list for an appointment",
}
REFERRAL = {
    "draft": "Referral drafted",
    "on-hold": "Referral on hold",
    "revoked": "Referral withdrawn",
    "completed": "Referral completed",
}
TASK = {
    "rejected": "Task rejected",
    "cancelled": "Task cancelled",
    "failed": "Task failed",
    "completed": "Task completed",
}
MEDICINE = {
    "stopped": "Medicine stopped",
    "on-hold": "Medicine on hold",
    "cancelled": "Medicine cancelled",
    "not-taken": "Medicine not taken",
    "not-done": "Medicine not given",
}
MEDICINE_NAME = first("medicationCodeableConcept", "medicationReference")


def _death(resource: dict[str, object]) -> str | None:
    died = resource.get("deceasedBoolean") is True or resource.get("deceasedDateTime")
    return "Death recorded" if died else None


# What a person says of themselves, in whichever type it comes.
ABOUT_ME = Words("about-me", "About me", author=somebody("author", "source"))
OF_TYPE: dict[str, Words] = {
    # Who the person is, and who is there for them.
    "Patient": Words("person", "Personal details recorded", _death, every("deceasedDateTime")),
    "RelatedPerson": Words(
        "person", "Important person recorded", first("relationship"), first("name")
    ),
    "CareTeam": Words(
        "team",
        "Care team",
        first("name", "category"),
        members("participant", "member", "role"),
        somebody("managingOrganization"),
    ),
    "EpisodeOfCare": Words(
        "contact",
        "Episode of care",
        first("type"),
        labelled("managed by", somebody("careManager")),
        somebody("managingOrganization"),
    ),
    "Consent": Words("consent", "Consent", first("category"), every("provision.type"), WRITERS),
    "Flag": Words("alert", "Alert", first("code"), every("category")),
    "AllergyIntolerance": Words(
        "alert",
        "Allergy",
        first("code"),
        together(every("reaction.manifestation"), labelled("criticality", first("criticality"))),
    ),
    "DetectedIssue": Words("alert", "Issue", first("code"), first("detail")),
    # Asked of services, and what became of it.
    "ServiceRequest": Words(
        "referral",
        "Referral",
        first("code", "category"),
        together(labelled("to", somebody("performer")), every("reasonCode", "reasonReference")),
        somebody("requester"),
        states=REFERRAL,
    ),
    "Task": Words(
        "referral",
        "Task",
        first("code", "description"),
        together(
            first("businessStatus"), first("statusReason"), labelled("with", somebody("owner"))
        ),
        somebody("requester"),
        states=TASK,
    ),
    "RequestGroup": Words("plan", "Requests", first("code"), every("action.title")),
    "Appointment": Words(
        "appointment",
        "Appointment",
        first("serviceType", "specialty", "appointmentType", "description", "reasonCode"),
        together(first("cancelationReason"), every("reasonCode")),
        staff("participant.actor"),
        places("participant.actor"),
        APPOINTMENT,
    ),
    "AppointmentResponse": Words(
        "appointment",
        "Answer to an appointment",
        nothing,
        together(first("participantStatus"), first("comment")),
        somebody("actor"),
    ),
    "Communication": Words(
        "contact",
        "Message",
        first("topic", "category", "reasonCode"),
        together(value("payload", "content"), first("statusReason")),
        somebody("sender"),
        states={"not-done": "Message not sent"},
    ),
    "CommunicationRequest": Words(
        "contact", "Message asked for", first("category", "reasonCode"), value("payload", "content")
    ),
    # Plans.
    "CarePlan": Words(
        "plan",
        "Care plan",
        first("title", "category", "description"),
        every("description", "activity.detail.description", "activity.detail.code"),
        somebody("author", "contributor"),
    ),
    "Goal": Words(
        "plan",
        "Goal",
        first("description"),
        together(first("achievementStatus"), labelled("by", value(prefix="due"))),
        somebody("expressedBy"),
    ),
    "NutritionOrder": Words("plan", "Diet", first("oralDiet.type"), author=somebody("orderer")),
    # What was found.
    "Condition": Words(
        "condition",
        "Condition",
        first("code"),
        together(first("clinicalStatus"), first("severity"), every("bodySite")),
    ),
    "FamilyMemberHistory": Words(
        "condition", "Family history", first("relationship"), every("condition.code")
    ),
    "ClinicalImpression": Words(
        "observation",
        "Assessment",
        first("description", "code"),
        first("summary"),
        somebody("assessor"),
    ),
    "RiskAssessment": Words(
        "observation",
        "Risk assessment",
        first("code", "method"),
        together(every("prediction.outcome", "prediction.qualitativeRisk"), first("mitigation")),
    ),
    "Observation": Words(
        "observation",
        "Observation",
        first("code"),
        together(value(), value("component"), first("dataAbsentReason"), first("interpretation")),
        states={"cancelled": "Observation cancelled"},
    ),
    "DiagnosticReport": Words(
        "document",
        "Report",
        first("code"),
        together(first("conclusion"), every("conclusionCode")),
        somebody("resultsInterpreter", "performer"),
    ),
    "ImagingStudy": Words(
        "observation", "Imaging study", first("description", "procedureCode"), every("modality")
    ),
    # What was done.
    "Procedure": Words(
        "procedure",
        "Procedure",
        first("code"),
        together(every("bodySite"), first("outcome"), first("statusReason")),
        somebody("performer.actor", "asserter", "recorder"),
        somebody("location"),
        {"not-done": "Procedure not done"},
    ),
    "Immunization": Words(
        "procedure",
        "Vaccination",
        first("vaccineCode"),
        first("statusReason"),
        somebody("performer.actor"),
        somebody("location"),
        {"not-done": "Vaccination not given"},
    ),
    "MedicationRequest": Words(
        "medication", "Medicine", MEDICINE_NAME, every("dosageInstruction.text"), states=MEDICINE
    ),
    "MedicationStatement": Words(
        "medication",
        "Medicine",
        MEDICINE_NAME,
        every("dosage.text"),
        somebody("informationSource"),
        states=MEDICINE,
    ),
    "MedicationDispense": Words(
        "medication",
        "Medicine",
        MEDICINE_NAME,
        every("dosageInstruction.text"),
        place=somebody("location"),
        states={**MEDICINE, "completed": "Medicine dispensed"},
    ),
    "MedicationAdministration": Words(
        "medication",
        "Medicine",
        MEDICINE_NAME,
        first("dosage.text", "statusReason"),
        states={**MEDICINE, "completed": "Medicine given"},
    ),
    "DeviceUseStatement": Words(
        "procedure", "Equipment in use", first("device"), first("reasonCode")
    ),
    "DeviceRequest": Words(
        "referral", "Equipment asked for", first("codeCodeableConcept"), every("reasonCode")
    ),
    # Written and told.
    "QuestionnaireResponse": Words(
        "form",
        "Questions asked and answered",
        first("_questionnaire.extension.valueString"),
        author=somebody("author", "source"),
    ),
    "DocumentReference": Words(
        "document",
        "Document",
        first("description", "type", "content.attachment.title"),
        together(every("category"), first("type")),
        somebody("author", "authenticator", "custodian"),
        states={},
    ),
    "Composition": Words(
        "document",
        "Document",
        first("title", "type"),
        every("section.title"),
        somebody("author", "custodian"),
    ),
}
