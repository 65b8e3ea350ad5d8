"""Projections, care events to PostgreSQL: ours against the least that stores events."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.machine import WORKER, contender, ground, worker_arguments
from benchmarks.messages import Headers, headers_of, messages, publish_rows
from benchmarks.peers import LIMITS, key_of_event
from benchmarks.rate import Count, Rate, rate_of
from schemas import fhir
from schemas.events import encode
from schemas.inbound import inbound
from schemas.topics import Topic
from streams.intake.read import read

TIMELINE, FLOW, BARE = "timeline", "flow", "bare loop"
EVENTS = 100_000
_DONE = {
    TIMELINE: "select sum(next_offset) from positions where projection = 'timeline'",
    FLOW: "select sum(next_offset) from positions where projection = 'flow'",
    BARE: "select events from bare_done",
}


async def run_once(name: str, events: int, broker: str) -> Rate:
    """One contender on a fresh broker, which holds all the events, and a fresh database."""
    module = "benchmarks.bare_loop" if name == BARE else WORKER
    arguments = [] if name == BARE else worker_arguments(name)
    async with ground(broker) as here:
        await publish_rows(here.kafka, Topic.EVENTS, rows(events))
        async with counted(here.database, _DONE[name]) as count:
            with contender(module, here, arguments) as running:
                return await rate_of(count, events, running)


def rows(n: int) -> list[tuple[bytes, bytes, Headers]]:
    """What intake sends on for the first `n` messages."""
    fhir.warm()
    now = datetime.now(UTC)
    read_events = (
        event
        for message in messages(n)
        for event in read(inbound(message.body, headers_of(message), now), LIMITS)
    )
    return [(key_of_event(event), encode(event), []) for event in read_events]


@asynccontextmanager
async def counted(database: str, query: str) -> AsyncIterator[Count]:
    """What the query counts, 0 while its table is missing or empty."""
    engine = create_async_engine(database)
    try:
        yield lambda: _count(engine, query)
    finally:
        await engine.dispose()


async def _count(engine: AsyncEngine, query: str) -> int:
    try:
        async with engine.connect() as connection:
            return int((await connection.execute(text(query))).scalar() or 0)
    except ProgrammingError:
        return 0
