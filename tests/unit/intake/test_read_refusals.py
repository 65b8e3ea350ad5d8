"""What is refused, with which reason; and that no refusal repeats what the message says."""

import copy
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from schemas.errors import Reason, Reject
from schemas.events import CareEvent, decode, encode
from schemas.topics import ContentType
from streams.flow.bed_days import nights_of
from streams.flow.encounter import visit_fact
from streams.flow.stay import stay_of
from streams.intake.read import Limits, read
from streams.timeline.entries import entries_of
from tests.builders import (
    LIMITS,
    at_ward,
    bundle,
    delete,
    encounter,
    events_of,
    history,
    message_header,
    observation,
    put,
    received,
    verified,
)

Json = dict[str, Any]


def refusal(body: object, limits: Limits = LIMITS, **beside: Any) -> Reject:
    with pytest.raises(Reject) as caught:
        read(received(body, **beside), limits)
    refused = caught.value
    assert refused.problems
    assert all(problem.code and problem.text for problem in refused.problems)
    return refused


def without(resource: Json, *names: str) -> Json:
    return {name: value for name, value in resource.items() if name not in names}


ANSWER: Json = {
    "resourceType": "Bundle",
    "type": "transaction-response",
    "entry": [{"response": {"status": "201"}}],
}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", Reason.NOT_JSON),
        (b"not json", Reason.NOT_JSON),
        (b'{"resourceType":"Patient"', Reason.NOT_JSON),
        (b'{"resourceType":"Patient"} {}', Reason.NOT_JSON),
        (b'\xef\xbb\xbf{"resourceType":"Patient"}', Reason.NOT_JSON),
        (b'{"resourceType":"Basic","x":NaN}', Reason.NOT_JSON),
        (b'{"resourceType":"Basic","x":1e999}', Reason.NOT_JSON),
        (b'{"resourceType":"Basic","x":"\\ud800"}', Reason.NOT_JSON),
        (b'{"resourceType":"Basic","x":"a\0b"}', Reason.NOT_JSON),
        (b'{"resourceType":"Basic","x":"a\\u0000b"}', Reason.NUL_CHARACTER),
        (b'{"resourceType":"Basic","x":"\xff"}', Reason.NOT_UTF8),
        (b'{"resourceType":"Basic","x":"\xed\xa0\x80"}', Reason.NOT_UTF8),
        (b"[]", Reason.NOT_FHIR),
        (b"7", Reason.NOT_FHIR),
        (b"null", Reason.NOT_FHIR),
        (b'"Patient"', Reason.NOT_FHIR),
        (b"{}", Reason.NOT_FHIR),
        (b'{"resourceType":null}', Reason.NOT_FHIR),
        (b'{"resourceType":["Patient"]}', Reason.NOT_FHIR),
        (b'{"resourceType":"not a name"}', Reason.INVALID),
        (b"[" * 10_000 + b"]" * 10_000, Reason.TOO_DEEP),
        (b'{"x":' * 10_000, Reason.TOO_DEEP),
        (b"MSH|^~\\&|PAS|RX1|||20260201|||1|P|2.4\r", Reason.NOT_HL7V2),
        (b'{"resourceType":"Bundle","type":"collection"}', Reason.EMPTY_BUNDLE),
        (b'{"resourceType":"Bundle","type":"collection","entry":[]}', Reason.INVALID),
        (b'{"resourceType":"Bundle","type":"collection","entry":[null]}', Reason.INVALID),
    ],
    ids=lambda value: value if isinstance(value, Reason) else repr(value[:40]),
)
def test_what_can_never_be_a_fact_has_its_reason(body: bytes, reason: Reason) -> None:
    assert refusal(body).reason == reason


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (encounter(status=7), "Encounter.status"),
        (encounter(status="banana"), "Encounter.status"),
        (encounter(period=["2026-02-01"]), "Encounter.period"),
        (encounter(period={"start": "yesterday"}), "Encounter.period.start"),
        (encounter(subject="Patient/p1"), "Encounter.subject"),
        (encounter(surprise=1), "Encounter.surprise"),
        (without(encounter(), "class"), "Encounter.class"),
        (without(bundle("collection", encounter()), "type"), "Bundle.type"),
        (bundle("message", encounter(), message_header()), "Bundle.entry[0].resource"),
        (bundle("collection", encounter(status=7)), "Bundle.entry[0].resource.status"),
        (history(delete("")), "Bundle.entry[0].request.url"),
        (history(put(encounter()), delete("Encounter")), "Bundle.entry[1].request.url"),
        (
            encounter(period={"start": "2026-02-02T00:00:00Z", "end": "2026-02-01T00:00:00Z"}),
            "Encounter.period.end",
        ),
    ],
)
def test_what_is_invalid_is_told_with_its_path(made: Json, path: str) -> None:
    refused = refusal(made)
    assert refused.reason == Reason.INVALID
    assert path in {problem.path for problem in refused.problems}


