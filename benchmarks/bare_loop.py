"""The least that stores events: fetch, parse, one unnest upsert a batch, one transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson
import uvloop
from aiokafka import ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.peers import settings
from schemas.topics import Topic
from streams.runtime.database import engine
from streams.runtime.kafka import consumer

_TABLES = (
    "create table bare (event_id uuid primary key, person text, kind text not null,"
    " occurred timestamptz, received timestamptz not null, resource bytea not null)",
    "create table bare_done (events bigint not null)",
    "insert into bare_done values (0)",
)
_STORE = text(
    "insert into bare select * from unnest(cast(:ids as uuid[]), cast(:people as text[]),"
    " cast(:kinds as text[]), cast(:occurred as timestamptz[]), cast(:received as timestamptz[]),"
    " cast(:resources as bytea[])) on conflict do nothing"
)
_DONE = text("update bare_done set events = events + :events")


async def main() -> None:
    """Store what comes until told to stop."""
    told = settings()
    database, taking = engine(told), consumer(told, "bare")
    async with database.begin() as tx:
        for statement in _TABLES:
            await tx.execute(text(statement))
    taking.subscribe([Topic.EVENTS])
    await taking.start()
    while True:
        fetched = await taking.getmany(timeout_ms=200, max_records=told.batch_max_events)
        await _store(database, [record for records in fetched.values() for record in records])


async def _store(database: AsyncEngine, records: Sequence[ConsumerRecord]) -> None:
    if not records:
        return
    columns = _columns([orjson.loads(record.value) for record in records])
    async with database.begin() as tx:
        await tx.execute(_STORE, columns)
        await tx.execute(_DONE, {"events": len(records)})


def _columns(events: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    started = [event.get("occurred_start") for event in events]
    return {
        "ids": [event["id"] for event in events],
        "people": [event.get("subject") for event in events],
        "kinds": [event["kind"] for event in events],
        "occurred": [datetime.fromisoformat(at) if at else None for at in started],
        "received": [datetime.fromisoformat(event["received"]) for event in events],
        "resources": [orjson.dumps(event["resource"]) for event in events],
    }


if __name__ == "__main__":
    uvloop.run(main())
