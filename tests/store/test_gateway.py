"""The doors for events: what each answers, what it keeps, and what it never does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from fastapi import FastAPI
from fhir.resources.R4B import get_fhir_model_class

from deploy.brokers import BrokerProcess
from deploy.embedded.broker import start_broker
from deploy.topics import create_topics
from schemas.errors import Reason
from schemas.events import CareEvent
from schemas.inbound import inbound, received_at
from schemas.settings import Settings
from schemas.topics import PARTITIONS, TOPICS, ContentType, Topic
from services.access.tokens import issue
from services.access.viewer import Role, Viewer
from services.web import create_app
from streams.intake.read import Limits, read
from tests.builders import (
    bundle,
    delete,
    encounter,
    events_of,
    message_header,
    observation,
    patient,
    verified,
)
from tests.store.conftest import House

Json = dict[str, Any]

LIMIT = 60_000
FHIR = "application/fhir+json"


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrokerProcess]:
    running = asyncio.run(_with_topics(tmp_path_factory.mktemp("broker")))
    yield running
    asyncio.run(running.stop())


async def _with_topics(directory: Path) -> BrokerProcess:
    running = await start_broker(None, directory / "broker.log")
    await create_topics(running.address, TOPICS)
    return running


@dataclass(frozen=True)
class Site:
    """The services, connected, and what their inbound topic holds."""

    app: FastAPI
    settings: Settings

    @asynccontextmanager
    async def visited(
        self, role: Role | None = Role.PUBLISHER, **headers: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client of organisation RX1 in the role; without a token for None."""
        if role:
            viewer = Viewer(user="u1", name="U One", role=role, org="RX1")
            headers["Authorization"] = f"Bearer {issue(self.settings, viewer)}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://test", headers=headers
        ) as client:
            yield client

    async def kept(self) -> list[ConsumerRecord]:
        """Every record of the inbound topic."""
        partitions = [TopicPartition(Topic.INBOUND, number) for number in range(PARTITIONS)]
        consumer = AIOKafkaConsumer(bootstrap_servers=self.settings.kafka, fetch_max_wait_ms=10)
        await consumer.start()
        try:
            consumer.assign(partitions)
            await consumer.seek_to_beginning()
            found: list[ConsumerRecord] = []
            while got := await consumer.getmany(timeout_ms=300):
                found += [record for records in got.values() for record in records]
            return found
        finally:
            await consumer.stop()

    async def kept_as(self, answer: httpx.Response) -> ConsumerRecord:
        """The record that an answer says the message is kept as."""
        partition, _, offset = answer.headers["x-position"].partition(":")
        at = (int(partition), int(offset))
        return {(record.partition, record.offset): record for record in await self.kept()}[at]

    async def read_as(self, answer: httpx.Response) -> list[CareEvent]:
        """The facts that intake will read in what was kept."""
        kept = await self.kept_as(answer)
        as_received = inbound(kept.value, kept.headers, received_at(kept.timestamp))
        return read(as_received, Limits(LIMIT, self.settings.max_json_depth))


@pytest_asyncio.fixture
async def site(house: House, broker: BrokerProcess) -> AsyncIterator[Site]:
    told = {"kafka": broker.address, "max_message_bytes": LIMIT}
    settings = house.settings.model_copy(update=told)
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        yield Site(app, settings)


@pytest_asyncio.fixture
async def publisher(site: Site) -> AsyncIterator[httpx.AsyncClient]:
    async with site.visited() as client:
        yield client


def fhir_of(answer: httpx.Response) -> Json:
    """The FHIR resource that was answered, checked by another reader of FHIR than ours."""
    assert answer.headers["content-type"] == FHIR
    found: Json = answer.json()
    get_fhir_model_class(found["resourceType"]).model_validate(found)
    return found


def issues_of(answer: httpx.Response) -> list[Json]:
    found = fhir_of(answer)
    if found["resourceType"] == "Bundle":
        found = found["entry"][1]["resource"]
    assert found["resourceType"] == "OperationOutcome"
    issues: list[Json] = found["issue"]
    return issues


