"""How fast a record is read from `serve`: timeline pages at a steady pace, and a whole story."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from hashlib import md5
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple
from uuid import UUID

import aiohttp

from benchmarks.machine import Contender, Ground, contender
from benchmarks.stories import LONG_STORIES, PRACTICE, stories_of
from deploy.embedded.broker import start_broker
from deploy.processes import free_port
from deploy.topics import create_topics
from schemas.settings import Settings
from schemas.topics import TOPICS
from services.access.tokens import issue
from services.access.viewer import Role, Viewer

PEOPLE = (100_000, 1_000_000)
PER_S, SECONDS, WARM_UP_SECONDS = 200, 30, 5
STREAMS = 500
WHOLE_STORIES = 5
_KEY = "a development key of forty-two characters."
_OK = 200


class Run(NamedTuple):
    """What one size of database gave: seconds of each page, sorted, and of each whole story."""

    pages: list[float]
    stories: list[float]
    pages_beside_streams: list[float]
    idle_streams_cpu: float


def _person(number: int) -> UUID:
    """The id that `benchmarks.stories` gives a person."""
    return UUID(md5(f"own {number}".encode(), usedforsecurity=False).hexdigest())


@asynccontextmanager
async def serving(people: int) -> AsyncIterator[tuple[str, Contender]]:
    """The address of `serve` over the stories of so many, its measures loaded."""
    async with stories_of(people) as database:
        with TemporaryDirectory(prefix="throughline-bench-") as folder:
            broker = await start_broker(None, Path(folder) / "broker.log")
            try:
                await create_topics(broker.address, TOPICS)
                port = free_port()
                settings = {"http_port": port, "development": True, "development_key": _KEY}
                settings |= {"requests_a_minute": 0, "searches_a_minute": 0}
                here = Ground(broker.address, database, Path(folder))
                with contender("services.cli", here, ["serve"], **settings) as running:
                    yield f"http://127.0.0.1:{port}", running
            finally:
                await broker.stop()


def _headers(role: Role) -> dict[str, str]:
    settings = Settings(kafka="none:1", database="none", development=True, development_key=_KEY)
    viewer = Viewer(user="u1", name="U One", role=role, org=PRACTICE)
    return {"Authorization": f"Bearer {issue(settings, viewer)}"}


async def run_once(people: int, *, quick: bool) -> Run:
    """Read at the pace of a region's busy hour; less long where that is quick."""
    seconds = 3 if quick else SECONDS
    async with serving(people) as (url, running), _client(url, Role.CLINICIAN) as client:
        await _until_loaded(url, running)
        rng = Random(7)
        await _paced(client, people, rng, WARM_UP_SECONDS)
        pages = await _paced(client, people, rng, seconds)
        stories = [await _whole_story(client, 1 + n % LONG_STORIES) for n in range(WHOLE_STORIES)]
        async with _streams(client, people, rng):
            before = running.cpu_s()
            await asyncio.sleep(seconds)
            idle = (running.cpu_s() - before) / seconds
            beside = await _paced(client, people, rng, seconds)
        return Run(pages, stories, beside, idle)


@asynccontextmanager
async def _client(url: str, role: Role) -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        url, headers=_headers(role), connector=connector, timeout=aiohttp.ClientTimeout(total=60)
    ) as client:
        yield client


async def _until_loaded(url: str, running: Contender) -> None:
    """Wait until measures are loaded, which takes both cores."""
    async with _client(url, Role.OPERATIONS) as client:
        while True:
            running.check()
            try:
                async with client.get(
                    "/api/measures/admissions?from=2026-11-01&to=2026-11-02"
                ) as a:
                    if a.status == _OK:
                        return
            except (aiohttp.ClientError, TimeoutError):
                pass
            await asyncio.sleep(0.5)


async def _paced(
    client: aiohttp.ClientSession, people: int, rng: Random, seconds: int
) -> list[float]:
    """Seconds of each page, sorted, from when it was due: what waits in line has waited."""
    began = perf_counter()
    asking = []
    for number in range(PER_S * seconds):
        due = began + number / PER_S
        await asyncio.sleep(due - perf_counter())
        asking.append(asyncio.create_task(_page(client, rng.randint(LONG_STORIES, people), due)))
    return sorted(await asyncio.gather(*asking))


async def _page(client: aiohttp.ClientSession, number: int, due: float) -> float:
    async with client.get(f"/api/people/{_person(number)}/timeline") as answer:
        found = await answer.json()
    assert answer.status == _OK and found["entries"], answer.status  # noqa: PT018
    return perf_counter() - due


async def _whole_story(client: aiohttp.ClientSession, number: int) -> float:
    """Seconds until every page of `$everything` is there."""
    began, address = perf_counter(), f"/fhir/Patient/{_person(number)}/$everything?_count=500"
    while address:
        async with client.get(address) as answer:
            bundle = await answer.json(content_type=None)
        assert answer.status == _OK, answer.status
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        address = links.get("next", "")
    return perf_counter() - began


@asynccontextmanager
async def _streams(
    client: aiohttp.ClientSession, people: int, rng: Random
) -> AsyncIterator[Sequence[aiohttp.ClientResponse]]:
    """Open streams of people's changes."""
    opened = []
    try:
        for _ in range(STREAMS):
            address = f"/api/people/{_person(rng.randint(1, people))}/stream"
            answer = await client.get(address, timeout=aiohttp.ClientTimeout(total=None))
            assert answer.status == _OK, answer.status
            opened.append(answer)
        yield opened
    finally:
        for answer in opened:
            answer.close()
