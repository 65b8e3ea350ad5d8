"""A batch tells its feed how it went, whatever happened; its spans say how far it reaches."""

import asyncio

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from streams.runtime.batches import Batch, Interrupted, Span


def record(offset: int, partition: int = 0) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord("t", partition, offset, 0, 0, None, b"", None, 0, 0, ())


def batch(*offsets: int) -> Batch:
    at = TopicPartition("t", 0)
    return Batch("cluster", {at: [record(offset) for offset in offsets]}, {at: offsets[0]})


async def test_work_that_ends_settles_the_batch() -> None:
    work = batch(1)
    async with work:
        pass
    assert work.done.done()
    await work.done


@pytest.mark.parametrize("error", [ValueError("bug"), ConnectionResetError(), SystemExit(1)])
async def test_work_that_fails_hands_its_error_to_the_feed(error: BaseException) -> None:
    work = batch(1)
    async with work:
        raise error
    assert work.done.exception() is error


async def test_an_error_that_no_future_can_hold_is_handed_over_all_the_same() -> None:
    work = batch(1)
    async with work:
        next(iter([]))
    assert isinstance(work.done.exception(), RuntimeError)


async def test_work_that_is_cancelled_is_interrupted_and_stays_cancelled() -> None:
    work, begun = batch(1), asyncio.Event()

    async def follow() -> None:
        async with work:
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(follow())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert isinstance(work.done.exception(), Interrupted)


async def test_a_feed_that_no_longer_waits_is_left_alone() -> None:
    work = batch(1)
    work.done.cancel()
    async with work:
        pass
    with pytest.raises(ValueError, match="bug"):
        async with work:
            raise ValueError("bug")
    assert work.done.cancelled()


async def test_a_span_reaches_from_what_was_expected_to_past_the_last_record() -> None:
    one, other, empty = (TopicPartition("t", number) for number in (1, 0, 2))
    records = {one: [record(4, 1), record(7, 1)], other: [record(2)], empty: []}
    work = Batch("cluster", records, {one: 3, other: 2, empty: 0})
    assert work.spans() == [Span("t", 0, 2, 3), Span("t", 1, 3, 8)]
    assert len(work) == 3
    assert [found.offset for found in work] == [4, 7, 2]