def response_of(answer: httpx.Response) -> Json:
    """`MessageHeader.response` of an answered message, whose details are in the same Bundle."""
    header, details = fhir_of(answer)["entry"]
    assert header["resource"]["resourceType"] == "MessageHeader"
    response: Json = header["resource"]["response"]
    assert response["details"]["reference"] == details["fullUrl"]
    return response


def message(**elements: Any) -> Json:
    return bundle("message", message_header(**elements), verified(), encounter())


# ---- messages


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


# ---- Bundles and resources


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_a_bundle_of_requests_has_a_response_for_each(
    publisher: httpx.AsyncClient, kind: str
) -> None:
    sent = bundle(kind, verified(), encounter(), observation())
    first, again = [await publisher.post("/fhir", json=sent) for _ in range(2)]
    for answer, status in ((first, "202"), (again, "200")):
        assert answer.status_code == 200
        assert fhir_of(answer)["type"] == f"{kind}-response"
        assert fhir_of(answer)["entry"] == [{"response": {"status": status}}] * 3


async def test_a_bundle_of_requests_that_is_refused_has_one_outcome(
    publisher: httpx.AsyncClient,
) -> None:
    answer = await publisher.post("/fhir", json=bundle("batch", encounter(status=5)))
    assert answer.status_code == 422
    assert fhir_of(answer)["resourceType"] == "OperationOutcome"


async def test_any_other_bundle_is_taken_as_a_whole(publisher: httpx.AsyncClient) -> None:
    answer = await publisher.post("/fhir", json=bundle("collection", verified(), encounter()))
    assert answer.status_code == 202
    assert [issue["severity"] for issue in issues_of(answer)] == ["information"]


async def test_one_resource_is_taken_new_or_in_a_new_state(publisher: httpx.AsyncClient) -> None:
    made = await publisher.post("/fhir/Encounter", json=encounter())
    changed = await publisher.put("/fhir/Encounter/e1", json=encounter(status="finished"))
    assert [made.status_code, changed.status_code] == [202, 202]
    assert issues_of(made)
    assert issues_of(changed)


@pytest.mark.parametrize(
    ("method", "path", "element"),
    [
        ("POST", "/fhir/Observation", "resourceType"),
        ("PUT", "/fhir/Observation/e1", "resourceType"),
        ("PUT", "/fhir/Encounter/e2", "id"),
    ],
)
async def test_a_path_that_names_another_thing_is_refused(
    site: Site, publisher: httpx.AsyncClient, method: str, path: str, element: str
) -> None:
    before = len(await site.kept())
    answer = await publisher.request(method, path, json=encounter())
    assert answer.status_code == 400
    assert [issue["expression"] for issue in issues_of(answer)] == [[element]]
    assert len(await site.kept()) == before


async def test_an_update_without_an_id_is_refused(publisher: httpx.AsyncClient) -> None:
    nameless = {name: value for name, value in encounter().items() if name != "id"}
    answer = await publisher.put("/fhir/Encounter/e1", json=nameless)
    assert answer.status_code == 400
    assert issues_of(answer)[0]["expression"] == ["id"]


@pytest.mark.parametrize("kind", [FHIR, ContentType.HL7V2.value, "text/plain"])
async def test_a_deletion_is_a_fact_whatever_type_its_empty_body_has(
    site: Site, publisher: httpx.AsyncClient, kind: str
) -> None:
    answer = await publisher.delete("/fhir/Encounter/e1", headers={"Content-Type": kind})
    assert answer.status_code == 202
    assert issues_of(answer)
    (event,) = await site.read_as(answer)
    assert event.deleted
    assert event.thread == "RX1|Encounter/e1"


@pytest.mark.parametrize("path", ["/fhir/encounter/e1", "/fhir/Encounter/a%20b", "/fhir/E!/1"])
async def test_a_deletion_of_what_cannot_be_is_refused(
    publisher: httpx.AsyncClient, path: str
) -> None:
    answer = await publisher.delete(path)
    assert answer.status_code == 422
    assert issues_of(answer)


async def test_a_deletion_in_a_bundle_is_taken(publisher: httpx.AsyncClient) -> None:
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [delete("Encounter/e1")]}
    answer = await publisher.post("/fhir", json=sent)
    assert fhir_of(answer)["entry"] == [{"response": {"status": "202"}}]


