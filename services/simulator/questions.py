"""What services ask people, and the answers as they are published."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from services.simulator.fhir import EXAMPLE, Resource, fhir_time, organisation_reference
from services.simulator.organisations import Organisation

INTEGRATE = f"{EXAMPLE}/Questionnaire/integrate"
# Source: IntegRATE, implementingthrive.org/integrate: 0 is never, 3 is always.
INTEGRATE_ITEMS = (
    "How often did you have to do or explain something because people did not share information"
    " with each other?",
    "How often were you confused because people gave you conflicting information or advice?",
    "How often did you feel uncomfortable because people did not get along with each other?",
    "How often were you unclear whose job it was to deal with a specific question or concern?",
)
# What more than one service needs to know.
QUESTIONS = {
    "Do you live alone?": ("Yes", "No, with family", "No, with others"),
    "Have you fallen in the last year?": ("No", "Once", "More than once"),
    "Who helps you at home?": ("Nobody", "My daughter", "A carer each morning"),
    "Which medicines do you take?": ("None", "Two tablets a day", "See my list"),
    "How do you get about?": ("On my own", "With a stick", "With a frame"),
    "What worries you most?": ("Falling", "Being alone", "Nothing much"),
}


def assessment(
    response_id: str,
    subject: Resource,
    source: Organisation,
    answers: Mapping[str, str],
    at: datetime,
) -> Resource:
    """What a service asked in its own form."""
    form = f"https://{source.source.lower()}.throughline.example/Questionnaire/assessment"
    places = {question: place for place, question in enumerate(QUESTIONS, 1)}
    items = [
        {"linkId": str(places[question]), "text": question, "answer": [{"valueString": answer}]}
        for question, answer in answers.items()
    ]
    return _response(response_id, subject, source, form, at) | {"item": items}


def integrate(
    response_id: str, subject: Resource, source: Organisation, answers: Iterable[int], at: datetime
) -> Resource:
    """How well somebody found their care to hold together."""
    items = [
        {"linkId": str(place), "text": words, "answer": [{"valueInteger": answer}]}
        for place, (words, answer) in enumerate(zip(INTEGRATE_ITEMS, answers, strict=True), 1)
    ]
    return _response(response_id, subject, source, INTEGRATE, at) | {"item": items}


def _response(
    response_id: str, subject: Resource, source: Organisation, form: str, at: datetime
) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": response_id,
        "questionnaire": form,
        "status": "completed",
        "subject": subject,
        "authored": fhir_time(at),
        "author": organisation_reference(source),
    }
