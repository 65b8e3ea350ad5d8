"""Published referral messages, folded: what a clinician would expect of each is what is told."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.errors import Reject
from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType
from streams.intake.read import Limits, read
from streams.referrals.facts import Party, ReferralFact
from streams.referrals.fold import referrals_of
from streams.referrals.read import facts_of
from streams.referrals.referral import Action, Referral, Status, is_silent, next_step

EXAMPLES = Path(__file__).parents[3] / "shared" / "examples"
RECEIVED = datetime(2030, 1, 1, tzinfo=UTC)
LIMITS = Limits(max_bytes=50_000_000, max_depth=64)

pytestmark = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the example messages are not at ../shared/examples"
)

BARS = "bars-api/1.4.0-process_message"
REQUEST = f"{BARS}_request_ValidationRequest_POST_.json"
TAKEN = f"{BARS}_response_ValidationRequest_HTTP_Response_.json"
RESPONSE = f"{BARS}_request_ValidationResponse_POST_.json"
SENDER, RECEIVER = "RX1", "RY2"


def facts_in(name: str, source: str) -> list[ReferralFact]:
    path = EXAMPLES / name
    kind = ContentType.HL7V2 if path.suffix == ".hl7" else ContentType.FHIR
    body = path.read_bytes()
    message = Inbound(body, source, "unknown", kind, content_id(body), RECEIVED)
    return [fact for event in read(message, LIMITS) for fact in facts_of(event, 0)]


def folded(*told: tuple[str, str]) -> list[Referral]:
    return referrals_of([fact for name, source in told for fact in facts_in(name, source)])


def one(*told: tuple[str, str]) -> Referral:
    (found,) = folded(*told)
    return found


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]


def test_a_bars_request_waits_for_the_answer_that_it_asks_for_within_twenty_minutes() -> None:
    found = one((REQUEST, SENDER))
    assert (found.status, found.what) == (Status.SENT, "For Validation")
    assert (found.owner, found.sent_at) == (Party(SENDER), utc(2021, 11, 26, 15))
    due = utc(2021, 11, 26, 15, 20)
    assert found.answer_due == due
    assert not is_silent(found, due)
    assert is_silent(found, due + timedelta(seconds=1))
    step = next_step(found, due)
    assert step is not None
    assert (step.action, step.due) == (Action.ANSWER, due)


def test_a_bars_response_completes_the_request_that_another_system_sent() -> None:
    """The receiver's message knows the request by its id alone, and its own visit not at all."""
    found = one((REQUEST, SENDER), (RESPONSE, RECEIVER))
    assert (found.status, found.owner) == (Status.COMPLETED, None)
    assert (found.requester, found.receiver) == (Party(SENDER), Party(RECEIVER))
    assert found.accepted_at == found.closed_at == utc(2021, 11, 26, 15, 15)
    assert found.last_contact is not None
    assert found.last_contact.at == utc(2021, 11, 26, 15, 15)
    assert not is_silent(found, RECEIVED)
    assert next_step(found, RECEIVED) is None
    assert found.flags == ()


def test_a_receivers_acknowledgement_is_the_same_referral_and_no_answer() -> None:
    found = one((REQUEST, SENDER), (TAKEN, RECEIVER))
    assert found.status is Status.SENT
    assert is_silent(found, RECEIVED)
    every_name = one((REQUEST, SENDER), (TAKEN, RECEIVER), (RESPONSE, RECEIVER))
    assert every_name.status is Status.COMPLETED
    assert len(every_name.event_ids) == 4


def test_bars_appointments_are_bookings_of_requests_that_are_still_to_come() -> None:
    found = folded(("bars-api/1.4.0-appointment_GET-success.json", RECEIVER))
    assert [each.status for each in found] == [Status.BOOKED, Status.BOOKED]
    assert {each.flags for each in found} == {("no-request",)}
    start = utc(2021, 10, 12, 12, 30, 30)
    for each in found:
        step = next_step(each, start - timedelta(days=1))
        assert step is not None
        assert (step.action, step.due) == (Action.ATTEND, start)
        late = next_step(each, start + timedelta(days=1))
        assert late is not None
        assert late.action is Action.RECORD_OUTCOME


def test_a_bars_booking_that_names_no_referral_is_none() -> None:
    assert folded((f"{BARS}_POST-body.json", SENDER)) == []


def test_a_referral_to_community_pharmacy_says_who_asks_whom_for_what_by_when() -> None:
    found = one(("virtually-healthcare/Bundle-Message-I12-BARS.json", SENDER))
    assert found.status is Status.SENT
    assert found.what is not None
    assert found.what.startswith("Community Pharmacist Consultation Service")
    assert found.requester == Party(name="Marcy BLAKE")
    assert found.receiver == Party("111111111", "Emergency Department - Adult")
    assert found.wanted_by == found.answer_due == utc(2023, 6, 27, 11, 30)


@pytest.mark.parametrize(
    ("name", "what"), [("ResponseExampleReferral", "referral"), ("ResponseExampleAdvice", "advice")]
)
def test_an_e_rs_request_is_known_by_its_ubrn(name: str, what: str) -> None:
    found = one((f"ers-api/{name}.json", SENDER))
    assert found.status is Status.SENT
    assert found.what is not None
    assert what in found.what
    assert any(known.startswith("identifier|https://fhir.nhs.uk/Id/UBRN|") for known in found.names)


def test_advice_that_became_a_referral_under_one_ubrn_is_one_open_referral() -> None:
    found = one(("ers-api/ResponseExampleReferralAndAdvice.json", SENDER))
    assert (found.status, found.what, len(found.event_ids)) == (Status.SENT, "referral", 2)


def test_hl7_v2_referrals_are_sent_and_cancelled() -> None:
    sent = one(("hl7v2-microsoft/REF-I12-01.hl7", SENDER))
    assert (sent.status, sent.what, sent.priority) == (Status.SENT, "Medical", "routine")
    assert sent.requester == Party("PLN1001", "GOOD HEALTH HOSPITAL")
    assert sent.receiver == Party("PLN5010", "RADIANT HEALTH HOSPITAL")
    assert sent.wanted_by == utc(2022, 2, 10)
    # A Tuesday in January: five working days on.
    assert sent.answer_due == utc(2022, 2, 1, 16, 20)
    for name in ("REF-I14-01", "REF-I14-02"):
        cancelled = one((f"hl7v2-microsoft/{name}.hl7", SENDER))
        assert (cancelled.status, cancelled.owner) == (Status.CANCELLED, None)
        assert next_step(cancelled, RECEIVED) is None


@pytest.mark.parametrize(
    ("folder", "at_least"),
    [("bars-api", 2), ("ers-api", 2), ("hl7-fhir-r4-core", 12), ("hl7v2-microsoft", 1)],
)
def test_every_example_of_a_folder_folds_together(folder: str, at_least: int) -> None:
    """Whatever they are about: nothing fails, and no name is in two referrals."""
    facts: list[ReferralFact] = []
    for path in sorted((EXAMPLES / folder).iterdir()):
        with suppress(Reject):
            facts += facts_in(f"{folder}/{path.name}", SENDER)
    found = referrals_of(facts)
    assert len(found) >= at_least
    names = [name for each in found for name in each.names]
    assert len(names) == len(set(names))