async def test_the_server_says_what_it_does(site: Site) -> None:
    async with site.visited(None) as anyone:
        said = fhir_of(await anyone.get("/fhir/metadata"))
    (rest,) = said["rest"]
    assert said["fhirVersion"] == "4.0.1"
    assert {one["type"] for one in rest["resource"]} > {"Patient", "Encounter", "ServiceRequest"}
    assert [operation["name"] for operation in rest["operation"]] == ["process-message"]


# ---- who may publish

DOORS = [
    ("POST", "/fhir/$process-message"),
    ("POST", "/fhir"),
    ("POST", "/fhir/Encounter"),
    ("PUT", "/fhir/Encounter/e1"),
    ("DELETE", "/fhir/Encounter/e1"),
]


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_no_door_opens_without_a_token(site: Site, method: str, path: str) -> None:
    before = len(await site.kept())
    async with site.visited(None) as stranger:
        answer = await stranger.request(method, path, content=orjson.dumps(encounter()))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert [issue["code"] for issue in issues_of(answer)] == ["login"]
    assert len(await site.kept()) == before


@pytest.mark.parametrize(("method", "path"), DOORS)
@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PUBLISHER, Role.ADMINISTRATOR}))
async def test_no_door_opens_for_those_who_do_not_publish(
    site: Site, method: str, path: str, role: Role
) -> None:
    async with site.visited(role) as other:
        answer = await other.request(method, path, content=orjson.dumps(encounter()))
    assert answer.status_code == 403
    assert [issue["code"] for issue in issues_of(answer)] == ["forbidden"]


@pytest.mark.parametrize(("method", "path"), DOORS)
async def test_a_publisher_does_not_speak_for_another_organisation(
    site: Site, method: str, path: str
) -> None:
    before = len(await site.kept())
    async with site.visited(Role.PUBLISHER, **{"X-Source": "RX2"}) as other:
        answer = await other.request(method, path, content=orjson.dumps(encounter()))
    assert answer.status_code == 403
    assert len(await site.kept()) == before


async def test_an_administrator_speaks_for_any_organisation(site: Site) -> None:
    headers = {"X-Source": "RX2", "X-Sector": "community"}
    async with site.visited(Role.ADMINISTRATOR, **headers) as administrator:
        answer = await administrator.post("/fhir/Encounter", json=encounter())
    (event,) = await site.read_as(answer)
    assert (event.source, event.sector) == ("RX2", "community")


# ---- what cannot be read


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
    (b"MSH|^~\\&|A|B", ContentType.HL7V2.value, 415, "hl7v2-not-read"),
    (b"MSH|^~\\&|A|B", FHIR, 415, "hl7v2-not-read"),
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


# ---- headers and bodies that lie


@pytest.mark.parametrize("promised", ["5", "abc", "-1", "\u00b2", str(LIMIT)])
async def test_what_was_promised_of_the_length_does_not_count_up_to_the_limit(
    publisher: httpx.AsyncClient, promised: str
) -> None:
    headers = {"Content-Length": promised}
    request = publisher.build_request("POST", "/fhir/Encounter", content=orjson.dumps(encounter()))
    request.headers = httpx.Headers([*raw_without_length(request), *latin(headers)])
    assert (await publisher.send(request)).status_code == 202


def raw_without_length(request: httpx.Request) -> list[tuple[bytes, bytes]]:
    return [
        (name, value) for name, value in request.headers.raw if name.lower() != b"content-length"
    ]


