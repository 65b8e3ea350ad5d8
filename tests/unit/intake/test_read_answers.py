"""What only a message says of a request: its other name, and which visit answers it."""

from typing import Any

import pytest

from schemas.events import CareEvent
from tests.builders import Json, bundle, encounter, events_of, message_header

REQUEST: Json = {
    "resourceType": "ServiceRequest",
    "id": "S1",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/p1"},
}
REPLY = {"response": {"identifier": "m0", "code": "ok"}, "focus": [{"reference": "Encounter/e1"}]}


def told(header: Json, *resources: Json, urls: tuple[str | None, ...] = ()) -> list[CareEvent]:
    """The events of a message Bundle behind its header; `urls` are its entries' fullUrls."""
    made = bundle("message", message_header(**header), *resources)
    for entry, url in zip(made["entry"][1:], urls, strict=False):
        if url:
            entry["fullUrl"] = url
    return events_of(made)[1:]


def test_the_visit_that_a_response_is_about_answers_the_request_in_it() -> None:
    request, visit = told(REPLY, REQUEST, encounter())
    assert (visit.answers, request.answers) == (request.thread, None)
    by_code = REPLY | {"eventCoding": {"code": "servicerequest-response"}}
    del by_code["response"]
    assert told(by_code, REQUEST, encounter())[1].answers == request.thread
    by_url = REPLY | {"focus": [{"reference": "urn:uuid:9"}]}
    _, visit = told(by_url, REQUEST, encounter(), urls=(None, "urn:uuid:9"))
    assert visit.answers == request.thread


@pytest.mark.parametrize(
    ("header", "resources"),
    [
        (REPLY | {"focus": [{"reference": "Encounter/e2"}]}, (REQUEST, encounter())),
        ({"focus": REPLY["focus"]}, (REQUEST, encounter())),
        (REPLY, (REQUEST, {**REQUEST, "id": "S2"}, encounter())),
        (REPLY, (encounter(),)),
        (REPLY, (REQUEST, encounter(basedOn=[{"reference": "ServiceRequest/S9"}]))),
    ],
    ids=["another focus", "no response", "two requests", "no request", "it says so itself"],
)
def test_no_other_visit_does(header: Any, resources: tuple[Json, ...]) -> None:
    assert [event.answers for event in told(header, *resources)] == [None] * len(resources)


def test_a_request_is_also_called_by_the_urn_that_its_message_gives_it() -> None:
    (request,) = told({}, REQUEST, urls=("urn:uuid:7",))
    assert request.called == ("urn:uuid:7",)
    (alone,) = told({}, REQUEST)
    assert (alone.called, alone.thread) == ((), request.thread)
    assert alone.id != request.id


@pytest.mark.parametrize(
    ("resource", "url"),
    [
        ({**REQUEST, "id": "7"}, "urn:uuid:7"),
        ({name: value for name, value in REQUEST.items() if name != "id"}, "urn:uuid:7"),
        (REQUEST, "https://example.nhs.uk/ServiceRequest/S1"),
        (encounter(), "urn:uuid:7"),
    ],
    ids=["the same", "its only name", "an address", "no request"],
)
def test_a_name_that_says_no_more_is_not_kept(resource: Json, url: str) -> None:
    (event,) = told({}, resource, urls=(url,))
    assert event.called == ()
