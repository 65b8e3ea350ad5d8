"""A running product with a simulated town in it, for browsers to visit."""

import asyncio
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from schemas.topics import Topic
from services.simulator import Message, simulate
from tests.builders import at_ward, encounter
from tests.running import Up, up

PEOPLE, DAYS, SEED = 300, 20, 7
# Events of the newest hours are left out: what a test adds is then the newest.
UNTIL = timedelta(hours=1)
PATIENCE_S = 120.0
_A_DAY_LATER = "update sessions set seen = seen - interval '1 day'"
_numbers = count(1)


@dataclass(frozen=True)
class Town:
    """The product, and what happened in the town so far."""

    running: Up
    publisher: httpx.Client

    @property
    def url(self) -> str:
        return self.running.url

    @property
    def issuer(self) -> str:
        return str(self.running.said["issuer"])

    def admit(self, ward: str = "ZT101-W02", source: str = "ZT1") -> str:
        """Somebody new comes into a ward now; the id of their visit."""
        now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        visit = f"new-{next(_numbers)}"
        self._send(
            encounter(
                id=visit,
                meta={"versionId": "1", "lastUpdated": now},
                subject={"reference": f"Patient/{visit}"},
                period={"start": now},
                location=[at_ward(ward, now)],
                serviceProvider={"identifier": {"value": source}},
            )
        )
        return visit

    def tell(self, told: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Each source says what it says."""
        with ExitStack() as publishers:
            known: dict[str, httpx.Client] = {}
            for source, resource in told:
                if source not in known:
                    visited = self.running.visited_by("publisher", source)
                    known[source] = publishers.enter_context(visited)
                self._send(resource, known[source])

    def hospital_says(self, resource: dict[str, Any]) -> None:
        """The hospital says something, at once."""
        self._send(resource)

    def person(self, number: str, org: str) -> str:
        """The id of the person who has the NHS number, as their clinician finds it."""
        with self.running.visited_by("clinician", org) as client:
            (found,) = said(client.post("/api/people/search", json={"nhs_number": number}))
        return str(found["person_id"])

    def _send(self, resource: dict[str, Any], publisher: httpx.Client | None = None) -> None:
        path = f"/fhir/{resource['resourceType']}/{resource['id']}"
        answer = (publisher or self.publisher).put(path, json=resource)
        assert answer.is_success, answer.text

    def ends_sessions(self) -> None:
        """As if nobody had used theirs for a day."""
        # A browser's event loop runs in this thread.
        with ThreadPoolExecutor(1) as aside:
            work = _run(str(self.running.said["database"]), _A_DAY_LATER)
            aside.submit(asyncio.run, work).result()

    def until_caught_up(self) -> None:
        """Wait until every stage has come to the end of its topic."""
        deadline = monotonic() + PATIENCE_S
        while not self._has_caught_up():
            assert monotonic() < deadline, "the projections are still behind"
            sleep(0.2)

    def _has_caught_up(self) -> bool:
        reached = self.publisher.get("/api/progress").json()
        ends = [at["done"] >= at["end"] for by in reached.values() for at in by.values()]
        return bool(ends) and all(ends)


@contextmanager
def town(directory: Path) -> Iterator[Town]:
    """The product with some weeks of a small town in it."""
    now = datetime.now(UTC)
    made = simulate(PEOPLE, DAYS, SEED, (now - timedelta(days=DAYS - 1)).date())
    past = [message for message in made.messages if message.at < now - UNTIL]
    with up(directory / "stack") as running, running.visited_by("publisher", "ZT1") as publisher:
        asyncio.run(_publish(str(running.said["kafka"]), past))
        found = Town(running, publisher)
        found.until_caught_up()
        yield found


async def _run(database: str, statement: str) -> None:
    running = create_async_engine(database)
    async with running.begin() as tx:
        await tx.execute(text(statement))
    await running.dispose()


async def _publish(kafka: str, messages: list[Message]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=5)
    await producer.start()
    try:
        for message in messages:
            key, headers = message.message_id.encode(), message.inbound().headers()
            await producer.send(Topic.INBOUND, message.body, key=key, headers=headers)
        await producer.flush()
    finally:
        await producer.stop()


def said(answer: httpx.Response) -> Any:
    """The JSON of an answer that must be good."""
    return json.loads(answer.raise_for_status().content)
