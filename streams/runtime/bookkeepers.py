"""The two places where positions are kept: PostgreSQL for projections, Kafka for intake."""

from collections.abc import Iterable

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalGenerationError, UnknownMemberIdError
from sqlalchemy.ext.asyncio import AsyncEngine

from streams.runtime.batches import Batch
from streams.runtime.positions import positions


class InDatabase:
    """Positions of a projection: they move inside the transaction that stores its changes."""

    def __init__(self, database: AsyncEngine, projection: str, topic: str) -> None:
        self.database, self.projection, self.topic = database, projection, topic

    async def positions(self, log: str, partitions: Iterable[TopicPartition]) -> dict[int, int]:
        async with self.database.begin() as tx:
            wanted = [p.partition for p in partitions]
            return await positions(tx, log, self.projection, self.topic, wanted)

    async def finished(self, batch: Batch) -> None:
        """Nothing to do: the batch's transaction moved the position."""


class InKafka:
    """Positions of intake, which must run while the database is down: at least once."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self.consumer = consumer

    async def positions(self, log: str, partitions: Iterable[TopicPartition]) -> dict[int, int]:
        """What the group committed; Kafka keeps that beside the log, so they are lost together."""
        return {p.partition: await self.consumer.committed(p) or 0 for p in partitions}

    async def finished(self, batch: Batch) -> None:
        """Commit behind the batch; a lost membership repeats it, which stores nothing twice."""
        offsets = {TopicPartition(s.topic, s.partition): s.next_offset for s in batch.spans()}
        try:
            await self.consumer.commit(offsets)
        except (CommitFailedError, IllegalGenerationError, UnknownMemberIdError):
            return
