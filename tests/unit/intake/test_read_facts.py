"""What a message is read as: its facts, their times, names and versions, and their own bytes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import CareEvent, Flag, decode, encode
from schemas.fhir import SUPPORTED
from schemas.identity import LONGEST_NAME, identifier_key
from schemas.times import FIRST_MOMENT
from tests.builders import (
    RECEIVED,
    at_ward,
    bundle,
    delete,
    encounter,
    event_of,
    events_of,
    history,
    message_header,
    observation,
    patient,
    put,
    received,
)

Json = dict[str, Any]

SINGLES: list[Json] = [
    encounter(),
    patient(),
    observation(),
    message_header(),
    {"resourceType": "ServiceRequest", "status": "active", "intent": "order"}
    | {"subject": {"reference": "Patient/p1"}},
    {"resourceType": "Task", "status": "requested", "intent": "order"},
    {"resourceType": "Organization", "name": "Ward team"},
    {"resourceType": "Location", "name": "Ward 5"},
    {"resourceType": "Practitioner", "active": True},
    {"resourceType": "Immunization", "status": "completed"},
    {"resourceType": "Basic", "code": {"text": "anything"}},
]


def written_at(at: str | None = None, version: str | None = None, **elements: Any) -> Json:
    meta = {k: v for k, v in (("lastUpdated", at), ("versionId", version)) if v is not None}
    made = observation(**elements)
    return {**made, "meta": meta} if meta else made


@pytest.mark.parametrize("resource", SINGLES, ids=lambda resource: str(resource["resourceType"]))
def test_a_single_resource_is_one_fact_with_its_own_bytes(resource: Json) -> None:
    body = orjson.dumps(resource, option=orjson.OPT_INDENT_2)
    event = event_of(body)
    assert (event.kind, event.source, event.sector) == (resource["resourceType"], "RX1", "acute")
    assert bytes(event.resource) == body
    assert event.parsed() == resource


def test_every_supported_type_can_be_told_from_an_unknown_one() -> None:
    assert "Basic" not in SUPPORTED
    assert event_of({"resourceType": "SomethingNew", "id": "1"}).kind == "SomethingNew"


@pytest.mark.parametrize("kind", ["message", "transaction", "batch", "collection", "searchset"])
def test_a_bundle_is_the_facts_in_it_in_order(kind: str) -> None:
    events = events_of(bundle(kind, message_header(), encounter(), patient()))
    assert [event.kind for event in events] == ["MessageHeader", "Encounter", "Patient"]


def test_a_document_is_the_facts_in_it() -> None:
    composition = {
        "resourceType": "Composition",
        "status": "final",
        "type": {"text": "Discharge summary"},
        "subject": {"reference": "Patient/p1"},
        "date": "2026-02-01",
        "author": [{"display": "Ward 5"}],
        "title": "Discharge summary",
    }
    identified = {"identifier": {"system": "urn:ietf:rfc:3986", "value": "urn:uuid:1"}}
    stamp = {"timestamp": "2026-02-01T10:00:00Z"}
    events = events_of(bundle("document", composition, patient(), **identified, **stamp))
    assert [event.kind for event in events] == ["Composition", "Patient"]


def test_numbers_keep_every_digit_even_within_a_bundle() -> None:
    one = b'{"resourceType":"Observation","status":"final","code":{"text":"Weight"},'
    one += b'"valueQuantity":{ "value" : 1.10, "unit":"kg" }}'
    whole = b'{"resourceType":"Bundle","type":"collection","entry":[ {"resource": ' + one + b"}]}"
    assert bytes(event_of(whole).resource) == one
    assert b'"value" : 1.10' in encode(event_of(whole))


@given(value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_an_event_travels_unchanged(value: str) -> None:
    event = event_of(observation(code={"text": value or "x"}))
    assert decode(encode(event)) == event


def test_the_same_content_is_the_same_fact_by_whichever_message() -> None:
    resource = encounter()
    spaced = orjson.dumps(resource, option=orjson.OPT_INDENT_2)
    ids = {
        event_of(resource).id,
        event_of(resource, message_id="another", received=RECEIVED + timedelta(hours=1)).id,
        event_of(spaced).id,
        event_of(bundle("collection", resource)).id,
        event_of(bundle("transaction", resource)).id,
    }
    assert len(ids) == 1


def test_other_content_another_thing_another_source_or_a_deletion_is_another_fact() -> None:
    ids = [
        event_of(encounter()).id,
        event_of(encounter(status="finished")).id,
        event_of(encounter(id="e2")).id,
        event_of(encounter(), source="RY2").id,
        event_of(history(delete("Encounter/e1"))).id,
    ]
    assert len(set(ids)) == len(ids)


def test_white_space_within_a_text_is_content() -> None:
    assert event_of(observation(code={"text": "a b"})).id != (
        event_of(observation(code={"text": "a  b"})).id
    )


def test_a_thing_is_named_by_its_id_else_its_identifier_else_its_place_in_the_message() -> None:
    named = {"system": "https://example.nhs.uk/o", "value": "7"}
    without = {k: v for k, v in observation().items() if k != "id"}
    entry = {"resource": without, "fullUrl": "urn:uuid:4f9f3ab4-63a0-4b57-8b8f-0ed4c7b60d11"}
    placed = {"resourceType": "Bundle", "type": "collection", "entry": [entry]}
    assert event_of(observation()).thread == "RX1|Observation/o1"
    assert event_of({**without, "identifier": [named]}).thread == (
        "RX1|Observation?https://example.nhs.uk/o|7"
    )
    assert event_of(placed).thread == f"RX1|Observation/{entry['fullUrl']}"
    assert event_of(without).thread == event_of(dict(without)).thread


def test_a_thread_fits_an_index() -> None:
    without = {k: v for k, v in observation().items() if k != "id"}
    event = event_of({**without, "identifier": [{"value": "é" * 4_000}]})
    assert len(event.thread) <= LONGEST_NAME


def version(resource: Json) -> str:
    return event_of(resource).version


@given(versions=st.lists(st.integers(0, 10**64 - 1), min_size=2, max_size=6, unique=True))
def test_of_one_moment_the_greater_version_number_is_the_later(versions: list[int]) -> None:
    at = "2026-02-01T09:00:00Z"
    by_text = sorted(versions, key=lambda number: version(written_at(at, str(number))))
    assert by_text == sorted(versions)


times_of_writing = st.timedeltas(timedelta(0), RECEIVED - FIRST_MOMENT).map(
    lambda since: FIRST_MOMENT + since
)


@given(one=times_of_writing, other=times_of_writing)
def test_the_time_of_writing_comes_before_the_version_number(
    one: datetime, other: datetime
) -> None:
    earlier, later = sorted([one, other])
    first = version(written_at(earlier.isoformat(timespec="microseconds"), "10"))
    last = version(written_at(later.isoformat(timespec="microseconds"), "9"))
    assert (first < last) == (earlier < later)


def test_of_one_moment_and_number_the_content_decides_the_same_way_each_time() -> None:
    at = "2026-02-01T09:00:00Z"
    one, other = (written_at(at, "1", status=status) for status in ("final", "amended"))
    assert version(one) != version(other)
    assert version(one) == version(dict(one))


def test_a_version_that_is_no_number_counts_as_none() -> None:
    at = "2026-02-01T09:00:00Z"
    assert version(written_at(at, "W-2")) < version(written_at(at, "1"))


def test_a_time_of_writing_that_is_not_there_is_the_messages_else_the_receipts() -> None:
    stamped = event_of(bundle("collection", written_at(), timestamp="2026-02-03T00:00:00Z"))
    assert stamped.recorded == datetime(2026, 2, 3, tzinfo=UTC)
    assert Flag.NO_RECORDED_TIME not in stamped.flags
    bare = event_of(written_at())
    assert bare.recorded == RECEIVED
    assert Flag.NO_RECORDED_TIME in bare.flags


def test_a_clock_far_ahead_is_held_to_the_receipt_and_flagged() -> None:
    event = event_of(written_at("2026-03-03T00:00:00Z"))
    assert event.recorded == RECEIVED
    assert Flag.CLOCK_AHEAD in event.flags


def test_a_clock_a_little_ahead_is_believed() -> None:
    event = event_of(written_at("2026-03-02T11:00:00Z"))
    assert event.recorded == datetime(2026, 3, 2, 11, tzinfo=UTC)
    assert Flag.CLOCK_AHEAD not in event.flags


@pytest.mark.parametrize(("status", "ahead"), [("in-progress", True), ("planned", False)])
def test_only_what_has_begun_cannot_start_in_the_future(status: str, ahead: bool) -> None:
    event = event_of(encounter(status=status, period={"start": "2026-06-01T09:00:00Z"}))
    assert (Flag.CLOCK_AHEAD in event.flags) == ahead


@pytest.mark.parametrize(
    ("elements", "start", "end"),
    [
        ({"effectiveDateTime": "2026-02-01"}, datetime(2026, 2, 1, tzinfo=UTC), None),
        (
            {"effectivePeriod": {"start": "2026-07-01", "end": "2026-07-02T10:00:00+01:00"}},
            datetime(2026, 6, 30, 23, tzinfo=UTC),
            datetime(2026, 7, 2, 9, tzinfo=UTC),
        ),
        (
            {"effectiveInstant": "2026-02-01T10:00:00Z", "issued": "2026-02-02T10:00:00Z"},
            datetime(2026, 2, 1, 10, tzinfo=UTC),
            None,
        ),
        ({"issued": "2026-02-02T10:00:00Z"}, datetime(2026, 2, 2, 10, tzinfo=UTC), None),
        ({}, None, None),
    ],
)
def test_a_fact_occurred_when_the_resource_says_that_it_happened(
    elements: Json, start: datetime | None, end: datetime | None
) -> None:
    event = event_of(observation(**elements))
    assert (event.occurred_start, event.occurred_end) == (start, end)


@pytest.mark.parametrize(
    "resource",
    [
        {"resourceType": "Appointment", "start": "2026-02-01T10:00:00Z", "status": "booked"}
        | {"participant": [{"status": "accepted"}], "created": "2026-01-01"},
        {"resourceType": "Task", "executionPeriod": {"start": "2026-02-01T10:00:00Z"}}
        | {"status": "requested", "intent": "order", "authoredOn": "2026-01-01"},
        {"resourceType": "Procedure", "performedDateTime": "2026-02-01T10:00:00Z"}
        | {"status": "completed", "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Condition", "onsetDateTime": "2026-02-01T10:00:00Z"}
        | {"subject": {"reference": "Patient/p1"}, "recordedDate": "2026-02-09"},
        {"resourceType": "Communication", "sent": "2026-02-01T10:00:00Z", "status": "completed"},
        {"resourceType": "Immunization", "occurrenceDateTime": "2026-02-01T10:00:00Z"},
        {"resourceType": "QuestionnaireResponse", "status": "completed"}
        | {"authored": "2026-02-01T10:00:00Z"},
    ],
    ids=lambda resource: str(resource["resourceType"]),
)
def test_the_time_of_the_event_comes_before_the_time_of_writing_it_down(resource: Json) -> None:
    assert event_of(resource).occurred_start == datetime(2026, 2, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("label", ["R", "V"])
def test_a_restricted_label_is_kept_on_the_event(label: str) -> None:
    assert event_of(observation(meta={"security": [{"code": label}]})).restricted
    assert not event_of(observation(meta={"security": [{"code": "N"}]})).restricted


def deletion(**entry: Any) -> CareEvent:
    return event_of(history({**delete("Encounter/e1"), **entry}))


def test_a_deletion_is_a_fact_of_the_thing_that_it_deletes() -> None:
    changed, gone = events_of(history(put(encounter()), delete("Encounter/e1")))
    assert not changed.deleted
    assert gone.deleted
    assert gone.kind == "Encounter"
    assert gone.thread == changed.thread
    assert event_of(history(delete("https://example.nhs.uk/fhir/Encounter/e1"))).id == gone.id


def test_a_deletion_is_as_old_as_its_answer_says() -> None:
    answer = {"status": "204", "lastModified": "2026-02-05T10:00:00Z"}
    event = deletion(response=answer)
    assert event.recorded == datetime(2026, 2, 5, 10, tzinfo=UTC)
    assert event.version > version(encounter())


def test_a_deletion_that_shows_what_was_deleted_is_still_a_deletion() -> None:
    assert deletion(resource=encounter()).deleted


def test_a_deletion_by_search_is_kept_under_the_name_of_the_search() -> None:
    search = "Observation?identifier=https://example.nhs.uk/o|7"
    other = history(put(observation()), delete(search), delete(search + "1"))
    kept, gone, gone_too = events_of(other)
    assert gone.deleted
    assert gone.kind == "Observation"
    assert len({kept.thread, gone.thread, gone_too.thread}) == 3


def test_a_deletion_hides_no_person_that_the_rest_of_the_message_names() -> None:
    search = "Patient?identifier=https://example.nhs.uk/mrn|7"
    named = encounter(subject={"reference": search})
    kept, _ = events_of(history(put(named), delete(search)))
    assert kept.subject == identifier_key("RX1", "https://example.nhs.uk/mrn", "7")


def test_white_space_around_a_message_is_not_kept() -> None:
    event = event_of(b" \r\n" + orjson.dumps(encounter()) + b"\n")
    assert decode(encode(event)) == event


def test_what_a_transaction_only_asks_for_is_no_fact() -> None:
    made = bundle("transaction", encounter())
    made["entry"].append({"request": {"method": "GET", "url": "Patient/p1"}})
    assert [event.kind for event in events_of(made)] == ["Encounter"]


@pytest.mark.parametrize("name", ["application/json", "application/fhir+json; charset=UTF-8"])
def test_any_spelling_of_the_fhir_content_type_is_read(name: str) -> None:
    assert event_of(encounter(), content_type=name).kind == "Encounter"


def test_a_repeated_key_is_read_the_same_way_everywhere() -> None:
    body = orjson.dumps(encounter(location=[at_ward("W1")]))
    body = body[:-1] + b',"status":"finished"}'
    event = event_of(received(body).body)
    assert event.parsed()["status"] == "finished"
