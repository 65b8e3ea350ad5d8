"""What happens to a message at the door: read at once for the answer, kept in any case."""

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from aiokafka import AIOKafkaProducer
from aiokafka.structs import RecordMetadata
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.errors import Problem, Reject
from schemas.events import CareEvent
from schemas.inbound import Inbound
from schemas.topics import Topic
from streams.intake.read import Limits, read


class Outcome(StrEnum):
    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    REJECTED = "rejected"


class Receipt(NamedTuple):
    """What the door says: the outcome, why, and where the message lies in Kafka."""

    outcome: Outcome
    message_id: str
    partition: int
    offset: int
    reason: str | None = None
    problems: Sequence[Problem] = ()


_STORED = text("select count(*) from facts where event_id = any(:ids)")


# A database that hangs must not hold a publisher up: at worst a repeat is called accepted.
ASK_WITHIN_S = 0.5
# What takes long to read is read beside the loop, which serves all the others meanwhile.
LARGE_BYTES = 64 * 1024


class Door:
    """Takes messages in for intake. Answers from what intake itself will decide.

    A message is answered only once Kafka has it. Whether it is a duplicate is asked of the
    database where that can be reached: it must not keep an event out while it is down.
    """

    def __init__(self, producer: AIOKafkaProducer, database: AsyncEngine, limits: Limits) -> None:
        self.producer, self.limits = producer, limits
        # One question is no transaction: two ways to the database and back are saved.
        self.database = database.execution_options(isolation_level="AUTOCOMMIT")
        self._recent: dict[str, None] = {}

    async def receive(self, message: Inbound, *, tells_repeats: bool = True) -> Receipt:
        """Keep the message and say what becomes of it. Raises KafkaError: send it again later.

        `tells_repeats`: whether the sender will hear of a duplicate, so that it is worth a
        question to the database. Else only a repeat of a moment ago is known for one.
        """
        outcome, ids, refusal = Outcome.ACCEPTED, [], None
        try:
            ids = [event.id for event in await self._read(message)]
            if await self._is_known(ids, ask=tells_repeats):
                outcome = Outcome.DUPLICATE
        except Reject as error:
            outcome, refusal = Outcome.REJECTED, error
        at = await self._keep(message)
        self._remember(ids)
        return Receipt(
            outcome,
            message.message_id,
            at.partition,
            at.offset,
            refusal.reason if refusal else None,
            refusal.problems if refusal else (),
        )

    async def _read(self, message: Inbound) -> list[CareEvent]:
        """The facts in the message. Raises Reject."""
        if len(message.body) < LARGE_BYTES:
            return read(message, self.limits)
        return await asyncio.to_thread(read, message, self.limits)

    async def _keep(self, message: Inbound) -> RecordMetadata:
        return await self.producer.send_and_wait(
            Topic.INBOUND,
            message.body,
            key=message.message_id.encode(),
            headers=message.headers(),
        )

    async def _is_known(self, ids: Sequence[str], *, ask: bool) -> bool:
        """True where every fact of the message has been taken in before."""
        asked = {i for i in ids if i not in self._recent}
        if not (asked and ask):
            return not asked
        try:
            async with asyncio.timeout(ASK_WITHIN_S), self.database.connect() as connection:
                values = {"ids": [UUID(i) for i in asked]}
                return (await connection.execute(_STORED, values)).scalar() == len(asked)
        except (SQLAlchemyError, OSError):  # a time-out is an OSError
            return False

    def _remember(self, ids: Sequence[str]) -> None:
        """Know what was accepted a moment ago, before the projections have stored it."""
        self._recent.update(dict.fromkeys(ids))
        while len(self._recent) > _REMEMBERED:
            del self._recent[next(iter(self._recent))]


_REMEMBERED = 100_000
