"""Referrals depend on what was said, and not on when, how often or in which order it came."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CareEvent
from streams.referrals.referral import CLOSED, Contact, Referral, ReferralFlag, Status
from tests.unit.referrals.made import (
    BY_IDENTIFIER,
    SENT,
    UBRN,
    UUID,
    appointment,
    at,
    call,
    folded,
    histories,
    one,
    receiver,
    request,
    sender,
    task,
    visit,
)


@given(told=histories(), data=st.data())
def test_referrals_depend_on_neither_order_nor_repeats(
    told: list[CareEvent], data: st.DataObject
) -> None:
    replayed = data.draw(st.permutations(told + told[:3]))
    assert folded(*replayed) == folded(*told)


@given(told=histories())
def test_a_referral_is_told_consistently(told: list[CareEvent]) -> None:
    for found in folded(*told):
        assert found.name in found.names
        assert (found.closed_at is not None) == (found.status in CLOSED)
        assert found.owner is None or found.status not in {
            Status.COMPLETED,
            Status.ENTERED_IN_ERROR,
        }
        assert set(found.event_ids) <= {event.id for event in told}
        assert found.event_ids
        if found.accepted_at and found.received_at:
            assert found.received_at <= found.accepted_at
        if found.first_contact and found.last_contact:
            assert found.first_contact.at <= found.last_contact.at
            assert found.accepted_at is not None
            assert found.accepted_at <= found.first_contact.at
        if found.bookings:
            assert found.status not in CLOSED
        assert (ReferralFlag.ANSWERED_BEFORE_SENT in found.flags) == (
            found.sent_at is not None
            and found.accepted_at is not None
            and found.accepted_at < found.sent_at
        )


@given(told=histories())
def test_no_two_referrals_have_a_name_in_common(told: list[CareEvent]) -> None:
    names = [name for found in folded(*told) for name in found.names]
    assert len(names) == len(set(names))


def timed(*more: CareEvent) -> Referral:
    return one(sender(request()), *more)


def test_the_times_of_a_referral_from_sent_to_closed() -> None:
    found = timed(
        receiver(task("received", 1)),
        receiver(task("accepted", 4)),
        receiver(task("in-progress", 49)),
        receiver(visit(start=48)),
        receiver(call(hours=70)),
        receiver(task("completed", 80)),
        sender(request("completed", 81)),
    )
    assert found.sent_at == SENT
    assert found.received_at == SENT + timedelta(hours=1)
    assert found.accepted_at == SENT + timedelta(hours=4)
    assert found.first_contact == Contact(SENT + timedelta(hours=48), "visit")
    assert found.last_contact == Contact(SENT + timedelta(hours=70), "message")
    assert found.closed_at == SENT + timedelta(hours=80)
    assert found.flags == ()


def test_a_draft_is_sent_when_it_becomes_active() -> None:
    draft = sender(request("draft", 0))
    assert one(draft).sent_at is None
    assert one(draft, sender(request("active", 6))).sent_at == SENT + timedelta(hours=6)


def test_a_referral_that_was_closed_and_opened_again_was_closed_the_last_time() -> None:
    found = timed(
        receiver(task("completed", 5)),
        receiver(task("in-progress", 6)),
        receiver(task("completed", 9)),
        receiver(task("completed", 12)),
    )
    assert found.closed_at == SENT + timedelta(hours=9)


def test_an_outcome_is_told_in_the_words_of_who_closed_it() -> None:
    refused = task("rejected", statusReason={"text": "No capacity"})
    assert timed(receiver(refused)).outcome == "No capacity"
    assert timed(receiver(task("failed"))).outcome == "Failed"
    home = {"dischargeDisposition": {"text": "Home"}}
    assert timed(receiver(visit(hospitalization=home))).outcome == "Home"
    open_one = task("in-progress", businessStatus={"text": "Specimen taken"})
    assert timed(receiver(open_one)).outcome is None


def test_the_latest_state_of_the_request_tells_what_it_asks_for() -> None:
    changed = request(hours=3, priority="urgent", code={"text": "Falls clinic, at home"})
    found = one(sender(changed), sender(request()))
    assert (found.priority, found.what) == ("urgent", "Falls clinic, at home")


def test_a_receivers_copy_does_not_open_again_what_the_sender_has_closed() -> None:
    copy = request("active", 30, id="copy")
    found = one(sender(request()), sender(request("revoked", 20)), receiver(copy))
    assert found.status is Status.CANCELLED
    assert found.flags == (ReferralFlag.REQUESTS_DISAGREE,)


def test_a_request_that_is_both_open_and_closed_at_one_time_is_open() -> None:
    advice, referral = request("completed", id="a.1"), request(id="r.1")
    assert one(sender(advice), sender(referral)).status is Status.SENT


def test_a_visit_that_two_requests_led_to_belongs_to_both() -> None:
    second = request(id="S2", identifier=[{"system": UBRN, "value": "70002"}])
    both = [BY_IDENTIFIER, {"identifier": second["identifier"][0]}]
    found = folded(sender(request()), sender(second), receiver(visit(basedOn=both)))
    assert [each.status for each in found] == [Status.COMPLETED, Status.COMPLETED]
    assert [len(each.event_ids) for each in found] == [2, 2]


def test_a_visit_that_was_put_to_another_referral_leaves_the_first() -> None:
    second = request(id="S2", identifier=[{"system": UBRN, "value": "70002"}])
    moved = visit(hours=60, basedOn=[{"identifier": second["identifier"][0]}])
    events = sender(request()), sender(second), receiver(visit()), receiver(moved)
    by_name = {each.names[-1]: each.status for each in folded(*events)}
    assert by_name == {
        f"identifier|{UBRN}|70001": Status.SENT,
        f"identifier|{UBRN}|70002": Status.COMPLETED,
    }


def test_a_uuid_names_a_request_whoever_quotes_it_and_however() -> None:
    asked = request(id=UUID)
    del asked["identifier"]
    for said in (
        f"urn:uuid:{UUID}",
        f"ServiceRequest/{UUID}",
        f"https://x.nhs.uk/ServiceRequest/{UUID}",
    ):
        answer = task(focus={"reference": said})
        assert one(sender(asked), receiver(answer)).status is Status.ACCEPTED


def test_a_number_of_the_senders_own_means_nothing_at_the_receiver() -> None:
    answer = task(focus={"reference": "ServiceRequest/S1"})
    found = folded(sender(request()), receiver(answer))
    assert [(each.status, each.flags) for each in found] == [
        (Status.SENT, ()),
        (Status.ACCEPTED, (ReferralFlag.NO_REQUEST,)),
    ]


def test_seen_after_a_cancellation_or_a_refusal_is_flagged() -> None:
    revoked = sender(request("revoked", 3))
    assert timed(revoked, receiver(visit())).flags == (ReferralFlag.SEEN_AFTER_CANCELLED,)
    refused = receiver(task("rejected", 3))
    assert timed(refused, receiver(visit())).flags == (ReferralFlag.SEEN_AFTER_REJECTED,)
    late = sender(request("revoked", 60))
    assert timed(late, receiver(visit())).flags == ()


def test_completed_by_one_side_and_under_way_at_the_other_is_flagged() -> None:
    found = timed(sender(request("completed", 9)), receiver(task("in-progress", 8)))
    assert found.flags == (ReferralFlag.COMPLETED_BUT_OPEN,)


def test_two_people_under_one_source_are_flagged() -> None:
    other = task(id="T2", **{"for": {"reference": "Patient/q2"}})
    assert timed(receiver(task()), receiver(other)).flags == (ReferralFlag.SUBJECTS_DIFFER,)
    assert timed(receiver(task())).flags == ()


def test_an_answer_before_the_question_and_a_status_that_says_nothing_are_flagged() -> None:
    early = timed(receiver(task("accepted", -5)))
    assert early.flags == (ReferralFlag.ANSWERED_BEFORE_SENT,)
    assert one(sender(request("unknown"))).flags == (ReferralFlag.UNKNOWN_STATUS,)


def test_a_referral_is_wanted_by_the_end_of_the_time_that_it_asks_for() -> None:
    asked = request(occurrencePeriod={"start": at(1), "end": at(30)})
    assert one(sender(asked)).wanted_by == SENT + timedelta(hours=30)
    until = task(restriction={"period": {"end": at(25)}})
    assert one(sender(asked), receiver(until)).wanted_by == SENT + timedelta(hours=25)


def test_a_booking_and_its_planned_visit_are_one() -> None:
    found = timed(receiver(appointment(start=48)), receiver(visit("planned", 3, start=48)))
    assert [(b.start, b.end) for b in found.bookings] == [
        (SENT + timedelta(hours=48), SENT + timedelta(hours=48.5))
    ]
