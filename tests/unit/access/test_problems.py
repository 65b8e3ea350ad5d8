"""Errors as clients read them: the same failure under /api and under /fhir."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from pydantic import BaseModel

from schemas.settings import Settings
from services.access.door import CurrentViewer
from services.access.problems import Refused, install


class Body(BaseModel):
    born: int


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.settings = Settings(kafka="none:1", database="postgresql+asyncpg://none")
    install(app)
    for root in ("/api", "/fhir"):

        @app.get(f"{root}/refused")
        async def refused() -> None:
            raise Refused(409, "already there")

        @app.post(f"{root}/body")
        async def body(body: Body) -> None: ...

        @app.get(f"{root}/held")
        async def held() -> None:
            raise ConnectionRefusedError("postgres on host 10.0.0.1")

        @app.get(f"{root}/bug")
        async def bug() -> None:
            raise RuntimeError("secret words")

        @app.get(f"{root}/viewer")
        async def closed(viewer: CurrentViewer) -> str:
            return viewer.user

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as found:
        yield found


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("refused", 409, "conflict"),
        ("nowhere", 404, "not-found"),
        ("held", 503, "transient"),
        ("bug", 500, "exception"),
        ("viewer", 401, "login"),
    ],
)
async def test_an_error_is_a_problem_or_an_outcome_by_its_path(
    client: httpx.AsyncClient, path: str, status: int, code: str
) -> None:
    problem, outcome = await client.get(f"/api/{path}"), await client.get(f"/fhir/{path}")
    assert problem.status_code == outcome.status_code == status
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["status"] == status
    assert problem.json()["title"]
    assert outcome.headers["content-type"] == "application/fhir+json"
    assert outcome.json()["resourceType"] == "OperationOutcome"
    assert outcome.json()["issue"][0]["code"] == code
    for answer in (problem, outcome):
        assert "10.0.0.1" not in answer.text
        assert "secret words" not in answer.text


async def test_a_wrong_value_is_named_by_its_place_and_not_repeated(
    client: httpx.AsyncClient,
) -> None:
    for root in ("/api", "/fhir"):
        answer = await client.post(f"{root}/body", json={"born": "Bloggs"})
        assert answer.status_code == 422
        assert "body.born" in answer.text
        assert "Bloggs" not in answer.text


async def test_who_comes_without_a_token_is_told_which_one_to_bring(
    client: httpx.AsyncClient,
) -> None:
    without = await client.get("/api/viewer")
    basic = await client.get("/api/viewer", headers={"Authorization": "Basic dTpw"})
    for answer in (without, basic):
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Bearer realm="throughline"'


async def test_the_world_being_away_asks_to_try_again(client: httpx.AsyncClient) -> None:
    assert int((await client.get("/api/held")).headers["retry-after"]) > 0
