"""The messages that every contender is given, and the fastest way to publish them."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from zlib import crc32

from aiokafka import AIOKafkaProducer

from schemas.topics import PARTITIONS, Header, Topic
from services.simulator.benchmark import encounters
from services.simulator.messages import Message

Headers = list[tuple[str, bytes]]
SEED = 20260101
_BATCH_BYTES = 512 * 1024


@lru_cache(maxsize=2)
def messages(n: int) -> Sequence[Message]:
    """The same `n` Encounters at each call."""
    return tuple(encounters(n, SEED))


def headers_of(message: Message) -> Headers:
    """What a publisher sends beside the body."""
    return [
        (Header.SOURCE.value, message.source.encode()),
        (Header.SECTOR.value, message.sector.encode()),
        (Header.CONTENT_TYPE.value, message.content_type.encode()),
        (Header.MESSAGE_ID.value, message.message_id.encode()),
    ]


def key_of(message: Message) -> bytes:
    """One visit's messages stay together."""
    return message.message_id.rpartition(".")[0].encode()


async def publish(kafka: str, sent: Iterable[Message]) -> None:
    """Write the messages to `care.inbound.v1`; returns when the broker has all of them."""
    rows = [(key_of(message), message.body, headers_of(message)) for message in sent]
    await publish_rows(kafka, Topic.INBOUND, rows)


async def publish_rows(
    kafka: str, topic: Topic, rows: Sequence[tuple[bytes, bytes, Headers]]
) -> None:
    """Write (key, value, headers) to a topic, each key to one partition."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, max_batch_size=_BATCH_BYTES)
    await producer.start()
    try:
        for partition in range(PARTITIONS):
            mine = [row for row in rows if crc32(row[0]) % PARTITIONS == partition]
            await _publish_to(producer, topic, partition, mine)
    finally:
        await producer.stop()


async def _publish_to(
    producer: AIOKafkaProducer,
    topic: Topic,
    partition: int,
    rows: Sequence[tuple[bytes, bytes, Headers]],
) -> None:
    batch = producer.create_batch()
    for key, value, headers in rows:
        if batch.append(timestamp=None, key=key, value=value, headers=headers) is None:
            await (await producer.send_batch(batch, topic, partition=partition))
            batch = producer.create_batch()
            batch.append(timestamp=None, key=key, value=value, headers=headers)
    if batch.record_count():
        await (await producer.send_batch(batch, topic, partition=partition))
