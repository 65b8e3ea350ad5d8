"""Every example message is read as events or refused with its reasons: nothing else happens."""

from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import orjson
import pytest

from schemas.errors import Reason, Reject
from schemas.events import CareEvent, decode, encode
from schemas.hl7v2 import characters_of
from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType
from streams.flow.bed_days import nights_of
from streams.flow.encounter import visit_fact
from streams.flow.stay import stay_of
from streams.intake.read import Limits, read
from streams.story.about_me import versions
from streams.story.alerts import alerts_of
from streams.story.asked import asked_of
from streams.story.care_team import care_team_of
from streams.story.documents import documents_of
from streams.story.fact import Fact, fact_of
from streams.story.plans import plans_of
from streams.timeline.entries import entries_of
from streams.traits.read import traits_of

EXAMPLES = Path(__file__).parents[3] / "shared" / "examples"
RECEIVED = datetime(2030, 1, 1, tzinfo=UTC)
LIMITS = Limits(max_bytes=50_000_000, max_depth=64)

pytestmark = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the example messages are not at ../shared/examples"
)

Outcome = list[CareEvent] | Reject


def outcome_of(path: Path) -> Outcome:
    kind = ContentType.HL7V2 if path.suffix == ".hl7" else ContentType.FHIR
    body = path.read_bytes()
    message = Inbound(body, path.parent.name, "unknown", kind, content_id(body), RECEIVED)
    try:
        return read(message, LIMITS)
    except Reject as refused:
        return refused


@cache
def outcomes() -> dict[str, Outcome]:
    """What each file is read as, by its path below the examples."""
    files = [path for path in sorted(EXAMPLES.rglob("*")) if path.suffix in {".json", ".hl7"}]
    return {path.relative_to(EXAMPLES).as_posix(): outcome_of(path) for path in files}


def of(folder: str) -> dict[str, Outcome]:
    return {name: found for name, found in outcomes().items() if name.startswith(f"{folder}/")}


def accepted(folder: str) -> list[list[CareEvent]]:
    return [found for found in of(folder).values() if isinstance(found, list)]


def reasons(folder: str) -> Counter[str]:
    """How many files are refused for each reason, and how many are read."""
    return Counter(
        found.reason if isinstance(found, Reject) else "read" for found in of(folder).values()
    )


def test_every_example_gives_events_or_problems_in_words() -> None:
    assert len(outcomes()) > 600
    for name, found in outcomes().items():
        if isinstance(found, Reject):
            assert found.problems, name
            assert all(problem.text for problem in found.problems), name
        else:
            assert found, name


def test_every_event_of_an_example_can_be_worked_with_to_the_end() -> None:
    for found in outcomes().values():
        for event in found if isinstance(found, list) else []:
            assert decode(encode(event)) == event
            assert entries_of(event)
            assert orjson.dumps([trait.said for trait in traits_of(event)])
            if event.kind == "Encounter":
                nights_of(stay_of([visit_fact(event, 0)]))


def test_every_event_keeps_the_bytes_of_its_resource() -> None:
    for name, found in outcomes().items():
        body = (EXAMPLES / name).read_bytes()
        for event in found if isinstance(found, list) else []:
            if event.is_hl7v2:
                assert event.text() in characters_of(body).text
            else:
                assert event.deleted or bytes(event.resource) in body


def test_every_hl7_v2_file_is_read() -> None:
    found = {name: one for name, one in outcomes().items() if name.endswith(".hl7")}
    assert len(found) == 93
    assert [name for name, one in found.items() if isinstance(one, Reject)] == []


@pytest.mark.parametrize(("folder", "messages"), [("davinci-alerts", 6), ("synthea-r4", 8)])
def test_every_message_of_a_known_good_set_is_read_and_names_its_people(
    folder: str, messages: int
) -> None:
    assert reasons(folder) == {"read": messages}
    for events in accepted(folder):
        about = [event for event in events if event.kind in ("Patient", "Encounter", "Condition")]
        assert all(event.subject for event in about)
    assert sum(any(event.subject for event in events) for events in accepted(folder)) >= 6


