"""One connection over MLLP: frames in, a bounded number in work, answers out in their order."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from time import monotonic
from typing import NamedTuple

from hl7.mllp import MLLPStreamWriter

from services.gateway.blocks import READ_AHEAD_BYTES, Block, Blocks, Idle, Unfinished
from services.gateway.frames import Outcome, Taken
from services.gateway.room import Room
from streams.runtime import metrics

Take = Callable[[Block], Awaitable[Taken]]
_CLOSE_WITHIN_S = 2.0


class Why(StrEnum):
    """Why a connection ended."""

    DONE = "done"
    GONE = "gone"
    IDLE = "idle"
    UNFINISHED = "unfinished"
    SLOW = "slow"
    UNTOLD = "untold"
    FULL = "full"
    STOPPING = "stopping"


class Bounds(NamedTuple):
    """What one connection may ask of us. Times in seconds."""

    in_work: int
    idle_s: float
    patience_s: float


class Waiting(NamedTuple):
    """A frame that is worked on, and since when."""

    taken: "asyncio.Task[Taken]"
    since: float


class Connection:
    """A sender at the other end, for as long as it is there.

    Reading goes ahead of answering by `in_work` frames and no more, so a client that sends
    without end, or reads no answers, is held up by its own connection and by nothing else.
    """

    def __init__(
        self, reader: Blocks, writer: MLLPStreamWriter, take: Take, room: Room, bounds: Bounds
    ) -> None:
        self.reader, self.writer = reader, writer
        self.take, self.room, self.bounds = take, room, bounds
        self.why: Why | None = None
        self.quiet_since = monotonic()
        self._places = asyncio.Semaphore(bounds.in_work)
        self._waiting: asyncio.Queue[Waiting | None] = asyncio.Queue()
        self._in_hand = 0
        self._reading: asyncio.Task[None] | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing of it is in hand, and nothing of it is half here."""
        return not self._in_hand and not self.reader.is_within

    async def run(self) -> Why:
        """Serve it until either side ends it; why. What was in hand then is answered first."""
        self._reading = asyncio.create_task(self._read())
        answering = asyncio.create_task(self._answer())
        if self.why is not None:
            self._reading.cancel()
        try:
            await asyncio.wait({self._reading, answering}, return_when=asyncio.FIRST_COMPLETED)
            self._waiting.put_nowait(None)
            await answering
            if not self._reading.cancelled():
                await self._reading
        finally:
            self._reading.cancel()
            answering.cancel()
            await self._close()
        return self.why or Why.DONE

    def end(self, why: Why) -> None:
        """Take nothing more from it; the first reason is the one that counts."""
        self.why = self.why or why
        if self._reading is not None:
            self._reading.cancel()

    async def _read(self) -> None:
        try:
            while block := await self.reader.next_block(self.bounds.idle_s, self.bounds.patience_s):
                if block.broken_off:
                    metrics.MLLP_FRAMES.labels(Outcome.BROKEN_OFF).inc()
                await self._begin(block)
        except asyncio.IncompleteReadError:
            metrics.MLLP_FRAMES.labels(Outcome.BROKEN_OFF).inc()
            self.end(Why.GONE)
        except Unfinished:
            metrics.MLLP_FRAMES.labels(Outcome.BROKEN_OFF).inc()
            self.end(Why.UNFINISHED)
        except Idle:
            self.end(Why.IDLE)
        except OSError:
            self.end(Why.GONE)

    async def _begin(self, block: Block) -> None:
        """Work on the frame as soon as there is a place and room for it."""
        self._in_hand += 1
        await self._places.acquire()
        since = monotonic()
        await self.room.take(len(block.body))
        self._waiting.put_nowait(Waiting(asyncio.create_task(self._work(block)), since))

    async def _work(self, block: Block) -> Taken:
        try:
            return await self.take(block)
        finally:
            self.room.give(len(block.body))

    async def _answer(self) -> None:
        """Send each frame's answer in the order in which they came."""
        while waiting := await self._waiting.get():
            taken = await waiting.taken
            if taken.answer is not None:
                await self._send(taken.answer)
                metrics.MLLP_ANSWER_SECONDS.observe(monotonic() - waiting.since)
            if taken.is_lost:
                # It wants no answers: that its connection ends is all that can be said.
                self.end(Why.UNTOLD)
            self._in_hand -= 1
            self.quiet_since = monotonic()
            self._places.release()

    async def _send(self, answer: bytes) -> None:
        if self.writer.transport.is_closing():
            return  # nobody is there to be told; what is in hand is kept all the same
        try:
            self.writer.writeblock(answer)
            async with asyncio.timeout(self.bounds.patience_s):
                await self.writer.drain()
        except TimeoutError:
            self.writer.transport.abort()
            self.end(Why.SLOW)
        except OSError:
            self.end(Why.GONE)

    async def _close(self) -> None:
        """Hang up. What is still on its way to us is read away first: else answers are lost."""
        try:
            async with asyncio.timeout(_CLOSE_WITHIN_S):
                if self.writer.can_write_eof() and not self.writer.transport.is_closing():
                    self.writer.write_eof()
                    while await self.reader.read(READ_AHEAD_BYTES):
                        pass
                self.writer.close()
                await self.writer.wait_closed()
        except OSError:  # a time-out is one too
            self.writer.transport.abort()
