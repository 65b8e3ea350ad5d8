"""What the entries of transactions, batches and histories ask: each method is honoured."""

from typing import Any

import pytest

from schemas.errors import Reason, Reject
from schemas.events import CareEvent
from tests.builders import (
    bundle,
    delete,
    encounter,
    event_of,
    events_of,
    history,
    observation,
    patient,
    put,
)

Json = dict[str, Any]

OWN = {"system": "https://example.nhs.uk/visit", "value": "77"}
SEARCH = "Encounter?identifier=https://example.nhs.uk/visit|77"
NAMELESS = {name: value for name, value in encounter().items() if name != "id"}
BY_IDENTIFIER = "RX1|Encounter?https://example.nhs.uk/visit|77"


def asking(
    method: str, url: str, resource: Json | None = None, *, kind: str = "transaction", **more: Any
) -> Json:
    entry: Json = {"request": {"method": method, "url": url, **more}}
    if resource is not None:
        entry["resource"] = resource
    made = {"resourceType": "Bundle", "type": kind, "entry": [entry]}
    return made if kind != "history" else history(entry)


def refusal(made: Json) -> Reject:
    with pytest.raises(Reject) as caught:
        events_of(made)
    return caught.value


def refused_at(made: Json) -> str:
    (problem,) = refusal(made).problems
    assert refusal(made).reason == Reason.INVALID
    return problem.path


def test_a_put_by_id_is_a_state_of_the_thing_that_it_names() -> None:
    assert event_of(asking("PUT", "Encounter/e1", encounter())).thread == "RX1|Encounter/e1"
    assert event_of(asking("PUT", "Encounter/e9", NAMELESS)).thread == "RX1|Encounter/e9"
    person = {"resourceType": "Patient", "birthDate": "1948-02-29"}
    assert event_of(asking("PUT", "Patient/p7", person)).subject == "RX1/Patient/p7"


def test_the_id_that_only_the_request_says_is_not_written_into_the_resource() -> None:
    assert event_of(asking("PUT", "Encounter/e9", NAMELESS)).parsed() == NAMELESS


def test_a_full_url_says_the_id_of_a_resource_that_does_not() -> None:
    made = bundle("collection", NAMELESS)
    made["entry"][0]["fullUrl"] = "https://example.nhs.uk/fhir/Encounter/e9"
    assert event_of(made).thread == "RX1|Encounter/e9"


def test_a_conditional_update_is_a_state_of_the_thing_with_that_identifier() -> None:
    other_first = {**NAMELESS, "identifier": [{"value": "1"}, OWN]}
    assert event_of(asking("PUT", SEARCH, other_first)).thread == BY_IDENTIFIER
    assert event_of({**NAMELESS, "identifier": [OWN]}).thread == BY_IDENTIFIER


def test_a_conditional_deletion_deletes_the_thing_with_that_identifier() -> None:
    gone = event_of(asking("DELETE", SEARCH))
    assert (gone.thread, gone.deleted) == (BY_IDENTIFIER, True)


def create_if_none(resource: Json, **elements: Any) -> CareEvent:
    search = SEARCH.partition("?")[2]
    return event_of(asking("POST", "Encounter", {**resource, **elements}, ifNoneExist=search))


def test_a_conditional_creation_counts_only_where_nothing_else_is_known() -> None:
    first = create_if_none(NAMELESS)
    assert first.thread == BY_IDENTIFIER
    oldest = {**NAMELESS, "meta": {"lastUpdated": "1900-01-01T00:00:00Z"}, "identifier": [OWN]}
    assert first.version < event_of(oldest).version


def test_of_two_conditional_creations_the_earlier_one_is_the_thing() -> None:
    early, late = (
        create_if_none(NAMELESS, meta={"lastUpdated": f"2026-02-0{day}T09:00:00Z"})
        for day in (1, 2)
    )
    assert early.version > late.version


