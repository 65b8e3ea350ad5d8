"""A feed whose partitions come and go: what is delivered, and from where it is fetched again."""

import asyncio
import time
from collections.abc import Iterable
from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaConnectionError

from streams.runtime.batches import Batch, Interrupted
from streams.runtime.feed import Feed
from streams.runtime.positions import Fenced

ONE, TWO = TopicPartition("t", 0), TopicPartition("t", 1)


class Consumer:
    """As much of a consumer as a feed uses, with its assignment in the test's hand."""

    def __init__(self, *assigned: TopicPartition) -> None:
        self.assigned = set(assigned)
        self.sought: list[tuple[TopicPartition, int]] = []
        self.failures: list[Exception] = []

    def assignment(self) -> frozenset[TopicPartition]:
        return frozenset(self.assigned)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        assert partition in self.assigned
        self.sought.append((partition, offset))

    def highwater(self, partition: TopicPartition) -> int:
        assert partition in self.assigned
        return 0

    async def stop(self) -> None:
        return

    async def getmany(self, **_: object) -> dict[TopicPartition, list[ConsumerRecord]]:
        if self.failures:
            raise self.failures.pop()
        return {}


class Keeper:
    """Positions in memory; the failures are raised first."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.stored = {0: 10, 1: 20}

    async def positions(self, log: str, partitions: Iterable[TopicPartition]) -> dict[int, int]:
        if self.failures:
            raise self.failures.pop(0)
        return {p.partition: self.stored[p.partition] for p in partitions}

    async def finished(self, batch: Batch) -> None:
        return


class Channel:
    """Settles each batch with what the test says."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.sent: list[Batch] = []

    async def send(self, *, value: Batch) -> None:
        self.sent.append(value)
        outcome = self.outcomes.pop(0)
        if outcome is None:
            value.done.set_result(None)
        else:
            value.done.set_exception(outcome)


async def log_id() -> str:
    return "log"


def feed(consumer: Any, keeper: Any = None, channel: Any = None) -> Feed:
    return Feed(
        "s", "t", channel or Channel(), consumer, keeper or Keeper(), log_id,
        read=list, max_events=10, retry_max_wait_s=0.001,
    )  # fmt: skip


def records(partition: TopicPartition, *offsets: int) -> dict[TopicPartition, list[ConsumerRecord]]:
    return {
        partition: [ConsumerRecord("t", partition.partition, o, 0, 0, None, b"", None, 0, 0, ())
                    for o in offsets]
    }  # fmt: skip


async def test_partitions_are_fetched_from_where_they_were_left() -> None:
    consumer = Consumer(ONE, TWO)
    feeding = feed(consumer)
    await feeding.on_partitions_assigned([ONE, TWO])
    assert sorted(consumer.sought) == [(ONE, 10), (TWO, 20)]
    assert not feeding.waiting


@pytest.mark.parametrize("outcome", [Fenced("s"), Interrupted()])
async def test_a_batch_that_was_not_stored_is_fetched_again(outcome: Exception) -> None:
    consumer, channel = Consumer(ONE), Channel(outcome)
    feeding = feed(consumer, channel=channel)
    feeding.expected = {ONE: 5}
    await feeding._deliver(records(ONE, 5, 6), None)
    assert consumer.sought == [(ONE, 10)]
    assert feeding.expected == {ONE: 10}


async def test_a_fenced_batch_of_a_partition_that_is_gone_is_left_alone() -> None:
    consumer, channel = Consumer(TWO), Channel(Fenced("s"))
    feeding = feed(consumer, channel=channel)
    feeding.expected = {ONE: 5}
    await feeding._deliver(records(ONE, 5, 6), None)
    assert consumer.sought == []


async def test_nothing_is_expected_of_what_was_given_up() -> None:
    consumer = Consumer(ONE)
    feeding = feed(consumer)
    feeding.expected = {ONE: 5}
    async with feeding._busy:
        revoking = asyncio.create_task(feeding.on_partitions_revoked([ONE]))
        await asyncio.sleep(0)
        feeding.expected = {ONE: 6}  # as a batch in hand does when it ends
    await revoking
    assert feeding.expected == {}


async def test_the_world_is_waited_for_before_partitions_are_taken_up() -> None:
    consumer = Consumer(ONE)
    await feed(consumer, Keeper(ConnectionRefusedError(), TimeoutError())).on_partitions_assigned(
        [ONE]
    )
    assert consumer.sought == [(ONE, 10)]


async def test_a_feed_told_to_stop_no_longer_waits_for_the_world() -> None:
    keeper = Keeper(*[ConnectionRefusedError() for _ in range(1_000)])
    feeding = feed(Consumer(ONE), keeper)
    taking_up = asyncio.create_task(feeding.on_partitions_assigned([ONE]))
    await asyncio.sleep(0)
    await feeding.stop()
    async with asyncio.timeout(30):
        await taking_up
    assert keeper.failures


