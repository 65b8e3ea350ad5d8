"""The services as one whole: what they publish of themselves, the reject desk, and a bug."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import jsonschema
import orjson
import pytest
import pytest_asyncio
import structlog
from fastapi import FastAPI

from schemas.asyncapi import document
from services.access.tokens import issue
from services.access.viewer import Role, Viewer
from services.rejects.api import AT_ONCE
from services.web import create_app
from tests.builders import encounter
from tests.store.conftest import House

Json = dict[str, Any]

METHODS = {"get", "post", "put", "delete"}
# The paths of the public surface that these services hold.
SURFACE = {
    "/fhir/$process-message",
    "/fhir",
    "/fhir/metadata",
    "/fhir/Patient/{}/$everything",
    "/fhir/{}",
    "/fhir/{}/{}",
    "/fhir/{}/_search",
    "/fhir/{}/{}/_history",
    "/fhir/{}/{}/_history/{}",
    "/api/people/search",
    "/api/people/{}",
    "/api/people/links",
    "/api/people/links/{}",
    "/api/people/reviews",
    "/api/people/reviews/{}",
    "/api/people/{}/identities",
    "/api/people/{}/timeline",
    "/api/people/{}/stays",
    "/api/people/{}/access-log",
    "/api/stays",
    "/api/measures",
    "/api/measures/{}",
    "/api/measures/{}/stays",
    "/metrics",
    "/health/live",
    "/health/ready",
}


class Broken:
    """A door that fails as no door should, with words that nobody may log."""

    async def receive(self, message: object) -> None:
        raise RuntimeError("Ada Example, born 1948-02-29")


@pytest_asyncio.fixture
async def app(house: House) -> AsyncIterator[FastAPI]:
    made = create_app(house.settings)
    made.state.door = Broken()
    yield made
    await made.state.database.dispose()


@pytest_asyncio.fixture
async def administrator(app: FastAPI, house: House) -> AsyncIterator[httpx.AsyncClient]:
    viewer = Viewer(user="u1", name="U One", role=Role.ADMINISTRATOR, org="RX1")
    headers = {"Authorization": f"Bearer {issue(house.settings, viewer)}"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=headers
    ) as client:
        yield client


@pytest_asyncio.fixture
async def openapi(administrator: httpx.AsyncClient) -> Json:
    found: Json = (await administrator.get("/openapi.json")).json()
    return found


def operations(openapi: Json) -> Iterator[tuple[str, Json]]:
    for path, methods in openapi["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield path, operation


def parts(found: object, name: str) -> Iterator[Any]:
    """Every value of that name anywhere in a document."""
    if isinstance(found, dict):
        if name in found:
            yield found[name]
        for part in found.values():
            yield from parts(part, name)
    elif isinstance(found, list):
        for part in found:
            yield from parts(part, name)


async def test_the_surface_is_in_the_openapi_document(openapi: Json) -> None:
    assert openapi["openapi"].startswith("3.1.")
    assert {re.sub(r"{\w+}", "{}", path) for path in openapi["paths"]} >= SURFACE


async def test_each_operation_is_whole(openapi: Json) -> None:
    names = [operation["operationId"] for _, operation in operations(openapi)]
    assert len(names) == len(set(names))
    for path, operation in operations(openapi):
        named = {p["name"] for p in operation.get("parameters", ()) if p["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path)), path
        assert operation["responses"], path
        assert all(answer["description"] for answer in operation["responses"].values()), path


async def test_every_reference_leads_to_a_schema(openapi: Json) -> None:
    references = set(parts(openapi["paths"], "$ref")) | set(parts(openapi["components"], "$ref"))
    assert references
    for reference in references:
        assert reference.removeprefix("#/components/schemas/") in openapi["components"]["schemas"]


async def test_every_schema_is_json_schema(openapi: Json) -> None:
    schemas = [*parts(openapi["paths"], "schema"), *openapi["components"]["schemas"].values()]
    assert schemas
    for schema in schemas:
        jsonschema.Draft202012Validator.check_schema(schema)


async def test_all_but_the_open_doors_ask_for_a_token(openapi: Json) -> None:
    without = {path for path, operation in operations(openapi) if "security" not in operation}
    assert without == {
        "/fhir/metadata",
        "/asyncapi.json",
        "/metrics",
        "/health/live",
        "/health/ready",
        "/api/progress",
    }


async def test_the_topics_are_told_to_anyone(app: FastAPI) -> None:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as anyone:
        assert (await anyone.get("/asyncapi.json")).json() == orjson.loads(orjson.dumps(document()))


async def test_a_bug_is_logged_by_its_place_without_its_words(
    administrator: httpx.AsyncClient,
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await administrator.post("/fhir/Encounter", json=encounter())
    assert answer.status_code == 500
    (line,) = logs
    assert (line["event"], line["log_level"]) == ("bug", "error")
    assert line["chain"][0]["error"] == "RuntimeError"
    assert line["chain"][0]["at"][-1].endswith(" receive")
    assert "Ada" not in f"{line}{answer.text}"


@pytest.mark.parametrize("name", ["reason", "source"])
async def test_a_filter_that_no_text_matches_is_wrong_and_no_bug(
    administrator: httpx.AsyncClient, name: str
) -> None:
    answer = await administrator.get("/api/rejects", params={name: "a\0b"})
    assert answer.status_code == 422
    assert (await administrator.get("/api/rejects", params={name: "none"})).json() == {
        "rejects": [],
        "next": None,
    }


async def test_a_redrive_of_too_many_at_once_is_wrong(administrator: httpx.AsyncClient) -> None:
    asked = {"rejects": [str(uuid4()) for _ in range(AT_ONCE + 1)]}
    assert (await administrator.post("/api/rejects/redrive", json=asked)).status_code == 422


async def test_a_reject_that_is_not_there_is_not_found(administrator: httpx.AsyncClient) -> None:
    assert (await administrator.get(f"/api/rejects/{uuid4()}")).status_code == 404