def test_a_conditional_creation_is_another_fact_than_the_plain_one() -> None:
    named = {**NAMELESS, "identifier": [OWN]}
    plain = event_of(asking("POST", "Encounter", named))
    conditional = create_if_none(named)
    assert plain.thread == conditional.thread
    assert plain.id != conditional.id


@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_patch_is_refused_with_its_path(kind: str) -> None:
    changes = {"resourceType": "Binary", "contentType": "application/json-patch+json"}
    assert refused_at(asking("PATCH", "Encounter/e1", changes, kind=kind)) == (
        "Bundle.entry[0].request.method"
    )


def test_a_patch_in_a_history_shows_the_state_that_it_led_to() -> None:
    assert event_of(asking("PATCH", "Encounter/e1", encounter(), kind="history")).thread == (
        "RX1|Encounter/e1"
    )


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (asking("PUT", "Encounter/e2", encounter()), "Bundle.entry[0].resource.id"),
        (asking("PUT", "Patient/e1", encounter()), "Bundle.entry[0].request.url"),
        (asking("POST", "Patient", encounter()), "Bundle.entry[0].request.url"),
        (asking("POST", "Patient/p1/$merge", encounter()), "Bundle.entry[0].request.url"),
        (asking("POST", "$process-message", encounter()), "Bundle.entry[0].request.url"),
        (asking("DELETE", "Encounter"), "Bundle.entry[0].request.url"),
    ],
)
def test_a_request_that_is_no_state_of_the_thing_is_refused_with_its_path(
    made: Json, path: str
) -> None:
    assert refused_at(made) == path


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("GET", "Patient/p1"),
        ("HEAD", "Patient"),
        ("POST", "Patient/_search"),
        ("POST", "ValueSet/$expand"),
    ],
)
def test_what_only_asks_to_read_is_no_event(method: str, url: str) -> None:
    assert refusal(asking(method, url)).reason == Reason.EMPTY_BUNDLE
    made = asking(method, url)
    made["entry"].append(put(encounter()))
    assert [event.kind for event in events_of(made)] == ["Encounter"]


def test_a_history_says_when_and_in_which_version_a_resource_was_written() -> None:
    bare = observation()
    versions = [
        {**put(bare), "response": {"status": "200", "etag": f'W/"{n}"', "lastModified": at}}
        for n, at in ((9, "2026-02-01T09:00:00Z"), (10, "2026-02-01T09:00:00Z"))
    ]
    events = events_of(history(*reversed(versions)))
    later, earlier = events
    assert earlier.version < later.version
    assert earlier.recorded == later.recorded
    assert earlier.id != later.id


def test_what_a_resource_says_of_its_version_goes_before_what_its_history_says() -> None:
    said = observation(meta={"versionId": "3", "lastUpdated": "2026-02-01T09:00:00Z"})
    entry = {**put(said), "response": {"status": "200", "etag": 'W/"9"'}}
    assert event_of(history(entry)).id == event_of(said).id


def test_a_history_of_making_changing_and_deleting_is_each_of_them() -> None:
    made, changed, gone = events_of(
        history(
            {"resource": encounter(), "request": {"method": "POST", "url": "Encounter"}},
            put(encounter(status="finished")),
            delete("Encounter/e1"),
        )
    )
    assert {made.thread, changed.thread, gone.thread} == {"RX1|Encounter/e1"}
    assert [one.deleted for one in (made, changed, gone)] == [False, False, True]


def outcome() -> Json:
    issue = {"severity": "error", "code": "duplicate"}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def test_an_outcome_that_somebody_publishes_is_kept_as_it_is() -> None:
    (kept,) = events_of(outcome())
    assert (kept.kind, kept.subject) == ("OperationOutcome", None)


def test_what_a_search_says_of_itself_is_no_event_what_it_found_is() -> None:
    found = bundle("searchset", outcome(), patient())
    assert [event.kind for event in events_of(found)] == ["Patient"]
    assert refusal(bundle("searchset", outcome())).reason == Reason.EMPTY_BUNDLE
