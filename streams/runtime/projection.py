"""The one transaction of a projection: changes, outbox and positions, all of them or none."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol, TypeVar

import msgspec
from aiokafka import ConsumerRecord
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.events import CareEvent, decode
from streams.runtime.batches import Batch
from streams.runtime.positions import Fenced, advance
from streams.runtime.retry import is_the_world
from streams.runtime.strangers import Stranger, is_storable, without_forged

Work = TypeVar("Work")


class Projection(Protocol[Work]):
    """A room that turns records into rows. `name`: its consumer group and its positions' key."""

    name: str

    def read(self, records: Iterable[ConsumerRecord]) -> Work:
        """What the records say. Pure, and before the transaction, so that locks are short."""

    async def apply(self, tx: AsyncConnection, work: Work) -> None:
        """Store what changes. Must not commit; must give one state in any order of events."""


def read(into: Projection[Work], records: Iterable[ConsumerRecord]) -> Work:
    """What the records say; one that only looks like an event and cannot be read is put aside."""
    records = list(records)
    try:
        return into.read(records)
    except Exception:
        return into.read(_put_aside(records))


def _put_aside(records: Iterable[ConsumerRecord]) -> list[ConsumerRecord]:
    """The records with the forged ones marked. Raises what is being handled where none is."""
    records = without_forged(records)
    if not any(isinstance(record, Stranger) for record in records):
        raise  # noqa: PLE0704 - called while an error is handled: without forged ones it is ours
    return records


async def project(batch: Batch, into: Projection[Work], database: AsyncEngine) -> None:
    """Store what a batch changes, once. Raises Fenced where the batch is another worker's.

    What fails by a record that only looks like an event is done again with that record put aside:
    somebody wrote it beside intake. Without one the failure is our own, and raised.
    """
    try:
        await _store(batch, batch.work, into, database)
    except Exception as error:
        if isinstance(error, Fenced) or is_the_world(error):
            raise
        await _store(batch, into.read(_put_aside(batch)), into, database)


async def _store(batch: Batch, work: Work, into: Projection[Work], database: AsyncEngine) -> None:
    async with database.begin() as tx:
        await advance(tx, batch.log, into.name, batch.spans())
        await into.apply(tx, work)


class Readings(NamedTuple):
    """Records of `care.events.v1`, read. `strangers` are none of ours: somebody else wrote them."""

    events: list[CareEvent]
    strangers: list[ConsumerRecord]


def read_events(records: Iterable[ConsumerRecord]) -> Readings:
    """The care events among the records, and what is not one. Raises nothing."""
    events: list[CareEvent] = []
    strangers: list[ConsumerRecord] = []
    for record in records:
        event = None if isinstance(record, Stranger) else _event(record.value)
        if event is None:
            strangers.append(record)
        else:
            events.append(event)
    return Readings(events, strangers)


def _event(value: bytes | None) -> CareEvent | None:
    try:
        event = decode(value or b"")
    except (msgspec.DecodeError, RecursionError):
        return None
    return event if is_storable(event, value or b"") else None
