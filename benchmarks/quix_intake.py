"""Intake on Quix Streams: a StreamingDataFrame that expands each message into its events."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from quixstreams import Application
from quixstreams.models import SerializationContext, Serializer

from benchmarks.peers import LIMITS, key_of_event, settings
from schemas import fhir
from schemas.events import CareEvent, encode
from schemas.inbound import inbound
from schemas.topics import Topic
from streams.intake.read import read


class CareEvents(Serializer):
    """A care event as its bytes."""

    def __call__(self, value: CareEvent, ctx: SerializationContext) -> bytes:
        return encode(value)


def take_in(value: bytes, _key: object, timestamp: int, headers: Any) -> Iterable[CareEvent]:
    """The care events in a message."""
    return read(inbound(value, headers, datetime.fromtimestamp(timestamp / 1000, UTC)), LIMITS)


def main() -> None:
    fhir.warm()
    app = Application(
        broker_address=settings().kafka,
        consumer_group="bench-quix-intake",
        auto_offset_reset="earliest",
        auto_create_topics=False,
        # The embedded broker makes a first member wait in proportion to its session.
        consumer_extra_config={"session.timeout.ms": 3000, "heartbeat.interval.ms": 1000},
        loglevel="WARNING",
    )
    received = app.topic(Topic.INBOUND.value, value_deserializer="bytes", key_deserializer="bytes")
    events = app.topic(Topic.EVENTS.value, value_serializer=CareEvents(), key_serializer="bytes")
    frame = app.dataframe(received)
    events_of = frame.apply(take_in, metadata=True, expand=True)
    events_of.to_topic(events, key=key_of_event)
    app.run()


if __name__ == "__main__":
    main()
