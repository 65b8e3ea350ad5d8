"""The whole way, inbound bytes to every projection stored, all on this machine."""

import time

from benchmarks.machine import WORKER, contender, ground, worker_arguments
from benchmarks.messages import messages, publish
from benchmarks.projections import counted
from benchmarks.rate import Rate, reached

EVENTS = 60_000
WARM_UP_EVENTS = 2_000
# The slower of the two; null, so 0, until both have begun.
STORED = (
    "select least(t, f) from (select"
    " sum(next_offset) filter (where projection = 'timeline') as t,"
    " sum(next_offset) filter (where projection = 'flow') as f"
    " from positions where topic = 'care.events.v1') as done"
    " where t is not null and f is not null"
)


async def run_once(events: int, broker: str) -> Rate:
    """One warm worker with every stage, from the first message published to the last one stored."""
    everything = messages(WARM_UP_EVENTS + events)
    async with ground(broker) as here, counted(here.database, STORED) as stored:
        with contender(WORKER, here, worker_arguments()) as running:
            await publish(here.kafka, everything[:WARM_UP_EVENTS])
            await reached(stored, WARM_UP_EVENTS, running)
            began, cpu_s = time.perf_counter(), running.cpu_s()
            await publish(here.kafka, everything[WARM_UP_EVENTS:])
            at_end = await reached(stored, len(everything), running)
            cpu_us = (at_end.cpu_s - cpu_s) / events * 1e6
            return Rate(events, at_end.at - began, cpu_us)
