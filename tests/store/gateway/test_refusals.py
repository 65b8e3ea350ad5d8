"""What cannot be read is refused with every reason, and kept."""

from collections.abc import AsyncIterator

import httpx
import orjson
import pytest

from deploy.brokers import BrokerProcess
from schemas.errors import Reason
from schemas.topics import ContentType
from services.web import create_app
from tests.builders import (
    encounter,
)
from tests.store.conftest import House
from tests.store.gateway.site import FHIR, LIMIT, Site, issues_of


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


NAMELESS = orjson.dumps(encounter(id=None))
REFUSED = [
    (b"{", FHIR, 400, "not-json"),
    (b"", FHIR, 400, "not-json"),
    (b'"a text"', FHIR, 400, "not-fhir"),
    (b'{"resourceType": 5}', FHIR, 400, "not-fhir"),
    (b'{"resourceType": "Patient", "id": "\xff"}', FHIR, 400, "not-utf8"),
    (b'{"resourceType": "Patient", "id": "a\\u0000b"}', FHIR, 400, "nul-character"),
    (nested(1_000), FHIR, 400, "too-deep"),
    (b"[" * 50_000, FHIR, 400, "too-deep"),
    (b"MSH|^~\\&|A|B", ContentType.HL7V2.value, 400, "not-hl7v2"),
    (b"MSH|^~\\&|A|B", FHIR, 400, "not-hl7v2"),
    (b"<Patient/>", "application/fhir+xml", 415, "unknown-content-type"),
    (NAMELESS, "text/plain; charset=utf-8", 415, "unknown-content-type"),
    (b'{"resourceType": "Bundle", "type": "batch"}', FHIR, 400, "empty-bundle"),
]


@pytest.mark.parametrize(("body", "kind", "status", "reason"), REFUSED)
async def test_what_cannot_be_read_is_refused_with_its_reason_and_kept_as_it_came(
    site: Site, publisher: httpx.AsyncClient, body: bytes, kind: str, status: int, reason: Reason
) -> None:
    answer = await publisher.post("/fhir", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["x-reason"]) == (status, reason)
    assert answer.headers["x-outcome"] == "rejected"
    assert issues_of(answer)[0]["diagnostics"]
    assert ((await site.kept_as(answer)).value or b"") == body


async def test_a_hundred_thousand_levels_break_nothing(house: House, broker: BrokerProcess) -> None:
    settings = house.settings.model_copy(update={"kafka": broker.address})
    app = create_app(settings)
    async with app.router.lifespan_context(app), Site(app, settings).visited() as client:
        for path in ("/fhir", "/fhir/$process-message", "/fhir/Patient"):
            answer = await client.post(path, content=nested(100_000))
            assert (answer.status_code, answer.headers["x-reason"]) == (400, "too-deep")
            assert issues_of(answer)
        assert (await client.post("/fhir/Encounter", json=encounter())).status_code == 202


async def test_every_wrong_element_is_named(publisher: httpx.AsyncClient) -> None:
    wrong = encounter(status=5, period={"start": "yesterday"}, unknown=1)
    answer = await publisher.post("/fhir/Encounter", json=wrong)
    assert answer.status_code == 422
    paths = {path for issue in issues_of(answer) for path in issue["expression"]}
    assert paths == {"Encounter.status", "Encounter.period.start", "Encounter.unknown"}


@pytest.mark.parametrize("path", ["/fhir", "/fhir/Encounter", "/fhir/$process-message"])
async def test_a_body_over_the_limit_is_refused_and_not_kept(
    site: Site, publisher: httpx.AsyncClient, path: str
) -> None:
    before = len(await site.kept())
    body = orjson.dumps(encounter(id="a" * LIMIT))

    async def in_parts() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 1_000):
            yield body[at : at + 1_000]

    for content in (body, in_parts()):
        answer = await publisher.post(path, content=content)
        assert answer.status_code == 413
        assert answer.headers["x-reason"] == "too-large"
        assert [issue["code"] for issue in issues_of(answer)] == ["too-long"]
    assert len(await site.kept()) == before


async def test_a_body_of_just_the_limit_is_taken(publisher: httpx.AsyncClient) -> None:
    body = orjson.dumps(encounter(id="full"))
    content = body[:-1] + b" " * (LIMIT - len(body)) + body[-1:]
    assert (await publisher.post("/fhir/Encounter", content=content)).status_code == 202
