"""The edge of intake: a batch of received records in, care events and rejects out, then commit."""

from collections import deque
from collections.abc import Iterable

import msgspec
from aiokafka import AIOKafkaProducer, ConsumerRecord

from schemas.errors import Reject, Retry
from schemas.events import encode
from schemas.inbound import Inbound, inbound, received_at
from schemas.topics import Header, Topic
from streams.intake.read import Limits, read
from streams.runtime import metrics
from streams.runtime.batches import Batch
from streams.runtime.sending import Outgoing, send_all

STAGE = "intake"


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

    def read(self, records: Iterable[ConsumerRecord]) -> list[Outgoing]:
        """What is to be sent on for the records."""
        return [out for record in records for out in self.outcome_of(record)]

    async def take_in(self, batch: Batch) -> None:
        """Send on what was read in the batch; returns when Kafka has all of it."""
        self.share.check()
        await send_all(self.producer, batch.work)

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
