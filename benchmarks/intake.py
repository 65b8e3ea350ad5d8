"""Intake, inbound bytes to care events: ours, idiomatic Faust, Quix Streams."""

from benchmarks.machine import WORKER, contender, ground, worker_arguments
from benchmarks.messages import messages, publish
from benchmarks.rate import Rate, TopicEnd, rate_of
from schemas.topics import Topic

OURS, FAUST, QUIX = "ours", "faust", "quix"
_CONTENDERS = {
    OURS: (WORKER, worker_arguments("intake")),
    FAUST: ("benchmarks.faust_intake", ["worker", "--without-web", "-l", "warn"]),
    QUIX: ("benchmarks.quix_intake", []),
}
EVENTS = {OURS: 120_000, FAUST: 30_000, QUIX: 120_000}


async def run_once(name: str, events: int, broker: str) -> Rate:
    """One contender on a fresh broker that holds all the messages already."""
    module, arguments = _CONTENDERS[name]
    async with ground(broker, database=False) as here:
        await publish(here.kafka, messages(events))
        async with TopicEnd(here.kafka, Topic.EVENTS) as count:
            with contender(module, here, arguments) as running:
                return await rate_of(count, events, running)
