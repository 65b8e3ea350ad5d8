"""Messages of every event, and what they carry: notifications, referrals, bookings, documents."""

from typing import Any

import pytest

from schemas.events import CareEvent
from schemas.fhir.references import named
from tests.builders import bundle, encounter, events_of, message_header, patient, received

Json = dict[str, Any]

BARS = "https://fhir.nhs.uk/CodeSystem/message-events-bars"
DA_VINCI = "http://hl7.org/fhir/us/davinci-alerts/CodeSystem/notification-event"
URN = "urn:uuid:236bb75d-90ef-461f-b71e-fde7f899802c"
PERSON = {"reference": "Patient/p1"}


def message(event: Json, focus: Json, *others: Json, **elements: Any) -> Json:
    """A message about its focus, which others name by the urn of its entry."""
    header = message_header(focus=[{"reference": URN}], **elements)
    del header["eventCoding"]
    made = bundle("message", {**header, **event}, focus, *others)
    made["entry"][1]["fullUrl"] = URN
    return made


def referral(**elements: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "subject": PERSON,
        **elements,
    }


def booking(**elements: Any) -> Json:
    taking_part = [{"actor": PERSON, "status": "accepted"}]
    return {"resourceType": "Appointment", "id": "a1", "participant": taking_part, **elements}


def of_kind(events: list[CareEvent], kind: str) -> CareEvent:
    (found,) = [event for event in events if event.kind == kind]
    return found


EVENTS: list[tuple[Json, Json]] = [
    *(
        ({"eventCoding": {"system": DA_VINCI, "code": f"notification-{what}"}}, encounter())
        for what in ("admit", "discharge", "transfer")
    ),
    *(
        ({"eventCoding": {"system": BARS, "code": f"servicerequest-{part}"}}, referral())
        for part in ("request", "response")
    ),
    *(
        (
            {"eventCoding": {"system": BARS, "code": f"booking-{part}"}},
            booking(status="booked"),
        )
        for part in ("request", "response")
    ),
    ({"eventUri": "https://example.nhs.uk/message/anything"}, encounter()),
]


@pytest.mark.parametrize(("event", "focus"), EVENTS)
def test_a_message_keeps_its_event_and_what_it_is_about(event: Json, focus: Json) -> None:
    events = events_of(message(event, focus, patient()))
    assert [one.kind for one in events] == ["MessageHeader", focus["resourceType"], "Patient"]
    header, about, _ = events
    said = header.parsed()
    assert {name: said[name] for name in event} == event
    focused = said["focus"]
    assert isinstance(focused, list)
    assert named(focused[0], said, header).thread == about.thread
    assert about.subject == "RX1/Patient/p1"


def test_a_referral_that_is_sent_changed_and_cancelled_is_one_thing_in_three_states() -> None:
    request = {"eventCoding": {"system": BARS, "code": "servicerequest-request"}}
    states = [
        ("new", "active", "2026-02-01"),
        ("update", "active", "2026-02-02"),
        ("update", "revoked", "2026-02-03"),
    ]
    facts = [
        of_kind(
            events_of(
                message(
                    request,
                    referral(status=status, meta={"lastUpdated": f"{day}T09:00:00Z"}),
                    patient(),
                    id=f"m{number}",
                    reason={"coding": [{"code": reason}]},
                )
            ),
            "ServiceRequest",
        )
        for number, (reason, status, day) in enumerate(states)
    ]
    assert {fact.thread for fact in facts} == {"RX1|ServiceRequest/r1"}
    assert [fact.version for fact in facts] == sorted(fact.version for fact in facts)
    assert facts[-1].parsed()["status"] == "revoked"


def test_every_fact_of_a_message_has_the_key_that_its_sender_gave_it() -> None:
    made = message({"eventUri": "urn:x"}, encounter(), id="m7")
    assert {event.message_id for event in events_of(made)} == {"m7"}
    del made["entry"][0]["resource"]["id"]
    assert {event.message_id for event in events_of(made)} == {received(made).message_id}


def document(*others: Json) -> Json:
    composition = {
        "resourceType": "Composition",
        "id": "c1",
        "status": "final",
        "type": {"text": "Discharge summary"},
        "subject": {"reference": URN},
        "date": "2026-02-01",
        "author": [{"display": "Ward 5"}],
        "title": "Discharge summary",
    }
    identified = {"identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}}
    made = bundle("document", composition, *others, **identified, timestamp="2026-02-01T10:00:00Z")
    made["entry"][-1]["fullUrl"] = URN
    return made


def test_a_document_within_a_message_is_the_facts_in_it() -> None:
    made = message({"eventUri": "urn:x"}, document(patient(id="p9")), patient())
    events = events_of(made)
    assert [event.kind for event in events] == [
        "MessageHeader",
        "Composition",
        "Patient",
        "Patient",
    ]
    assert of_kind(events, "Composition").subject == "RX1/Patient/p9"
    assert of_kind(events, "Composition").parsed()["title"] == "Discharge summary"


def test_a_refusal_within_a_bundle_within_a_message_has_its_whole_path() -> None:
    patch = {"request": {"method": "PATCH", "url": "Encounter/e1"}, "resource": encounter()}
    inner = {"resourceType": "Bundle", "type": "batch", "entry": [patch]}
    with pytest.raises(Exception) as caught:  # noqa: PT011 (its problems are looked at)
        events_of(message({"eventUri": "urn:x"}, inner))
    (problem,) = caught.value.problems  # type: ignore[attr-defined]
    assert problem.path == "Bundle.entry[1].resource.entry[0].request.method"
