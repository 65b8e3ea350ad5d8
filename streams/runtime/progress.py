"""How far every stage has come, against where its topic ends."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import UnknownTopicOrPartitionError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.settings import Settings
from streams.runtime.kafka import GROUP_PREFIX, log_id

_POSITIONS = text(
    "select partition, next_offset from positions"
    " where log = :log and projection = :projection and topic = :topic"
)


class Stage(NamedTuple):
    """A stage and the topic it reads; `in_kafka` tells where its positions are kept."""

    name: str
    topic: str
    in_kafka: bool = False


class Reached(NamedTuple):
    """A partition's next offset to be done, and where its log ends."""

    done: int
    end: int


class Progress:
    """Looks at positions and ends without being a member of any group."""

    def __init__(self, settings: Settings, database: AsyncEngine, stages: Sequence[Stage]) -> None:
        self.settings, self.database, self.stages = settings, database, stages
        self._one_at_a_time = asyncio.Lock()

    async def reached(self) -> dict[str, dict[int, Reached]]:
        """By stage and partition. Raises KafkaError or SQLAlchemyError where that is unknown."""
        async with self._one_at_a_time:
            topics = sorted({stage.topic for stage in self.stages})
            ends = await self._ends(topics)
            done = {stage.name: await self._done(stage, ends) for stage in self.stages}
        return {
            stage.name: {
                p.partition: Reached(done[stage.name].get(p.partition, 0), end)
                for p, end in ends.items()
                if p.topic == stage.topic
            }
            for stage in self.stages
        }

    async def _ends(self, topics: Sequence[str]) -> dict[TopicPartition, int]:
        consumer = self._consumer(None, *topics)
        try:
            await consumer.start()
            return await true_ends(consumer)
        finally:
            await consumer.stop()

    async def _done(self, stage: Stage, ends: Mapping[TopicPartition, int]) -> dict[int, int]:
        if stage.in_kafka:
            return await self._committed(stage, [p for p in ends if p.topic == stage.topic])
        values = {
            "log": await log_id(self.settings.kafka),
            "projection": stage.name,
            "topic": stage.topic,
        }
        async with self.database.connect() as connection:
            rows = await connection.execute(_POSITIONS, values)
            return {row.partition: row.next_offset for row in rows}

    async def _committed(
        self, stage: Stage, partitions: Sequence[TopicPartition]
    ) -> dict[int, int]:
        consumer = self._consumer(f"{GROUP_PREFIX}{stage.name}")
        try:
            await consumer.start()
            consumer.assign(partitions)
            return {p.partition: await consumer.committed(p) or 0 for p in partitions}
        finally:
            await consumer.stop()

    def _consumer(self, group: str | None, *topics: str) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            *topics,
            bootstrap_servers=self.settings.kafka,
            group_id=group,
            enable_auto_commit=False,
            fetch_max_wait_ms=10,
            auto_offset_reset="earliest",
        )


async def true_ends(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    """Where each partition of the consumer ends, by what a fetch of its last records says.

    The answer to a list-offsets request is not enough: a broker may give the beginning of the
    last batch instead of its end. Raises UnknownTopicOrPartitionError where a topic is not there:
    no partitions would look like nothing to do.
    """
    partitions = consumer.assignment()
    if {p.topic for p in partitions} != consumer.subscription():
        raise UnknownTopicOrPartitionError
    listed = await consumer.end_offsets(partitions)
    found = {p: 0 for p in partitions if not listed[p]}
    waiting = partitions - found.keys()
    for partition in waiting:
        consumer.seek(partition, listed[partition] - 1)
    while waiting:
        await consumer.getmany(*waiting, timeout_ms=50)
        known = {p: end for p in waiting if (end := consumer.highwater(p)) is not None}
        found.update(known)
        waiting -= known.keys()
    return found
