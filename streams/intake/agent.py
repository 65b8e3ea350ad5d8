"""The edge of intake: a batch of received records in, care events and rejects out, then commit."""

import asyncio
from collections import deque
from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32

import msgspec
from aiokafka import AIOKafkaProducer, ConsumerRecord
from aiokafka.producer.message_accumulator import BatchBuilder

from schemas.errors import Reject, Retry
from schemas.events import encode
from schemas.inbound import Inbound, inbound, received_at
from schemas.topics import Header, Topic
from streams.intake.read import Limits, read
from streams.runtime import metrics
from streams.runtime.batches import Batch

STAGE = "intake"

Headers = list[tuple[str, bytes]]


class Outgoing(NamedTuple):
    """A message to be sent: where, and what."""

    topic: Topic
    key: bytes
    value: bytes
    headers: Headers


class RejectShare:
    """How much of the last traffic was refused; intake holds rather than drain a topic of it."""

    def __init__(self, limit: float, window: int) -> None:
        self.limit = limit
        self.last: deque[bool] = deque(maxlen=window)

    def note(self, refused: bool) -> None:
        self.last.append(refused)

    def check(self) -> None:
        """Raise Retry once a whole window has passed the limit: somebody must look."""
        full = len(self.last) == self.last.maxlen
        if full and sum(self.last) > self.limit * len(self.last):
            raise Retry("too large a share of the traffic is refused")


class Intake:
    """Reads what was received. Holds no state that a restart would miss."""

    def __init__(self, producer: AIOKafkaProducer, limits: Limits, share: RejectShare) -> None:
        self.producer, self.limits, self.share = producer, limits, share

    async def take_in(self, batch: Batch) -> None:
        """Send on what every record of the batch says; returns when Kafka has all of it."""
        self.share.check()
        outgoing = [out for record in batch for out in self.outcome_of(record)]
        await send_all(self.producer, outgoing)

    def outcome_of(self, record: ConsumerRecord) -> Iterable[Outgoing]:
        """The care events in a record, or its one reject."""
        message = inbound(record.value, record.headers, received_at(record.timestamp))
        try:
            events = read(message, self.limits)
        except Reject as refusal:
            self.share.note(refused=True)
            metrics.REJECTS.labels(refusal.reason).inc()
            return [rejected(message, refusal)]
        self.share.note(refused=False)
        return [
            Outgoing(Topic.EVENTS, (e.subject or e.thread).encode(), encode(e), []) for e in events
        ]


def rejected(message: Inbound, refusal: Reject) -> Outgoing:
    """The message for the reject desk: the original bytes, and why."""
    headers = [
        *message.headers(),
        (Header.STAGE.value, STAGE.encode()),
        (Header.REASON.value, refusal.reason.encode()),
        (Header.PROBLEMS.value, msgspec.json.encode(refusal.problems)),
    ]
    return Outgoing(Topic.REJECTED, message.message_id.encode(), message.body, headers)


async def send_all(producer: AIOKafkaProducer, outgoing: Iterable[Outgoing]) -> None:
    """Send messages, each key always to one partition; returns when the broker has them all.

    Whole batches, since a send of its own for each event costs more than reading the event.
    """
    partitions = {topic: sorted(await producer.partitions_for(topic)) for topic in _TARGETS}
    open_batches: dict[tuple[Topic, int], BatchBuilder] = {}
    acks = []
    for out in outgoing:
        numbers = partitions[out.topic]
        to = (out.topic, numbers[crc32(out.key) % len(numbers)])
        builder = open_batches.setdefault(to, producer.create_batch())
        if not _append(builder, out):
            acks.append(await producer.send_batch(builder, to[0], partition=to[1]))
            open_batches[to] = producer.create_batch()
            _append(open_batches[to], out)
    for (topic, partition), builder in open_batches.items():
        acks.append(await producer.send_batch(builder, topic, partition=partition))
    await asyncio.gather(*acks)


_TARGETS = (Topic.EVENTS, Topic.REJECTED)


def _append(builder: BatchBuilder, out: Outgoing) -> bool:
    """Whether the message went in; the first one always does."""
    return (
        builder.append(timestamp=None, key=out.key, value=out.value, headers=out.headers)
        is not None
    )
