"""MLLP's frames out of a stream: bounded in size and time, and none lost for another's fault."""

import asyncio
from enum import StrEnum
from typing import NamedTuple

from hl7.mllp import MLLPStreamReader
from hl7.mllp.streams import CARRIAGE_RETURN, END_BLOCK, START_BLOCK

END = END_BLOCK + CARRIAGE_RETURN
# What is read ahead of a frame that is being worked on.
READ_AHEAD_BYTES = 64 * 1024
# As much of a frame that is not taken as its answer needs: the message's header.
HEAD_BYTES = 16 * 1024
BETWEEN = b"\r\n\t \0"
# A client that broke off and began anew within its connection leaves half a frame before these.
BEGINNINGS = tuple(START_BLOCK + name for name in (b"MSH", b"BHS", b"FHS"))


class Fault(StrEnum):
    """Why a frame is not taken."""

    TOO_LARGE = "too-large"
    UNFRAMED = "unframed"


class Block(NamedTuple):
    """What a frame holds; with a fault only its beginning. `broken_off`: another one before it."""

    body: bytes
    fault: Fault | None = None
    broken_off: bool = False


class Idle(Exception):
    """Nothing came for a long time."""


class Unfinished(Exception):
    """A frame was begun and not ended in time."""


class Blocks(MLLPStreamReader):  # type: ignore[misc]
    """The library's reader, which gives up more than it must, with a reading of its own.

    `readblock` holds twice a largest frame, forgets the beginning of a frame that is too large,
    and loses the frame that follows bytes outside of any.
    """

    def __init__(
        self, largest: int, loop: asyncio.AbstractEventLoop, ahead: int = READ_AHEAD_BYTES
    ) -> None:
        super().__init__(limit=ahead, loop=loop)
        self.largest = largest
        self.is_within = False

    async def next_block(self, idle_s: float, patience_s: float) -> Block | None:
        """The next frame; None where the stream ends between two.

        Raises Idle, Unfinished, asyncio.IncompleteReadError where it ends within one, OSError.
        """
        first = await self._first_byte(idle_s)
        if not first:
            return None
        self.is_within = True
        try:
            async with asyncio.timeout(patience_s):
                return await self._rest(bytearray(first))
        except TimeoutError:
            raise Unfinished from None
        finally:
            self.is_within = False

    async def _first_byte(self, idle_s: float) -> bytes:
        """The first byte that is no blank between two frames."""
        try:
            async with asyncio.timeout(idle_s):
                while (first := await self.read(1)) and first in BETWEEN:
                    self._drop_blanks()
                return bytes(first)
        except TimeoutError:
            raise Idle from None

    def _drop_blanks(self) -> None:
        """All that are here at once: one after the other they would keep the loop to themselves."""
        del self._buffer[: len(self._buffer) - len(self._buffer.lstrip(BETWEEN))]
        self._maybe_resume_transport()

    async def _rest(self, held: bytearray) -> Block:
        is_too_large = broken_off = False
        while True:
            try:
                held += await self.readuntil(END)
                break
            except asyncio.LimitOverrunError as more:
                held += await self.readexactly(more.consumed)
            if len(held) > self.largest + len(END) and not is_too_large:
                # What stands before the frame is no part of its size.
                broken_off |= _without_what_is_before(held)
            if is_too_large or len(held) > self.largest + len(END):
                is_too_large = True
                del held[HEAD_BYTES:]
        return _block(held, self.largest, is_too_large=is_too_large, broken_off=broken_off)


def _start(held: bytearray) -> int:
    """Where the last frame in what was read begins; -1 where none does."""
    start = max((held.rfind(beginning) for beginning in BEGINNINGS), default=-1)
    return start if start >= 0 else held.find(START_BLOCK)


def _without_what_is_before(held: bytearray) -> bool:
    """Drop what stands before the frame; True where that was a frame that was broken off."""
    start = max(_start(held), 0)
    broken_off = START_BLOCK in held[:start]
    del held[:start]
    return broken_off


def _block(held: bytearray, largest: int, *, is_too_large: bool, broken_off: bool) -> Block:
    """The frame in what was read up to an end."""
    start = _start(held)
    body = bytes(held[start + 1 :]).removesuffix(END)
    if start < 0:
        return Block(body[:HEAD_BYTES], Fault.UNFRAMED)
    if is_too_large or len(body) > largest:
        return Block(body[:HEAD_BYTES], Fault.TOO_LARGE)
    return Block(body, broken_off=broken_off or START_BLOCK in held[:start])
