"""Every status of both sides, alone and together, and what a referral is then."""

from typing import Any

import pytest

from streams.referrals.facts import Party
from streams.referrals.referral import Status
from tests.builders import delete, events_of, history
from tests.unit.referrals.made import (
    OF_V2,
    SENDER,
    appointment,
    at,
    call,
    folded,
    message,
    one,
    receiver,
    ref,
    request,
    sender,
    siu,
    task,
    visit,
)

TRUST, TEAM = Party("RX1", "Sending Trust"), Party("RY2", "Falls team")


@pytest.mark.parametrize(
    ("said", "status", "owner"),
    [
        ("draft", Status.DRAFT, TRUST),
        ("active", Status.SENT, TRUST),
        ("unknown", Status.SENT, TRUST),
        ("on-hold", Status.ON_HOLD, TRUST),
        ("revoked", Status.CANCELLED, None),
        ("completed", Status.COMPLETED, None),
        ("entered-in-error", Status.ENTERED_IN_ERROR, None),
    ],
)
def test_what_the_sender_says_before_anybody_answers(
    said: str, status: Status, owner: Party | None
) -> None:
    found = one(sender(request(said)))
    assert (found.status, found.owner) == (status, owner)
    assert (found.what, found.requester, found.receiver) == ("Falls clinic", TRUST, TEAM)


@pytest.mark.parametrize(
    ("said", "status", "owner"),
    [
        ("draft", Status.SENT, TRUST),
        ("requested", Status.SENT, TRUST),
        ("received", Status.RECEIVED, TEAM),
        ("accepted", Status.ACCEPTED, TEAM),
        ("ready", Status.ACCEPTED, TEAM),
        ("in-progress", Status.BEING_SEEN, TEAM),
        ("on-hold", Status.ON_HOLD, TEAM),
        ("completed", Status.COMPLETED, None),
        ("rejected", Status.REJECTED, TRUST),
        ("cancelled", Status.CANCELLED, TRUST),
        ("failed", Status.CANCELLED, TRUST),
        ("entered-in-error", Status.SENT, TRUST),
    ],
)
def test_what_the_receiver_says_in_a_task(said: str, status: Status, owner: Party | None) -> None:
    found = one(sender(request()), receiver(task(said)))
    assert (found.status, found.owner) == (status, owner)


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("planned", Status.BOOKED),
        ("triaged", Status.WAITING),
        ("arrived", Status.BEING_SEEN),
        ("in-progress", Status.BEING_SEEN),
        ("onleave", Status.BEING_SEEN),
        ("finished", Status.COMPLETED),
        ("cancelled", Status.CANCELLED),
        ("entered-in-error", Status.SENT),
    ],
)
def test_what_a_receiver_says_that_reports_on_an_encounter(said: str, status: Status) -> None:
    assert one(sender(request()), receiver(visit(said))).status == status


def test_a_planned_encounter_without_a_time_is_accepted_and_not_booked() -> None:
    planned = visit("planned")
    del planned["period"]
    assert one(sender(request()), receiver(planned)).status is Status.ACCEPTED


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("proposed", Status.WAITING),
        ("pending", Status.WAITING),
        ("waitlist", Status.WAITING),
        ("booked", Status.BOOKED),
        ("arrived", Status.BEING_SEEN),
        ("checked-in", Status.BEING_SEEN),
        ("fulfilled", Status.BEING_SEEN),
        ("noshow", Status.WAITING),
        ("cancelled", Status.WAITING),
        ("entered-in-error", Status.ACCEPTED),
    ],
)
def test_what_an_appointment_adds_to_an_accepted_referral(said: str, status: Status) -> None:
    events = sender(request()), receiver(task("accepted")), receiver(appointment(said))
    assert one(*events).status == status


@pytest.mark.parametrize(
    ("sent", "answered", "status"),
    [
        ("revoked", "accepted", Status.CANCELLED),
        ("revoked", "rejected", Status.REJECTED),
        ("revoked", "completed", Status.CANCELLED),
        ("completed", "in-progress", Status.COMPLETED),
        ("entered-in-error", "completed", Status.ENTERED_IN_ERROR),
        ("on-hold", "accepted", Status.ON_HOLD),
        ("draft", "accepted", Status.ACCEPTED),
    ],
)
def test_where_the_sender_ends_it_that_counts(sent: str, answered: str, status: Status) -> None:
    assert one(sender(request(sent, 5)), receiver(task(answered))).status == status


