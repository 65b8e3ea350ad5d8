"""What services publish beside visits: referrals, plans, teams, letters, About me."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from services.simulator.fhir import (
    REFERRAL_SYSTEM,
    SNOMED,
    Resource,
    coded,
    fhir_time,
    organisation_reference,
    patient_reference,
    period,
    referral_reference,
)
from services.simulator.organisations import Organisation

_FULFIL = coded("http://hl7.org/fhir/CodeSystem/task-code", "fulfill", "Fulfill the focal request")

ABOUT_ME = {
    "What is important to me": (
        "My garden and my morning walk.",
        "Sunday lunch with my grandchildren.",
        "Staying in my own home.",
    ),
    "People who are important to me": ("My sister, who rings each evening.", "My neighbour."),
    "How I communicate and how to communicate with me": (
        "Please face me when you speak; I use a hearing aid on the left.",
        "Short sentences, and time to answer.",
    ),
    "Please do and please don't": (
        "Please knock before you come in.",
        "Please do not move my walking frame.",
    ),
    "How and when to support me": ("Mornings are best.", "Help with buttons and shoes."),
}


def service_request(
    referral_id: str,
    subject: Resource,
    parties: tuple[Organisation, Organisation],
    words: str,
    sent: datetime,
    status: str,
) -> Resource:
    """A referral from the first of `parties` to the second."""
    requester, performer = parties
    return {
        "resourceType": "ServiceRequest",
        "id": referral_id,
        "identifier": [{"system": REFERRAL_SYSTEM, "value": referral_id}],
        "status": status,
        "intent": "order",
        "category": [coded(SNOMED, "3457005", "Patient referral")],
        "priority": "routine",
        "code": {"text": words},
        "subject": subject,
        "authoredOn": fhir_time(sent),
        "requester": organisation_reference(requester),
        "performer": [organisation_reference(performer)],
    }


def task(
    task_id: str,
    subject: Resource,
    referral_id: str,
    parties: tuple[Organisation, Organisation],
    times: tuple[datetime, datetime],
    status: str,
) -> Resource:
    """How far the performer is with a referral. `times`: when received, when last changed."""
    requester, performer = parties
    built: Resource = {
        "resourceType": "Task",
        "id": task_id,
        "basedOn": [referral_reference(referral_id)],
        "status": status,
        "intent": "order",
        "code": _FULFIL,
        "focus": referral_reference(referral_id),
        "for": subject,
        "authoredOn": fhir_time(times[0]),
        "lastModified": fhir_time(times[1]),
        "requester": organisation_reference(requester),
        "owner": organisation_reference(performer),
    }
    if status == "rejected":
        built["statusReason"] = {"text": "No capacity within the time asked for"}
    return built


def care_plan(
    plan_id: str, subject: Resource, author: Organisation, title: str, since: datetime
) -> Resource:
    """A plan of one service, with what it will do."""
    return {
        "resourceType": "CarePlan",
        "id": plan_id,
        "status": "active",
        "intent": "plan",
        "title": title,
        "subject": subject,
        "period": period(since),
        "created": fhir_time(since),
        "author": organisation_reference(author),
        "activity": [
            {
                "detail": {
                    "status": "in-progress",
                    "description": "Review with the person every three months",
                    "performer": [organisation_reference(author)],
                }
            }
        ],
    }


def care_team(
    team_id: str, subject: Resource, members: Sequence[Organisation], since: datetime
) -> Resource:
    """Who is involved; the first of `members` is the named contact."""
    roles = ["Named contact", *["Member"] * (len(members) - 1)]
    return {
        "resourceType": "CareTeam",
        "id": team_id,
        "status": "active",
        "name": "Neighbourhood team",
        "subject": subject,
        "period": period(since),
        "participant": [
            {"role": [{"text": role}], "member": organisation_reference(member)}
            for role, member in zip(roles, members, strict=True)
        ],
        "managingOrganization": [organisation_reference(members[0])],
    }


def communication(
    letter_id: str,
    subject: Resource,
    parties: tuple[Organisation, Organisation],
    visit_id: str,
    sent: datetime,
) -> Resource:
    """A discharge letter from the first of `parties` to the second."""
    sender, recipient = parties
    words = f"Discharged from {sender.name}. Medicines reviewed; please review within two weeks."
    return {
        "resourceType": "Communication",
        "id": letter_id,
        "status": "completed",
        "category": [{"text": "Discharge letter"}],
        "subject": subject,
        "encounter": {"reference": f"Encounter/{visit_id}"},
        "sent": fhir_time(sent),
        "sender": organisation_reference(sender),
        "recipient": [organisation_reference(recipient)],
        "payload": [{"contentString": words}],
    }


def about_me_answers(
    response_id: str, patient_id: str, nhs_number: str, answers: Mapping[str, str], at: datetime
) -> Resource:
    """About me as the person's own answers, under the PRSB headings."""
    subject = patient_reference(patient_id, nhs_number)
    return {
        "resourceType": "QuestionnaireResponse",
        "id": response_id,
        "questionnaire": "https://throughline.example/Questionnaire/about-me",
        "status": "completed",
        "subject": subject,
        "authored": fhir_time(at),
        "source": subject,
        "item": [
            {"linkId": str(number), "text": heading, "answer": [{"valueString": answer}]}
            for number, (heading, answer) in enumerate(answers.items(), 1)
        ],
    }


def about_me_document(
    document_id: str,
    subject: Resource,
    author: Organisation,
    answers: Mapping[str, str],
    at: datetime,
) -> Resource:
    """About me as a document that a service helped to write, one section for each heading."""
    return {
        "resourceType": "Composition",
        "id": document_id,
        "status": "final",
        "type": {"text": "About me"},
        "subject": subject,
        "date": fhir_time(at),
        "author": [organisation_reference(author)],
        "title": "About me",
        "section": [
            {"title": heading, "text": _narrative(answer)} for heading, answer in answers.items()
        ],
    }


def _narrative(words: str) -> Resource:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{words}</p></div>'
    return {"status": "additional", "div": div}