def latin(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


async def test_a_body_that_breaks_off_keeps_nothing_and_is_no_bug(site: Site) -> None:
    before = len(await site.kept())
    sent: list[Any] = []
    told = iter([{"type": "http.request", "body": b'{"resour', "more_body": True}])

    async def receive() -> Any:
        return next(told, {"type": "http.disconnect"})

    async def send(said: Any) -> None:
        sent.append(said)

    async with site.visited() as client:
        headers = [(b"authorization", client.headers["authorization"].encode())]
    with structlog.testing.capture_logs() as logs:
        await site.app(scope("POST", "/fhir", headers), receive, send)
    assert sent[0]["status"] == 400
    assert logs == []
    assert len(await site.kept()) == before


def scope(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> Json:
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "server": ("test", 80),
        "client": ("test", 1),
    }


@pytest.mark.parametrize("given", ["caf\u00e9", "\u00ff" * 40, "a" * 3_000, "one two", "\u00a0x"])
async def test_any_message_id_travels(site: Site, publisher: httpx.AsyncClient, given: str) -> None:
    request = publisher.build_request("POST", "/fhir/Encounter", json=encounter())
    request.headers = httpx.Headers([*request.headers.raw, *latin({"X-Message-ID": given})])
    answer = await publisher.send(request)
    assert answer.status_code == 202
    kept = await site.kept_as(answer)
    as_read = inbound(kept.value, kept.headers, received_at(kept.timestamp))
    # httpx reads the header's bytes as UTF-8 where they are that.
    assert dict(answer.headers.raw)[b"x-message-id"].decode("latin-1") == as_read.message_id


async def test_the_first_of_two_equal_headers_counts(
    site: Site, publisher: httpx.AsyncClient
) -> None:
    request = publisher.build_request("POST", "/fhir/Encounter", json=encounter())
    twice = [
        ("X-Message-ID", "one"),
        ("X-Message-ID", "two"),
        ("X-Source", "RX1"),
        ("X-Source", "RX2"),
    ]
    request.headers = httpx.Headers(
        [*request.headers.raw, *((name.encode(), value.encode()) for name, value in twice)]
    )
    answer = await publisher.send(request)
    assert answer.headers["x-message-id"] == "one"
    (event,) = await site.read_as(answer)
    assert (event.source, event.message_id) == ("RX1", "one")


@pytest.mark.parametrize("source", ["\u00a0", "R" * 400, "caf\u00e9", " RX9 "])
async def test_the_door_reads_a_source_as_intake_will(site: Site, source: str) -> None:
    async with site.visited(Role.ADMINISTRATOR) as administrator:
        request = administrator.build_request("POST", "/fhir/Encounter", json=encounter())
        request.headers = httpx.Headers([*request.headers.raw, *latin({"X-Source": source})])
        answer = await administrator.send(request)
    taken = answer.headers["x-outcome"] == "accepted"
    assert taken is bool(source.strip())
    if taken:
        assert await site.read_as(answer)


# ---- without Kafka, without the database


async def test_the_doors_stay_open_while_the_database_is_away(
    house: House, broker: BrokerProcess
) -> None:
    away = {"database": "postgresql+asyncpg://nobody@127.0.0.1:1/none", "kafka": broker.address}
    settings = house.settings.model_copy(update=away)
    app = create_app(settings)
    async with app.router.lifespan_context(app), Site(app, settings).visited() as client:
        first = await client.post("/fhir/Encounter", json=encounter())
        again = await client.post("/fhir/Encounter", json=encounter())
    assert [first.headers["x-outcome"], again.headers["x-outcome"]] == ["accepted", "duplicate"]


async def test_without_kafka_nothing_is_kept_and_the_sender_is_told_to_come_back(
    house: House, tmp_path: Path
) -> None:
    broker = await _with_topics(tmp_path)
    settings = house.settings.model_copy(update={"kafka": broker.address})
    app = create_app(settings)
    try:
        async with app.router.lifespan_context(app), Site(app, settings).visited() as client:
            broker.kill()
            paths = ("/fhir/Encounter", "/fhir/$process-message")
            for answer in await asyncio.gather(*(client.post(p, json=encounter()) for p in paths)):
                assert answer.status_code == 503
                assert int(answer.headers["retry-after"]) > 0
                assert [issue["code"] for issue in issues_of(answer)] == ["transient"]
            progress = await client.get("/api/progress")
            assert progress.status_code == 503
            assert progress.headers["content-type"] == "application/problem+json"
            await _started_again(broker)
            assert await Site(app, settings).kept() == []
            again = await client.post("/fhir/Encounter", json=encounter())
            assert again.headers["x-outcome"] == "accepted"
            assert len(await Site(app, settings).kept()) == 1
    finally:
        await broker.stop()


async def _started_again(broker: BrokerProcess) -> None:
    await broker.restart()
    await create_topics(broker.address, TOPICS)