async def test_a_bug_in_taking_up_crashes_the_feed() -> None:
    """aiokafka forgets what a rebalance listener raises."""
    feeding = feed(Consumer(ONE), Keeper(ValueError("bug")))
    await feeding.on_partitions_assigned([ONE])
    assert isinstance(feeding.crash_reason, ValueError)
    assert feeding.waiting


async def test_a_fetch_that_fails_for_the_world_is_tried_again() -> None:
    consumer = Consumer(ONE)
    consumer.failures = [KafkaConnectionError(), KafkaConnectionError()]
    await feed(consumer)._until_done(feed(consumer)._fetch)
    assert consumer.failures == []


async def test_records_gather_between_the_fetches_of_a_stage_that_nobody_waits_for() -> None:
    feeding = feed(Consumer(ONE))
    feeding.round_s = 0.02
    began = time.monotonic()
    for _ in range(3):
        await feeding._fetch()
    assert time.monotonic() - began >= 2 * feeding.round_s


@pytest.mark.parametrize("offsets", [(8, 9), (2, 3)])
async def test_what_does_not_go_on_is_fetched_again_before_it_is_believed(
    offsets: tuple[int, int],
) -> None:
    consumer, channel = Consumer(ONE), Channel(None)
    feeding = feed(consumer, channel=channel)
    feeding.expected, feeding.fetches = {ONE: 5}, 1
    found = records(ONE, *offsets)
    await feeding._store(found, None, 1)
    assert consumer.sought == [(ONE, 5)]
    await feeding._store(found, None, 2)
    assert channel.sent[0].spans() == [("t", 0, 5, offsets[1] + 1)]
    assert feeding.expected == {ONE: offsets[1] + 1}


async def test_what_was_read_ahead_of_a_new_fetch_is_no_proof_of_a_cut() -> None:
    consumer, channel = Consumer(ONE), Channel(None, None)
    feeding = feed(consumer, channel=channel)
    feeding.expected, feeding.fetches = {ONE: 5}, 2
    await feeding._store(records(ONE, 8, 9), None, 1)
    await feeding._store(records(ONE, 10, 11), None, 2)
    assert consumer.sought == [(ONE, 5)]
    await feeding._store(records(ONE, 5, 6), None, 3)
    await feeding._store(records(ONE, 7, 8), None, 4)
    assert [batch.spans()[0].expected for batch in channel.sent] == [5, 7]


async def test_an_earlier_assignment_proves_nothing_of_a_cut() -> None:
    consumer, channel = Consumer(ONE), Channel()
    feeding = feed(consumer, Keeper(), channel)
    feeding.expected, feeding.fetches = {ONE: 10}, 1
    await feeding._store(records(ONE, 12), None, 1)
    await feeding.on_partitions_revoked([ONE])
    await feeding.on_partitions_assigned([ONE])
    await feeding._store(records(ONE, 12), None, 2)
    assert channel.sent == []
    assert consumer.sought == [(ONE, 10)] * 3


class Endless(Consumer):
    """Gives the next two records at each fetch."""

    async def getmany(self, **_: object) -> dict[TopicPartition, list[ConsumerRecord]]:
        self.next = getattr(self, "next", 5)
        found = records(ONE, self.next, self.next + 1)
        self.next += 2
        return found


async def test_the_next_batch_is_read_while_one_is_stored_and_stored_after_it() -> None:
    channel, read = Waiting(), []
    feeding = feed(Endless(ONE), channel=channel)
    feeding.read = lambda found: read.append([r.offset for r in found])
    feeding.expected = {ONE: 5}
    await feeding._fetch()
    second = asyncio.create_task(feeding._fetch())
    while len(read) < 2:
        await asyncio.sleep(0)
    assert [batch.spans()[0].next_offset for batch in channel.sent] == [7]
    channel.sent[0].done.set_result(None)
    await second
    while len(channel.sent) < 2:
        await asyncio.sleep(0)
    assert channel.sent[1].spans()[0] == ("t", 0, 7, 9)
    channel.sent[1].done.set_result(None)
    await feeding._stored()


async def test_what_was_read_ahead_is_dropped_with_its_partition() -> None:
    channel = Waiting()
    feeding = feed(Endless(ONE), channel=channel)
    feeding.expected = {ONE: 5}
    await feeding._fetch()
    second = asyncio.create_task(feeding._fetch())
    while not channel.sent:
        await asyncio.sleep(0)
    feeding.expected.clear()
    channel.sent[0].done.set_result(None)
    await second
    await feeding._stored()
    assert len(channel.sent) == 1
    assert feeding.expected == {}


class Waiting(Channel):
    """Settles nothing: the test does."""

    async def send(self, *, value: Batch) -> None:
        self.sent.append(value)
