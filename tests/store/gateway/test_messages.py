"""Messages to `$process-message`, and what is answered."""

import httpx
import orjson
import pytest

from tests.builders import (
    bundle,
    encounter,
    events_of,
    message_header,
    observation,
    patient,
)
from tests.store.conftest import House
from tests.store.gateway.site import FHIR, Json, Site, fhir_of, issues_of, message, response_of


async def test_a_message_is_answered_with_a_message_that_names_it(
    publisher: httpx.AsyncClient,
) -> None:
    answer = await publisher.post("/fhir/$process-message", json=message(id="m-7"))
    assert answer.status_code == 200
    assert answer.headers["x-outcome"] == "accepted"
    assert response_of(answer)["identifier"] == "m-7"
    assert response_of(answer)["code"] == "ok"
    event = fhir_of(answer)["entry"][0]["resource"]["eventCoding"]
    assert event == message_header()["eventCoding"]


async def test_a_message_that_is_sent_again_is_a_duplicate_and_still_kept(
    site: Site, publisher: httpx.AsyncClient
) -> None:
    before = len(await site.kept())
    await publisher.post("/fhir/$process-message", json=message(id="m-8"))
    again = await publisher.post("/fhir/$process-message", json=message(id="m-8"))
    assert again.status_code == 409
    assert again.headers["x-outcome"] == "duplicate"
    assert response_of(again)["identifier"] == "m-8"
    assert [issue["code"] for issue in issues_of(again)] == ["duplicate"]
    assert len(await site.kept()) == before + 2


async def test_what_the_record_holds_is_a_duplicate_whoever_took_it_in(
    house: House, publisher: httpx.AsyncClient
) -> None:
    known, fresh = observation(id="known"), observation(id="fresh")
    await house.take(*events_of(known))
    outcomes = [
        (await publisher.post("/fhir/Observation", json=body)).headers["x-outcome"]
        for body in (known, fresh)
    ]
    assert outcomes == ["duplicate", "accepted"]


async def test_a_message_that_is_refused_says_every_path_and_is_kept_for_the_desk(
    site: Site, publisher: httpx.AsyncClient
) -> None:
    wrong = bundle("message", message_header(id="m-9"), encounter(status=5), patient(birthDate="x"))
    answer = await publisher.post("/fhir/$process-message", json=wrong)
    assert answer.status_code == 422
    assert answer.headers["x-reason"] == "invalid"
    assert response_of(answer)["identifier"] == "m-9"
    assert response_of(answer)["code"] == "fatal-error"
    paths = {path for issue in issues_of(answer) for path in issue["expression"]}
    assert paths == {"Bundle.entry[1].resource.status", "Bundle.entry[2].resource.birthDate"}
    assert orjson.loads((await site.kept_as(answer)).value) == wrong


@pytest.mark.parametrize(
    "header",
    [
        {"id": 5},
        {"id": "not an id, by far"},
        {"eventCoding": "admit"},
        {"eventCoding": {"code": 5}},
        {"eventCoding": None, "eventUri": ["x"]},
    ],
)
async def test_a_header_that_is_wrong_is_not_repeated_in_the_answer(
    publisher: httpx.AsyncClient, header: Json
) -> None:
    answer = await publisher.post("/fhir/$process-message", json=message(**header))
    assert answer.status_code == 422
    assert response_of(answer)["code"] == "fatal-error"


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"entry": [5]}', b'{"entry": {"a": 1}}'])
async def test_what_is_no_message_at_all_is_answered_with_one(
    publisher: httpx.AsyncClient, body: bytes
) -> None:
    headers = {"Content-Type": FHIR, "X-Message-ID": "with blanks / and marks"}
    answer = await publisher.post("/fhir/$process-message", content=body, headers=headers)
    assert answer.status_code == 400
    assert response_of(answer)["code"] == "fatal-error"
    assert issues_of(answer)
