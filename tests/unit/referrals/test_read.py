"""What is none of a referral's business is known to be none before it is decoded."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CareEvent, encode
from streams.referrals.read import concerns, facts_of, may_concern
from tests.builders import (
    bundle,
    delete,
    event_of,
    events_of,
    history,
    message_header,
    observation,
    verified,
)
from tests.unit.referrals.made import (
    BY_IDENTIFIER,
    fhir_events,
    message,
    receiver,
    request,
    sender,
    v2_events,
    visit,
)


def plain(**elements: object) -> dict[str, object]:
    """A visit that names no request."""
    return {name: value for name, value in visit(**elements).items() if name != "basedOn"}


def answer() -> CareEvent:
    reply = {
        "response": {"identifier": "m0", "code": "ok"},
        "focus": [{"reference": "Encounter/E1"}],
    }
    long_one = request(id="S" * 64, identifier=[{"value": "é" * 300}])
    told = bundle("message", message_header(**reply), long_one, plain())
    return events_of(told, source="RY2")[2]


@given(event=fhir_events() | v2_events())
def test_what_says_something_of_a_referral_is_never_passed_over(event: CareEvent) -> None:
    assert may_concern(encode(event)) or not facts_of(event, 0)
    assert concerns(event) or not facts_of(event, 0)


@pytest.mark.parametrize(
    "event",
    [
        answer(),
        receiver(plain(status="entered-in-error")),
        events_of(history(delete("Encounter/E1")), source="RY2")[0],
        event_of(orjson.dumps(visit()).replace(b'"basedOn"', b'"based\\u004fn"'), source="RY2"),
    ],
    ids=["an answer", "a struck visit", "a deleted visit", "an escaped word"],
)
def test_nor_what_only_seems_to_be_another_visit(event: CareEvent) -> None:
    assert may_concern(encode(event))
    assert facts_of(event, 0)


@pytest.mark.parametrize(
    "event",
    [
        receiver(plain()),
        receiver(observation()),
        receiver(verified()),
        sender(message("ADT^A01", "EVN|A01|20260201090000", "PV1|1|I")),
        sender(message("MDM^T02", "TXA|1|DS")),
    ],
    ids=["visit", "observation", "person", "admission", "document"],
)
def test_most_events_are_passed_over(event: CareEvent) -> None:
    assert not may_concern(encode(event))


@given(value=st.binary(max_size=300))
def test_anything_may_be_asked(value: bytes) -> None:
    assert may_concern(value) in {True, False}


def test_a_visit_that_names_something_else_than_a_request_is_nobodys() -> None:
    assert facts_of(receiver(visit(basedOn=[{"reference": "CarePlan/1"}])), 0) == []
    assert facts_of(receiver(visit(basedOn=[BY_IDENTIFIER])), 0) != []