# Files that are no valid FHIR R4, each with the first of its problems: refusing them is right.
INVALID = {
    "bars-api/1.1.0-appointment_GET-success.json": "Bundle.entry[0].resource.meta.lastUpdated",
    "bars-api/1.3.0-HealthcareService_success_HealthcareService_Atomic.json": (
        "HealthcareService.endpoint"
    ),
    "bars-api/1.3.0-HealthcareService_success_bundle.json": "Bundle.meta.type",
    "bars-api/1.4.0-HealthcareService_post_HealthcareService_Atomic.json": (
        "HealthcareService.providedBy"
    ),
    "bars-api/1.4.0-HealthcareService_success_HealthcareService_Atomic.json": (
        "HealthcareService.providedBy"
    ),
    "bars-api/1.4.0-HealthcareService_success_bundle.json": "Bundle.entry[0].resource.providedBy",
    "bars-api/1.4.0-OperationOutcome_REC_500-REC_SERVER_ERROR-too_costly.json": (
        "OperationOutcome.issue[0].code"
    ),
    "bars-api/1.4.0-document_reference_POST-body.json": "DocumentReference.content",
    "bars-api/1.4.0-document_reference_POST-success.json": "DocumentReference.content",
    "bars-api/1.4.0-document_reference_id_GET-success.json": "DocumentReference.id",
    "bars-api/1.4.0-document_reference_id_PUT-body.json": "DocumentReference.id",
    "bars-api/1.4.0-invalid-base64.json": "OperationOutcome.issue[0].code",
    "bars-api/1.4.0-process_message_POST-success.json": (
        "Bundle.entry[1].resource.participant[0].status"
    ),
    "bars-api/1.4.0-service_request_GET-success.json": "Bundle.entry[0].resourceType",
    "bars-api/1.4.0-service_request_PUT-body.json": "ServiceRequest.basedOn",
    "bars-api/1.4.0-unavailable.json": "OperationOutcome.issue[0].code",
    "bars-api/cur-document_reference_GET-success-empty.json": "Bundle.entry",
    "ers-api/PractitionerBundle.json": "Bundle.entry[0].resource.identifier",
    "hl7-fhir-r4-core/Questionnaire-qs1.json": "Questionnaire.item[0].item[0].linkId",
    "hl7v2-microsoft-expected-fhir/ADT04-23-expected.json": (
        "Bundle.entry[4].resource.telecom[0].use"
    ),
    "pds-api/Personal_Details_RelatedPersonBundle.json": "Bundle.entry[0].resource.patient",
    "pds-api/valid_patient_post_response.json": "Patient.id",
    "virtually-healthcare/FHIRDocument-DischargeReport.json": "Bundle.entry[0].resource.author",
}
# Bundles of which nothing tells of an event: searches that found nothing, requests to read.
EMPTY = {
    "ers-api/ResponseExampleEmpty.json",
    "ers-api/searchServiceWithEmptyResponse.json",
    "hl7-fhir-r4-core/Bundle-bundle-request-medsallergies.json",
    "hl7-fhir-r4-core/Bundle-bundle-request-simplesummary.json",
    "hl7-fhir-r4-core/Bundle-bundle-search-warning.json",
}


def test_every_file_that_is_refused_is_refused_rightly() -> None:
    refused = {name: found for name, found in outcomes().items() if isinstance(found, Reject)}
    by_reason = {
        reason: {name for name, found in refused.items() if found.reason == reason}
        for reason in (Reason.INVALID, Reason.EMPTY_BUNDLE, Reason.ANSWER_BUNDLE)
    }
    assert by_reason[Reason.INVALID] == INVALID.keys()
    assert {name: refused[name].problems[0].path for name in INVALID} == INVALID
    assert by_reason[Reason.EMPTY_BUNDLE] == EMPTY
    assert all(answers(EXAMPLES / name) for name in by_reason[Reason.ANSWER_BUNDLE])
    assert refused.keys() == set().union(*by_reason.values())


def test_every_fhir_file_that_tells_of_something_is_taken() -> None:
    refused = {name for name, found in outcomes().items() if isinstance(found, Reject)}
    tells = {
        name
        for name in outcomes()
        if name.endswith(".json") and name not in INVALID and not answers(EXAMPLES / name)
    }
    assert len(tells) > 400
    assert tells & refused == EMPTY


def answers(path: Path) -> bool:
    """True for what answers a request: the responses to a transaction or a batch."""
    return orjson.loads(path.read_bytes()).get("type") in ("batch-response", "transaction-response")


def test_message_bundles_that_are_read_name_people() -> None:
    read_messages = [
        found
        for name, found in of("bars-api").items()
        if isinstance(found, list) and is_message(EXAMPLES / name)
    ]
    assert read_messages
    for events in read_messages:
        assert events[0].kind == "MessageHeader"
        assert any(event.subject for event in events)


def stories() -> dict[str, list[Fact]]:
    """The facts of each person that an example names, by identity."""
    found: dict[str, list[Fact]] = {}
    for events in outcomes().values():
        for event in events if isinstance(events, list) else []:
            if event.subject:
                found.setdefault(event.subject, []).append(fact_of(event))
    return found


def test_everybodys_story_can_be_read() -> None:
    for facts in stories().values():
        every = [fact.event.id for fact in facts]
        team = care_team_of(facts, {}, RECEIVED, every)
        assert (team.named_contact is None) == (not team.members)
        assert all(question.answers for question in asked_of(facts))
        assert all(alert.words for alert in alerts_of(facts, RECEIVED))
        assert all(plan.title for plan in plans_of(facts, RECEIVED).plans)
        assert all(document.title for document in documents_of(facts))
        assert all(about.said for about in versions(facts))


def test_what_published_examples_say_of_a_person_is_found() -> None:
    found = stories()
    then = datetime(2015, 6, 1, tzinfo=UTC)
    team = care_team_of(found["hl7-fhir-r4-core/Patient/example"], {}, then)
    assert team.named_contact is not None
    assert (team.named_contact.name, team.named_contact.reason) == (
        "Amanda Assigned",
        "manages-episode",
    )
    needs = alerts_of(found["pds-api/Patient/9000000009"], RECEIVED)
    assert ("Speaks French", "needs an interpreter") in [(n.words, n.detail) for n in needs]
    answers = asked_of(found["virtually-healthcare/Patient/9449304424"])
    assert [(q.words, q.answers[0].words) for q in answers] == [("Interpreter Required", "yes")]


def is_message(path: Path) -> bool:
    made = orjson.loads(path.read_bytes())
    return isinstance(made, dict) and made.get("type") == "message"
