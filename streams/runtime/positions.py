"""How far a projection has come, moved by compare-and-set in the projection's transaction."""

from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.runtime.batches import Span


class Fenced(Exception):
    """Another worker moved the position on: what this one holds is already done or not its own."""


_ENSURE = text(
    "insert into positions (log, projection, topic, partition, next_offset)"
    " select :log, :projection, :topic, unnest(cast(:partitions as int[])), 0"
    " on conflict do nothing"
)
_READ = text(
    "select partition, next_offset from positions where log = :log and projection = :projection"
    " and topic = :topic and partition = any(:partitions)"
)
_ADVANCE = text(
    "update positions p set next_offset = b.next_offset from unnest("
    " cast(:topics as text[]), cast(:partitions as int[]),"
    " cast(:expected as bigint[]), cast(:next_offsets as bigint[]))"
    " as b(topic, partition, expected, next_offset)"
    " where p.log = :log and p.projection = :projection and p.topic = b.topic"
    " and p.partition = b.partition and p.next_offset = b.expected"
)


async def positions(
    tx: AsyncConnection, log: str, projection: str, topic: str, partitions: Iterable[int]
) -> dict[int, int]:
    """The next offset of each partition, 0 where the projection never read it.

    `log` is the id of the Kafka cluster: a broker that lost its log comes back under another id
    and is read from its beginning. Facts are stored once, so nothing is counted twice.
    """
    wanted = sorted(partitions)
    values = {"log": log, "projection": projection, "topic": topic, "partitions": wanted}
    await tx.execute(_ENSURE, values)
    return {row.partition: row.next_offset for row in await tx.execute(_READ, values)}


async def advance(tx: AsyncConnection, log: str, projection: str, spans: Sequence[Span]) -> None:
    """Move the positions past a batch. Raises Fenced where one is not where the batch began."""
    moved = await tx.execute(
        _ADVANCE,
        {
            "log": log,
            "projection": projection,
            "topics": [span.topic for span in spans],
            "partitions": [span.partition for span in spans],
            "expected": [span.expected for span in spans],
            "next_offsets": [span.next_offset for span in spans],
        },
    )
    if moved.rowcount != len(spans):
        raise Fenced(projection)
