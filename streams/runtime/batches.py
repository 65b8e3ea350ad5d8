"""A batch: what one fetch brought, worked on once, as a whole."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self

from aiokafka import ConsumerRecord, TopicPartition


class Span(NamedTuple):
    """The offsets of one partition in a batch: from `expected` to before `next_offset`."""

    topic: str
    partition: int
    expected: int
    next_offset: int


@dataclass(frozen=True)
class Batch:
    """Records of several partitions in order, and a future that tells the feed how it went.

    `log` is the id of the Kafka cluster that they come from, `work` what the stage read in them.

    Use it as a context manager around the work: leaving it settles the future, whatever
    happened, since a feed that is never told waits for ever.
    """

    log: str
    records: Mapping[TopicPartition, Sequence[ConsumerRecord]]
    expected: Mapping[TopicPartition, int]
    work: Any = None
    done: asyncio.Future[None] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def __len__(self) -> int:
        return sum(map(len, self.records.values()))

    def __iter__(self) -> Iterator[ConsumerRecord]:
        for records in self.records.values():
            yield from records

    def spans(self) -> list[Span]:
        """One span a partition, in a fixed order, so that transactions lock in one order."""
        return sorted(
            Span(
                partition.topic,
                partition.partition,
                self.expected[partition],
                records[-1].offset + 1,
            )
            for partition, records in self.records.items()
            if records
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if self.done.done():
            return False
        if error is None:
            self.done.set_result(None)
            return False
        cancelled = isinstance(error, asyncio.CancelledError)
        self.done.set_exception(Interrupted() if cancelled else _settling(error))
        return not cancelled


def _settling(error: BaseException) -> BaseException:
    """The error as a future can hold it: no future takes a StopIteration."""
    return RuntimeError("StopIteration") if isinstance(error, StopIteration) else error


class Interrupted(Exception):
    """The agent was stopped in the middle of a batch: nothing of it is stored."""
