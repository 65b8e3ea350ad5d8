"""The services over a real broker, and their answers read as FHIR."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from fastapi import FastAPI
from fhir.resources.R4B import get_fhir_model_class

from deploy.brokers import BrokerProcess
from deploy.embedded.broker import start_broker
from deploy.topics import create_topics
from schemas.events import CareEvent
from schemas.inbound import inbound, received_at
from schemas.settings import Settings
from schemas.topics import PARTITIONS, TOPICS, Topic
from services.access.tokens import issue
from services.access.viewer import Role, Viewer
from streams.intake.read import Limits, read
from tests.builders import (
    bundle,
    encounter,
    message_header,
    verified,
)

Json = dict[str, Any]

LIMIT = 60_000
FHIR = "application/fhir+json"


async def with_topics(directory: Path) -> BrokerProcess:
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
        self, role: Role | None = Role.PUBLISHER, *, user: str = "u1", **headers: str
    ) -> AsyncIterator[httpx.AsyncClient]:
        """A client of organisation RX1 in the role; without a token for None."""
        if role:
            viewer = Viewer(user=user, name="U One", role=role, org="RX1")
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
        return self.read_in(await self.kept_as(answer))

    def read_in(self, kept: ConsumerRecord) -> list[CareEvent]:
        """The facts that intake will read in a record of the inbound topic."""
        as_received = inbound(kept.value, kept.headers, received_at(kept.timestamp))
        return read(as_received, Limits(LIMIT, self.settings.max_json_depth))


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
