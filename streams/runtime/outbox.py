"""What is to be sent once a transaction has committed, and the relay that sends it."""

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog
from aiokafka import AIOKafkaProducer
from mode import Service
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.topics import Topic
from streams.runtime.retry import is_the_world, wait_s
from streams.runtime.sending import Outgoing, send_all

log = structlog.get_logger()

Message = tuple[str, dict[str, Any]]

_PUT = text("insert into outbox (topic, messages) values (:topic, :messages)")
_TAKE = text(
    "delete from outbox where id = any(array(select id from outbox order by id limit 50"
    " for update skip locked)) returning id, topic, messages"
)
_PEOPLE = text("select key, person_id from identities where key = any(:keys)")
_IDLE_S = 0.05


async def put(
    tx: AsyncConnection, topic: Topic, messages: Sequence[tuple[str, msgspec.Struct]]
) -> None:
    """Leave messages (key, JSON value) to be sent when the caller's transaction commits."""
    if messages:
        await tx.execute(_PUT, {"topic": topic, "messages": msgspec.json.encode(messages)})


class Relay(Service):
    """Sends the outbox to Kafka, at least once, each row in the transaction that removes it."""

    def __init__(
        self, database: AsyncEngine, producer: AIOKafkaProducer, retry_max_wait_s: float
    ) -> None:
        super().__init__()
        self.database, self.producer = database, producer
        self.retry_max_wait_s = retry_max_wait_s

    @Service.task
    async def _run(self) -> None:
        tries = 0
        while not self.should_stop:
            try:
                sent = await self.send_some()
                tries = 0
            except Exception as error:
                if not is_the_world(error):
                    raise
                log.warning("outbox-held", tries=tries, error=type(error).__name__)
                sent, tries = 0, tries + 1
            if not sent:
                await self.sleep(wait_s(tries, self.retry_max_wait_s) if tries else _IDLE_S)

    async def send_some(self) -> int:
        """Send the oldest rows; returns how many messages that were."""
        async with self.database.begin() as tx:
            rows = sorted((await tx.execute(_TAKE)).all())
            messages = [(Topic(row.topic), _decode(row.messages)) for row in rows]
            keys = [k for topic, said in messages if topic is Topic.TIMELINE for k, _ in said]
            people = await _people(tx, keys)
            outgoing = [
                Outgoing(topic, people.get(key, key).encode(), bytes(value), [])
                for topic, said in messages
                for key, value in said
                if topic is not Topic.TIMELINE or key in people
            ]
            await send_all(self.producer, outgoing)
        return len(outgoing)


# Each value is sent on as it was written: what it says is no matter here.
_decode = msgspec.json.Decoder(list[tuple[str, msgspec.Raw]]).decode


async def _people(tx: AsyncConnection, keys: Sequence[str]) -> dict[str, str]:
    """The opaque person of each source identity: the outbox holds keys, the topic must not."""
    if not keys:
        return {}
    rows = await tx.execute(_PEOPLE, {"keys": sorted(set(keys))})
    return {row.key: str(row.person_id) for row in rows}
