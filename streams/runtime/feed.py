"""A feed: whole fetches from one topic, one after the other, into an agent's channel."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from mode import Service

from streams.runtime import metrics
from streams.runtime.batches import Batch, Interrupted
from streams.runtime.positions import Fenced
from streams.runtime.retry import is_the_world, wait_s

log = structlog.get_logger()

END_WITHIN_S = 10.0

Records = Mapping[TopicPartition, Sequence[ConsumerRecord]]


class Bookkeeper(Protocol):
    """Where a feed's positions are kept. It must not move them: the agent's work does."""

    async def positions(self, log: str, partitions: Iterable[TopicPartition]) -> dict[int, int]: ...

    async def finished(self, batch: Batch) -> None: ...


class Refetch(NamedTuple):
    """From where a partition is fetched again, and the last fetch that began before that."""

    expected: int
    last_fetch: int


class Feed(Service, ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka is untyped
    """Fetches, hands over, waits for the answer: done, try again, not ours any more, or a bug.

    While one batch is being stored the next is fetched and read, so that this process and the
    database or the broker work at the same time. One batch is stored at a time, in order.
    A bug crashes the feed and with it the worker; a restart goes on from the stored position.
    `round_s`: the least time from one fetch to the next.
    """

    def __init__(
        self,
        stage: str,
        topic: str,
        channel: Any,
        consumer: AIOKafkaConsumer,
        bookkeeper: Bookkeeper,
        log_id: Callable[[], Awaitable[str]],
        *,
        read: Callable[[Iterable[ConsumerRecord]], Any],
        max_events: int,
        retry_max_wait_s: float,
        round_s: float = 0.0,
    ) -> None:
        super().__init__()
        self.stage, self.topic, self.channel = stage, topic, channel
        self.consumer, self.bookkeeper, self.log_id = consumer, bookkeeper, log_id
        self.read, self.max_events, self.retry_max_wait_s = read, max_events, retry_max_wait_s
        self.round_s, self._began = round_s, 0.0
        self.expected: dict[TopicPartition, int] = {}
        self.fetches = 0
        self.refetched: dict[TopicPartition, Refetch] = {}
        self.cluster = ""
        self.waiting = True
        self._busy = asyncio.Lock()
        self._storing: asyncio.Task[None] | None = None

    async def on_stop(self) -> None:
        """Let the batch in hand end, if it ends soon; else it was never done."""
        if self._storing is not None:
            await asyncio.wait({self._storing}, timeout=END_WITHIN_S)
            self._storing.cancel()
        await self.consumer.stop()

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        """Let the batch in hand end before another worker begins; the position guards the rest."""
        self.expected.clear()
        self.refetched.clear()
        async with self._busy:
            self.expected.clear()  # and what that batch has just set

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        """aiokafka forgets what a listener raises: a bug in here must stop the worker itself."""
        try:
            await self._take_up(list(assigned))
        except Exception as error:
            await self.crash(error)
            return
        self.waiting = False

    async def _take_up(self, partitions: Sequence[TopicPartition]) -> None:
        """Fetch each partition from its stored position on, however long that takes to learn.

        One that went to another worker meanwhile is left alone.
        """
        found = await self._stored_positions(partitions)
        for partition in self.consumer.assignment() & set(partitions):
            if partition.partition in found:
                self.refetched.pop(partition, None)
                self.expected[partition] = found[partition.partition]
                self.consumer.seek(partition, found[partition.partition])

    async def _stored_positions(self, partitions: Sequence[TopicPartition]) -> dict[int, int]:
        """The position of each partition; nothing where the feed is told to stop before."""
        tries = 0
        while not self.should_stop:
            try:
                self.cluster = await self.log_id()
                return await self.bookkeeper.positions(self.cluster, partitions)
            except Exception as error:
                if not is_the_world(error):
                    raise
                await self._hold(error, tries)
                tries += 1
        return {}

    @Service.task
    async def _run(self) -> None:
        # Here and not in on_start: joining a group takes seconds, and feeds start one by one.
        self.consumer.subscribe([self.topic], listener=self)
        await self._until_done(self.consumer.start)
        while not self.should_stop:
            await self._until_done(self._fetch)

    async def _until_done(self, step: Callable[[], Awaitable[None]]) -> None:
        """Do it, again and again while only the world keeps it from being done."""
        tries = 0
        while not self.should_stop:
            try:
                return await step()
            except Exception as error:
                if not is_the_world(error):
                    raise
                self.refetched.clear()  # what was fetched again may be lost by this
                await self._hold(error, tries)
                tries += 1
        return None

    async def _fetch(self) -> None:
        await self._round()
        self.fetches += 1
        number = self.fetches
        fetched = await self.consumer.getmany(timeout_ms=200, max_records=self.max_events)
        work = self.read(chain.from_iterable(fetched.values())) if fetched else None
        await self._stored()
        if fetched:
            self._storing = asyncio.create_task(self._store(fetched, work, number))

    async def _round(self) -> None:
        """Let records gather where the last fetch is not `round_s` ago: one transaction for them.

        Where there is much to do, a round takes longer by itself and nothing waits.
        """
        rest = self._began + self.round_s - time.monotonic()
        if rest > 0:
            await self.sleep(rest)
        self._began = time.monotonic()

    async def _stored(self) -> None:
        """Wait for the batch before. Raises the bug that it met."""
        storing, self._storing = self._storing, None
        if storing is not None:
            await storing

    async def _store(self, fetched: Records, work: Any, number: int) -> None:
        async with self._busy:
            ours = {
                p: records for p, records in fetched.items() if self._is_ours(p, records, number)
            }
            if ours.keys() != fetched.keys():
                work = self.read(chain.from_iterable(ours.values()))
            await self._deliver(ours, work)
        self._show_lag()

    def _is_ours(
        self, partition: TopicPartition, records: Sequence[ConsumerRecord], number: int
    ) -> bool:
        """Whether these records are the next to be worked on.

        Records from elsewhere were fetched for an assignment that ended meanwhile: they are fetched
        again from the stored position. Only where a fetch that began after that (they are
        counted by `number`) gives the same ones is the log itself cut, or begins again lower: that
        is told and gone on from.
        """
        expected = self.expected.get(partition)
        if expected is None or not records:
            return False
        found = records[0].offset
        if found != expected:
            if not self._is_cut(partition, expected, number):
                return False
            metrics.LOGS_CUT.labels(self.stage).inc()
            log.error(
                "log-cut",
                stage=self.stage,
                partition=partition.partition,
                expected=expected,
                found=found,
            )
        return True

    def _is_cut(self, partition: TopicPartition, expected: int, number: int) -> bool:
        again = self.refetched.get(partition)
        if again is None or again.expected != expected:
            self.refetched[partition] = Refetch(expected, self.fetches)
            self.consumer.seek(partition, expected)
            return False
        return number > again.last_fetch

    async def _deliver(self, records: Records, work: Any) -> None:
        tries, started = 0, time.monotonic()
        while records and records.keys() <= self.expected.keys() and not self.should_stop:
            batch = Batch(self.cluster, records, {p: self.expected[p] for p in records}, work)
            error = await self._outcome(batch)
            if error is None:
                return self._delivered(batch, time.monotonic() - started)
            if isinstance(error, Fenced | Interrupted):
                return await self._take_up(list(records))
            if not is_the_world(error):
                raise error
            metrics.RETRIES.labels(self.stage).inc()
            await self._hold(error, tries)
            tries += 1
        return None

    async def _outcome(self, batch: Batch) -> BaseException | None:
        await self.channel.send(value=batch)
        try:
            await batch.done
            await self.bookkeeper.finished(batch)
        except Exception as error:
            return error
        return None

    def _delivered(self, batch: Batch, took_s: float) -> None:
        self.waiting = False
        metrics.EVENTS.labels(self.stage).inc(len(batch))
        metrics.BATCH_SECONDS.labels(self.stage).observe(took_s)
        for span in batch.spans():
            partition = TopicPartition(span.topic, span.partition)
            if partition in self.expected:
                self.expected[partition] = span.next_offset

    async def _hold(self, error: BaseException, tries: int) -> None:
        self.waiting = True
        log.warning("held", stage=self.stage, tries=tries, error=type(error).__name__)
        await self.sleep(wait_s(tries, self.retry_max_wait_s))

    def _show_lag(self) -> None:
        ends = {p: self.consumer.highwater(p) for p in self.expected}
        lag = sum(max(0, end - self.expected[p]) for p, end in ends.items() if end is not None)
        metrics.LAG.labels(self.stage).set(lag)
