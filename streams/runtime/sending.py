"""Many messages to Kafka at once."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from schemas.topics import Topic

Headers = list[tuple[str, bytes]]


class Outgoing(NamedTuple):
    """A message to be sent: where, and what."""

    topic: Topic
    key: bytes
    value: bytes
    headers: Headers


async def send_all(producer: AIOKafkaProducer, outgoing: Iterable[Outgoing]) -> None:
    """Send messages, each key always to one partition; returns when Kafka has them all.

    Whole batches, since a send of its own for each event costs more than reading the event.
    """
    open_batches: dict[tuple[Topic, int], BatchBuilder] = {}
    partitions: dict[Topic, list[int]] = {}
    acks = []
    for out in outgoing:
        if out.topic not in partitions:
            partitions[out.topic] = sorted(await producer.partitions_for(out.topic))
        numbers = partitions[out.topic]
        to = (out.topic, numbers[crc32(out.key) % len(numbers)])
        builder = open_batches.get(to)
        if builder is None or not _append(builder, out):
            if builder is not None:
                acks.append(await producer.send_batch(builder, to[0], partition=to[1]))
            builder = open_batches[to] = producer.create_batch()
            _append(builder, out)
    for (topic, partition), builder in open_batches.items():
        acks.append(await producer.send_batch(builder, topic, partition=partition))
    await asyncio.gather(*acks)


def _append(builder: BatchBuilder, out: Outgoing) -> bool:
    """Whether the message went in; the first one always does."""
    return (
        builder.append(timestamp=None, key=out.key, value=out.value, headers=out.headers)
        is not None
    )
