"""Intake as Faust's documentation writes it: one event at a time, one send an event."""

from datetime import UTC, datetime
from tempfile import mkdtemp
from typing import Any

import faust

from benchmarks.peers import LIMITS, key_of_event, settings
from schemas import fhir
from schemas.events import encode
from schemas.inbound import inbound
from schemas.topics import Topic
from streams.intake.read import read

app = faust.App(
    "bench-faust-intake",
    broker=f"kafka://{settings().kafka}",
    store="memory://",
    datadir=mkdtemp(),
    web_enabled=False,
    topic_disable_leader=True,
    consumer_auto_offset_reset="earliest",
    stream_wait_empty=False,
    broker_max_poll_records=2_000,
    producer_linger=0.005,
    # The embedded broker makes a first member wait in proportion to its session.
    broker_session_timeout=3,
    broker_heartbeat_interval=1,
    broker_max_poll_interval=60,
)
received = app.topic(Topic.INBOUND.value, value_serializer="raw", key_serializer="raw")
events = app.topic(Topic.EVENTS.value, value_serializer="raw", key_serializer="raw")


@app.agent(received)
async def take_in(stream: Any) -> None:
    async for record in stream.events():
        message = record.message
        at = datetime.fromtimestamp(message.timestamp, UTC)
        for event in read(inbound(record.value, message.headers or (), at), LIMITS):
            await events.send(key=key_of_event(event), value=encode(event))


if __name__ == "__main__":
    fhir.warm()
    app.main()