def test_a_visit_in_the_course_of_an_accepted_referral_does_not_end_it() -> None:
    events = sender(request()), receiver(task("in-progress")), receiver(visit())
    assert one(*events).status is Status.BEING_SEEN


def test_a_visit_ends_nothing_while_another_or_an_appointment_is_to_come() -> None:
    asked, seen = sender(request()), receiver(visit())
    assert one(asked, seen, receiver(visit("planned", id="E2"))).status is Status.BEING_SEEN
    assert one(asked, seen, receiver(appointment())).status is Status.BEING_SEEN


def test_one_service_refuses_and_another_takes_it() -> None:
    refused = receiver(task("rejected", 8))
    taken = receiver(task("accepted", 2, id="T2", owner={"display": "Other team"}))
    found = one(sender(request()), refused, taken)
    assert (found.status, found.owner) == (Status.ACCEPTED, Party(name="Other team"))


def test_sent_again_after_a_refusal_it_waits_for_an_answer_again() -> None:
    refused, again = task("rejected", 8), task("requested", 9, id="T2")
    assert one(sender(request()), receiver(refused), receiver(again)).status is Status.SENT
    early = task("requested", 7, id="T2")
    assert one(sender(request()), receiver(refused), receiver(early)).status is Status.REJECTED


def test_a_part_of_a_task_does_not_answer_for_the_whole() -> None:
    part = task("completed", 5, id="T2", partOf=[{"reference": "Task/T1"}])
    events = sender(request()), receiver(task("in-progress")), receiver(part)
    assert one(*events).status is Status.BEING_SEEN


@pytest.mark.parametrize(
    ("trigger", "status", "expected"),
    [
        ("I12", "P^Pending", Status.SENT),
        ("I12", "", Status.SENT),
        ("I13", "A^Accepted", Status.ACCEPTED),
        ("I13", "R^Rejected", Status.REJECTED),
        ("I13", "E^Expired", Status.CANCELLED),
        ("I13", "C^Cancelled", Status.CANCELLED),
        ("I14", "P^Pending", Status.CANCELLED),
        ("I14", "R^Rejected", Status.REJECTED),
        ("I15", "P^Pending", Status.SENT),
    ],
)
def test_what_hl7_v2_says_of_a_referral(trigger: str, status: str, expected: Status) -> None:
    assert one(sender(ref(trigger, status, 5))).status is expected
    found = one(sender(ref()), sender(ref(trigger, status, 5)))
    assert found.status is expected
    assert (found.requester, found.receiver) == (TRUST, TEAM)
    assert (found.what, found.priority) == ("Falls clinic", "routine")


def test_a_question_how_a_referral_stands_does_not_change_how_it_stands() -> None:
    events = sender(ref()), sender(ref("I13", "A", 5)), sender(ref("I15", "P", 9))
    assert one(*events).status is Status.ACCEPTED


def test_of_two_messages_with_one_key_the_first_written_counts() -> None:
    asked, answered = ref(), ref("I13", "A", 5, control="K1")
    again = ref("I14", "P", 9, control="K1")
    for told in ([asked, answered, again], [again, answered, asked]):
        assert one(*map(sender, told)).status is Status.ACCEPTED
    assert one(sender(asked), sender(answered), receiver(again)).status is Status.CANCELLED


RF1 = "RF1|{}|R|||O|226839^^2.16.840.1^ISO"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("P", Status.RECEIVED),
        ("A", Status.ACCEPTED),
        ("R", Status.REJECTED),
        ("E", Status.CANCELLED),
    ],
)
def test_a_reply_is_the_receivers_own_answer(said: str, status: Status) -> None:
    reply = receiver(message("RRI^I12", RF1.format(said), hours=4, control="X1"))
    assert one(sender(ref()), reply).status is status


