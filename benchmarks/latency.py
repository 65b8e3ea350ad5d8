"""How long after it was published an event can be read on the timeline."""

import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from aiokafka import AIOKafkaProducer
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.machine import WORKER, contender, ground, worker_arguments
from benchmarks.messages import headers_of, key_of, messages, publish
from benchmarks.peers import LIMITS
from benchmarks.projections import counted
from benchmarks.rate import reached
from benchmarks.whole_way import STORED, WARM_UP_EVENTS
from schemas.inbound import inbound
from schemas.topics import Topic
from services.simulator.messages import Message
from streams.intake.read import read

PER_S = 200
SECONDS = 30
_POLL_S = 0.002
_GIVE_UP_AFTER_S = 60.0
_READABLE = text("select event_id from timeline where event_id = any(:waiting)")


async def run_once(seconds: int, broker: str) -> list[float]:
    """Seconds from publishing to being readable, of every event at 200 a second, sorted.

    Raises TimeoutError where an event is not readable after a minute.
    """
    everything = messages(WARM_UP_EVENTS + PER_S * seconds)
    async with ground(broker) as here, counted(here.database, STORED) as stored:
        with contender(WORKER, here, worker_arguments()) as running:
            await publish(here.kafka, everything[:WARM_UP_EVENTS])
            await reached(stored, WARM_UP_EVENTS, running)
            engine = create_async_engine(here.database, isolation_level="AUTOCOMMIT")
            try:
                return await _measured(here.kafka, engine, everything[WARM_UP_EVENTS:])
            finally:
                await engine.dispose()


async def _measured(kafka: str, database: AsyncEngine, sent: Sequence[Message]) -> list[float]:
    waiting: dict[UUID, float] = {}
    ids = [_id_of(message) for message in sent]
    watching = asyncio.create_task(_watch(database, waiting, len(sent)))
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    try:
        began = time.perf_counter()
        for number, (message, event_id) in enumerate(zip(sent, ids, strict=True)):
            await asyncio.sleep(began + number / PER_S - time.perf_counter())
            waiting[event_id] = time.perf_counter()
            await producer.send(
                Topic.INBOUND, message.body, key=key_of(message), headers=headers_of(message)
            )
        async with asyncio.timeout(_GIVE_UP_AFTER_S):
            return await watching
    finally:
        await producer.stop()


def _id_of(message: Message) -> UUID:
    """The id that intake will give the event; when it is received does not change it."""
    [event] = read(inbound(message.body, headers_of(message), datetime.now(UTC)), LIMITS)
    return UUID(event.id)


async def _watch(database: AsyncEngine, waiting: dict[UUID, float], total: int) -> list[float]:
    took: list[float] = []
    async with database.connect() as connection:
        while len(took) < total:
            found = (await connection.execute(_READABLE, {"waiting": list(waiting)})).scalars()
            now = time.perf_counter()
            took += [now - waiting.pop(event_id) for event_id in found]
            await asyncio.sleep(_POLL_S)
    return sorted(took)


def centile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the sorted values do not pass."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