def test_every_problem_is_told_at_once() -> None:
    wrong = encounter(status="banana", period={"start": "yesterday"}, surprise=1)
    assert len(refusal(wrong).problems) == 3


def test_one_invalid_entry_refuses_the_whole_message() -> None:
    assert refusal(bundle("collection", encounter(), observation(status=7))).reason == (
        Reason.INVALID
    )


def test_an_answer_to_a_request_is_no_event() -> None:
    assert refusal(ANSWER).reason == Reason.ANSWER_BUNDLE
    assert refusal({**ANSWER, "type": "batch-response"}).reason == Reason.ANSWER_BUNDLE


def test_a_transaction_that_only_asks_holds_no_event() -> None:
    asking = {"request": {"method": "GET", "url": "Patient/p1"}}
    made = {"resourceType": "Bundle", "type": "transaction", "entry": [asking]}
    assert refusal(made).reason == Reason.EMPTY_BUNDLE


def test_a_message_without_its_source_is_refused() -> None:
    assert refusal(encounter(), source="").reason == Reason.NO_SOURCE


@pytest.mark.parametrize("name", ["", "text/plain", "application/fhir+xml", "json"])
def test_an_unknown_content_type_is_refused(name: str) -> None:
    assert refusal(encounter(), content_type=name).reason == Reason.UNKNOWN_CONTENT_TYPE


def test_hl7_v2_is_told_by_its_content_type_too() -> None:
    assert refusal(b"FHS|", content_type=ContentType.HL7V2).reason == Reason.NOT_HL7V2


def test_the_limits_themselves_are_allowed() -> None:
    body = orjson.dumps(encounter())
    assert read(received(body), LIMITS._replace(max_bytes=len(body)))
    assert refusal(body, LIMITS._replace(max_bytes=len(body) - 1)).reason == Reason.TOO_LARGE
    nested = b'{"resourceType":"Basic","x":' + b"[" * 63 + b"]" * 63 + b"}"
    assert read(received(nested), LIMITS)
    assert refusal(nested, LIMITS._replace(max_depth=63)).reason == Reason.TOO_DEEP


def test_brackets_and_escapes_within_texts_are_only_text() -> None:
    made = observation(code={"text": "[" * 1_000 + "\\u0000"})
    assert events_of(made)


def outcome_of(body: bytes) -> list[CareEvent] | Reject:
    """The events in a message, or its refusal."""
    try:
        return read(received(body), LIMITS)
    except Reject as refused:
        return refused


MARKER = "Ms Marker, 999 000 0026"
SEEDS: list[Json] = [
    encounter(location=[at_ward("W1", "2026-02-01T09:00:00Z")], type=[{"text": "stay"}]),
    verified(name=[{"family": "Example", "given": ["Test"]}], contained=[observation()]),
    bundle("message", message_header(), encounter(), verified()),
    bundle("transaction", encounter(), verified()),
    history(put(encounter()), delete("Encounter/e2")),
]
Steps = tuple[str | int, ...]


def places(value: object, steps: Steps = ()) -> Iterator[Steps]:
    """The steps to every element of a resource, the resource itself left out."""
    parts: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        parts = list(value.items())
    elif isinstance(value, list):
        parts = list(enumerate(value))
    for step, part in parts:
        yield (*steps, step)
        yield from places(part, (*steps, step))