@pytest.mark.parametrize(
    ("control", "state", "status"),
    [
        ("NW", "", Status.SENT),
        ("NW", "CM", Status.COMPLETED),
        ("CA", "", Status.CANCELLED),
        ("HD", "", Status.ON_HOLD),
    ],
)
def test_an_order_that_names_a_referral_is_one(control: str, state: str, status: Status) -> None:
    order = f"ORC|{control}|O1|||{state}"
    events = sender(message("ORM^O01", order, RF1.format("P"), hours=1, control="X1"))
    assert one(events).status is status
    assert folded(sender(message("ORM^O01", order, hours=1, control="X1"))) == []


@pytest.mark.parametrize(
    ("trigger", "more", "status"),
    [
        ("S12", "", Status.BOOKED),
        ("S13", "", Status.BOOKED),
        ("S14", "||||||||||||||Complete", Status.BEING_SEEN),
        ("S14", "||||||||||||||Waitlist", Status.WAITING),
        ("S15", "", Status.WAITING),
        ("S16", "", Status.WAITING),
        ("S17", "", Status.SENT),
        ("S26", "", Status.WAITING),
    ],
)
def test_what_a_booking_in_hl7_v2_says(trigger: str, more: str, status: Status) -> None:
    booked = receiver(siu("S12", 2))
    found = one(sender(ref()), booked, receiver(siu(trigger, 3, more=more)))
    assert found.status is status


def test_fhir_and_hl7_v2_tell_of_one_referral() -> None:
    told = request(identifier=[OF_V2])
    found = one(sender(ref()), sender(told), receiver(siu()), receiver(task(focus=told_by(told))))
    assert found.status is Status.BOOKED
    assert found.owner == TEAM


def told_by(told: dict[str, Any]) -> dict[str, Any]:
    return {"identifier": told["identifier"][0], "type": "ServiceRequest"}


def test_what_was_deleted_counts_no_more() -> None:
    def gone(url: str, source: str) -> Any:
        (event,) = events_of(history(delete(url), timestamp=at(60)), source=source)
        return event

    asked, answer = sender(request()), receiver(task())
    assert one(asked, answer, gone("Task/T1", "RY2")).status is Status.SENT
    deleted = one(asked, answer, gone("ServiceRequest/S1", SENDER))
    assert deleted.status is Status.ENTERED_IN_ERROR
    assert (deleted.what, deleted.owner, deleted.sent_at) == ("Falls clinic", None, deleted.sent_at)
    seen = receiver(visit())
    assert one(asked, answer, seen, gone("Encounter/E1", "RY2")).last_contact is None


def test_what_was_struck_without_a_word_of_the_request_counts_no_more() -> None:
    struck = visit("entered-in-error", 60)
    del struck["basedOn"]
    found = one(sender(request()), receiver(visit()), receiver(struck))
    assert (found.status, found.last_contact) == (Status.SENT, None)


def test_a_test_and_what_shall_not_be_done_are_no_referrals() -> None:
    laboratory = {"coding": [{"system": "http://snomed.info/sct", "code": "108252007"}]}
    assert folded(sender(request(category=[laboratory]))) == []
    thyroxine = {"coding": [{"system": "http://loinc.org", "code": "3024-7"}]}
    assert folded(sender(request(code=thyroxine))) == []
    assert folded(sender(request(doNotPerform=True))) == []


def test_an_answer_whose_request_nobody_sent_is_flagged_and_one_that_was_struck_is_nothing() -> (
    None
):
    found = one(receiver(task("accepted")))
    assert (found.status, found.flags) == (Status.ACCEPTED, ("no-request",))
    assert folded(receiver(task("accepted")), receiver(task("entered-in-error", 9))) == []


def test_a_message_is_a_contact_only_with_the_person() -> None:
    asked, to_practice = sender(request()), call(recipient=[{"reference": "Organization/GP1"}])
    assert one(asked, receiver(to_practice)).last_contact is None
    contact = one(asked, receiver(call())).last_contact
    assert contact is not None
    assert contact.how == "message"
    assert one(asked, receiver(call("not-done"))).last_contact is None
