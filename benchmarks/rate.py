"""How fast a count grows: watched from outside, the same way for every contender."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from benchmarks.machine import Contender
from schemas.topics import PARTITIONS, Topic

POLL_S = 0.02
# Starting, joining a group and filling buffers is not what is measured; nor is the end, since a
# broker may list the beginning of a partition's last batch as where it ends.
FROM_SHARE, TO_SHARE = 0.1, 0.85
_STALLED_AFTER_S = 60.0

Count = Callable[[], Awaitable[int]]


class Rate(NamedTuple):
    """Events over seconds, `cpu_us` is the contender's own, an event."""

    events: int
    seconds: float
    cpu_us: float

    @property
    def per_s(self) -> float:
        return self.events / self.seconds


class Seen(NamedTuple):
    """A count, when it was seen (seconds), and the contender's processor time until then."""

    events: int
    at: float
    cpu_s: float


async def rate_of(count: Count, total: int, running: Contender) -> Rate:
    """The rate at which `count` goes through the middle of `total`. Raises as `reached` does."""
    first = await reached(count, int(total * FROM_SHARE), running)
    last = await reached(count, int(total * TO_SHARE), running)
    events = last.events - first.events
    return Rate(events, last.at - first.at, (last.cpu_s - first.cpu_s) / events * 1e6)


async def reached(count: Count, goal: int, running: Contender) -> Seen:
    """The moment at which `count` is `goal` or more.

    Raises TimeoutError where it does not move for a minute, Ended where the contender is gone.
    """
    before, moved = -1, time.perf_counter()
    while True:
        running.check()
        now = await count()
        if now >= goal:
            return Seen(now, time.perf_counter(), running.cpu_s())
        if now > before:
            before, moved = now, time.perf_counter()
        elif time.perf_counter() - moved > _STALLED_AFTER_S:
            raise TimeoutError(f"stalled at {now} of {goal} events")
        await asyncio.sleep(POLL_S)


class TopicEnd:
    """How many records a topic holds."""

    def __init__(self, kafka: str, topic: Topic) -> None:
        self.consumer = AIOKafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
        self.partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]

    async def __aenter__(self) -> Count:
        await self.consumer.start()
        return self._count

    async def __aexit__(self, *_: object) -> None:
        await self.consumer.stop()

    async def _count(self) -> int:
        ends = await self.consumer.end_offsets(self.partitions)
        return sum(ends.values())
