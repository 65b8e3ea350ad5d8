"""Referrals and bookings by BaRS: ids that must be there, duplicates, answers, errors by its codes.

Source: NHS Booking and Referral Standard, transactional integrity.
"""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.gateway.bars import ERROR_SYSTEM, EVENT_SYSTEMS
from services.web import create_app
from tests.builders import bundle, encounter, message_header, verified
from tests.store.conftest import House
from tests.store.gateway.site import (
    Json,
    Site,
    fhir_of,
    issues_of,
    message,
    response_of,
    with_topics,
)

IDS = {
    "X-Request-ID": "60e0b220-8136-4ca5-ae46-1d97ef59d068",
    "X-Correlation-ID": "11c46f5f-cdef-4865-94b2-0ee0edcc26da",
}
PATH = "/fhir/$process-message"


def bars(code: str = "servicerequest-request", system: str = EVENT_SYSTEMS[0], **more: Any) -> Json:
    header = message_header(eventCoding={"system": system, "code": code}, **more)
    referral = {
        "resourceType": "ServiceRequest",
        "id": "r1",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
    }
    return bundle("message", header, referral, verified())


def codes_of(answer: httpx.Response) -> set[tuple[str, str, str]]:
    """The severity, the FHIR code and BaRS's own code of each issue."""
    return {
        (issue["severity"], issue["code"], coding["code"])
        for issue in issues_of(answer)
        for coding in issue["details"]["coding"]
        if coding["system"] == ERROR_SYSTEM
    }


def event_of(answer: httpx.Response) -> Json:
    event: Json = fhir_of(answer)["entry"][0]["resource"]["eventCoding"]
    return event


@pytest.mark.parametrize("system", EVENT_SYSTEMS)
@pytest.mark.parametrize(
    ("code", "answered"),
    [
        ("servicerequest-request", "servicerequest-response"),
        ("booking-request", "booking-response"),
        ("servicerequest-response", "servicerequest-response"),
    ],
)
async def test_a_message_is_answered_by_its_response(
    publisher: httpx.AsyncClient, system: str, code: str, answered: str
) -> None:
    made = bars(code, system, id=f"{code}.{len(system)}")
    answer = await publisher.post(PATH, json=made, headers=IDS)
    assert answer.status_code == 200
    assert event_of(answer) == {"system": system, "code": answered}
    assert response_of(answer)["code"] == "ok"
    assert response_of(answer)["identifier"] == made["entry"][0]["resource"]["id"]
    header = fhir_of(answer)["entry"][0]["resource"]
    assert header["destination"] == [{"endpoint": message_header()["source"]["endpoint"]}]


async def test_a_duplicate_is_a_conflict_that_says_duplicate(publisher: httpx.AsyncClient) -> None:
    first, again = [
        await publisher.post(PATH, json=bars(id="twice"), headers=IDS) for _ in range(2)
    ]
    assert first.status_code == 200
    assert again.status_code == 409
    assert codes_of(again) == {("error", "duplicate", "REC_CONFLICT")}


@pytest.mark.parametrize("missing", IDS)
async def test_a_message_without_its_ids_is_refused_and_not_kept(
    site: Site, publisher: httpx.AsyncClient, missing: str
) -> None:
    before = len(await site.kept())
    given = {name: value for name, value in IDS.items() if name != missing}
    for headers in (given, {**given, missing: "  "}):
        answer = await publisher.post(PATH, json=bars(id="no-ids"), headers=headers)
        assert answer.status_code == 400
        assert response_of(answer)["code"] == "fatal-error"
        assert codes_of(answer) == {("error", "required", "REC_BAD_REQUEST")}
        assert [issue["expression"] for issue in issues_of(answer)] == [[f"http.{missing}"]]
    assert len(await site.kept()) == before
    once_more = await publisher.post(PATH, json=bars(id="no-ids"), headers=IDS)
    assert once_more.status_code == 200


async def test_what_is_wrong_with_a_message_is_told_by_the_standards_codes(
    publisher: httpx.AsyncClient,
) -> None:
    wrong = bars(id="wrong")
    wrong["entry"][1]["resource"]["status"] = 7
    answer = await publisher.post(PATH, json=wrong, headers=IDS)
    assert answer.status_code == 422
    assert response_of(answer)["code"] == "fatal-error"
    assert {code for _, _, code in codes_of(answer)} == {"REC_UNPROCESSABLE_ENTITY"}


async def test_other_messages_need_no_ids_and_have_no_codes_of_the_standard(
    publisher: httpx.AsyncClient,
) -> None:
    answer = await publisher.post(PATH, json=message(id="plain"))
    assert answer.status_code == 200
    assert all("details" not in issue for issue in issues_of(answer))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", PATH, message(id="echo")),
        ("POST", PATH, bars(id="echo-bars")),
        ("POST", "/fhir/Encounter", encounter(id="echo")),
        ("POST", "/fhir/Encounter", encounter(id="echo", status=7)),
        ("DELETE", "/fhir/Encounter/echo", None),
        ("GET", "/fhir/metadata", None),
        ("GET", "/fhir/nothing/here/at/all", None),
    ],
)
async def test_the_ids_of_a_request_come_back_with_its_answer(
    publisher: httpx.AsyncClient, method: str, path: str, body: Json | None
) -> None:
    answer = await publisher.request(method, path, json=body, headers=IDS)
    assert {name: answer.headers[name] for name in IDS} == IDS
    plain = await publisher.request(method, path, json=body)
    assert not any(name in plain.headers for name in IDS)


async def test_the_ids_come_back_to_somebody_without_a_token(site: Site) -> None:
    async with site.visited(None) as stranger:
        answer = await stranger.post(PATH, json=bars(), headers=IDS)
    assert answer.status_code == 401
    assert {name: answer.headers[name] for name in IDS} == IDS


async def test_without_kafka_a_message_is_told_to_come_again(house: House, tmp_path: Path) -> None:
    broker = await with_topics(tmp_path)
    settings = house.settings.model_copy(update={"kafka": broker.address})
    app = create_app(settings)
    try:
        async with app.router.lifespan_context(app), Site(app, settings).visited() as client:
            broker.kill()
            answers = await asyncio.gather(
                client.post(PATH, json=bars(id="away"), headers=IDS),
                client.post(PATH, json=message(id="away-too")),
            )
    finally:
        await broker.stop()
    for answer, name in zip(answers, ("away", "away-too"), strict=True):
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) > 0
        assert response_of(answer)["code"] == "transient-error"
        assert response_of(answer)["identifier"] == name
    assert codes_of(answers[0]) == {("error", "transient", "REC_SERVICE_UNAVAILABLE")}
