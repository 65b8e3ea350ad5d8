"""Headers and bodies that lie."""

from typing import Any

import httpx
import orjson
import pytest
import structlog

from schemas.inbound import inbound, received_at
from services.access.viewer import Role
from tests.builders import (
    encounter,
)
from tests.store.gateway.site import LIMIT, Json, Site


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