def replaced(resource: Json, steps: Steps, value: object, *, as_key: bool) -> Json:
    """A copy with `value` at the place, or beside it under the value as its key."""
    made: Any = copy.deepcopy(resource)
    holder = made
    for step in steps[:-1]:
        holder = holder[step]
    if as_key and isinstance(holder, dict):
        holder[value] = 1
    else:
        holder[steps[-1]] = value
    result: Json = made
    return result


seed_places = st.sampled_from([(seed, steps) for seed in SEEDS for steps in places(seed)])


@given(
    at=seed_places,
    marker=st.sampled_from([MARKER, [MARKER], {"text": MARKER}, {MARKER: MARKER}]),
    as_key=st.booleans(),
)
def test_no_refusal_repeats_what_the_message_says(
    at: tuple[Json, Steps], marker: object, as_key: bool
) -> None:
    as_key = as_key and isinstance(marker, str)
    made = replaced(*at, marker, as_key=as_key)
    found = outcome_of(orjson.dumps(made))
    if isinstance(found, Reject):
        assert MARKER not in str(found) + repr(found.args)
        assert not [problem for problem in found.problems if MARKER in "".join(problem)]


@given(before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_no_refusal_of_unreadable_bytes_repeats_them(before: bytes, after: bytes) -> None:
    refused = refusal(before + MARKER.encode() + after)
    assert MARKER not in str(refused) + "".join("".join(problem) for problem in refused.problems)


anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
    | st.sampled_from(
        ["Patient/p1", "#", "2026-02-01", "0001-01-01T00:00:00Z", "entered-in-error"]
    ),
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=8), part, max_size=3)
    ),
    max_leaves=8,
)


def works_to_the_end(body: bytes) -> None:
    """Whatever intake lets in, every projection can work with."""
    found = outcome_of(body)
    if isinstance(found, Reject):
        assert found.problems
        return
    assert found
    for event in found:
        assert decode(encode(event)) == event
        assert entries_of(event)
        if event.kind == "Encounter":
            nights_of(stay_of([visit_fact(event, 0)]))


@given(body=st.binary() | st.text().map(lambda text: text.encode(errors="surrogatepass")))
def test_no_bytes_raise_anything_but_a_refusal(body: bytes) -> None:
    works_to_the_end(body)


@given(value=anything)
def test_no_json_raises_anything_but_a_refusal(value: object) -> None:
    works_to_the_end(orjson.dumps(value))


ELEMENTS = [
    "id", "meta", "identifier", "status", "lifecycleStatus", "verificationStatus", "code", "type",
    "subject", "patient", "for", "participant", "actor", "member", "entry", "contained", "period",
    "start", "performer", "author", "category", "description", "vaccineCode",
]  # fmt: skip


@given(
    kind=st.sampled_from(["Basic", "Immunization", "DiagnosticReport", "MedicationRequest"]),
    elements=st.dictionaries(st.sampled_from(ELEMENTS), anything, max_size=5),
)
@example("Basic", {"status": ["entered-in-error"]})
@example("Immunization", {"vaccineCode": {"coding": 7}})
@example("Basic", {"subject": {"identifier": {"system": [], "value": 7}}})
@example("Basic", {"participant": ["Patient/p1"]})
@example("Basic", {"participant": [{"actor": {"reference": 7, "type": []}}]})
def test_a_type_that_is_checked_for_shape_only_may_hold_anything(
    kind: str, elements: dict[str, object]
) -> None:
    works_to_the_end(orjson.dumps({**elements, "resourceType": kind}))
    inside = {"resource": {**elements, "resourceType": kind}}
    works_to_the_end(orjson.dumps({"resourceType": "Bundle", "type": "batch", "entry": [inside]}))


@given(at=seed_places, value=anything)
@example((SEEDS[0], ("period", "start")), "0001-01-01T00:00:00Z")
@example((SEEDS[0], ("period", "start")), "9999-12-31T23:59:60Z")
def test_no_change_of_a_valid_message_raises_anything_but_a_refusal(
    at: tuple[Json, Steps], value: object
) -> None:
    works_to_the_end(orjson.dumps(replaced(*at, value, as_key=False)))
