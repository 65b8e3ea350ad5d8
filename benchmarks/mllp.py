"""How many messages a second the gateway takes over MLLP, and how long an acknowledgement takes."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import NamedTuple

from hl7.mllp import MLLPStreamReader, MLLPStreamWriter, open_hl7_connection

from benchmarks.machine import WORKER, Contender, contender, ground, worker_arguments
from deploy.processes import free_port
from services.simulator import adt_bodies

SEED = 20260101
CONNECTIONS = 8
# As many as a sender leaves unanswered where it goes as fast as it can.
WINDOW = 16
MESSAGES = 20_000
WARM_UP = 1_000
PER_S = 500
SECONDS = 30
_SENDER = "ZT2=ZT2:acute"
_START_WITHIN_S = 60.0


class Run(NamedTuple):
    """Messages acknowledged a second, each one's seconds to its answer (sorted), and the cost.

    `cpu_us` is the gateway's own processor time for a message.
    """

    per_s: float
    took: list[float]
    cpu_us: float


@lru_cache(maxsize=2)
def bodies(n: int) -> Sequence[bytes]:
    """The same `n` messages at each call, no two alike."""
    return tuple(adt_bodies(n, SEED))


async def run_once(messages: int, broker: str, per_s: float | None = None) -> Run:
    """A warm gateway, with a worker beside it that projects what it takes.

    `per_s` None: as fast as it takes them. Else that many are sent a second, come what may, and
    each one's time counts from when it was due.
    """
    everything = bodies(WARM_UP + messages)
    async with _serving(broker) as (port, gateway):
        await _sent(port, everything[:WARM_UP], None)
        cpu_s = gateway.cpu_s()
        began = time.perf_counter()
        took = await _sent(port, everything[WARM_UP:], per_s)
        seconds = time.perf_counter() - began
        cpu_us = (gateway.cpu_s() - cpu_s) / messages * 1e6
        gateway.check()
    return Run(messages / seconds, sorted(took), cpu_us)


@asynccontextmanager
async def _serving(broker: str) -> AsyncIterator[tuple[int, Contender]]:
    port = free_port()
    told = {"mllp_port": port, "mllp_sources": _SENDER, "http_port": free_port()}
    async with ground(broker) as here:
        with (
            contender(WORKER, here, worker_arguments()),
            contender(WORKER, here, ["serve"], **told) as gateway,
        ):
            await _until_listening(port, gateway)
            yield port, gateway


async def _until_listening(port: int, gateway: Contender) -> None:
    async with asyncio.timeout(_START_WITHIN_S):
        while True:
            gateway.check()
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return


async def _sent(port: int, messages: Sequence[bytes], per_s: float | None) -> list[float]:
    """Seconds from each message to its answer. Raises AssertionError where one is not AA."""
    began = time.perf_counter()
    parts = [messages[number::CONNECTIONS] for number in range(CONNECTIONS)]
    paces = [
        None if per_s is None else Pace(began + number / per_s, CONNECTIONS / per_s)
        for number in range(CONNECTIONS)
    ]
    sending = [_send(port, part, pace) for part, pace in zip(parts, paces, strict=True)]
    return [took for each in await asyncio.gather(*sending) for took in each]


class Pace(NamedTuple):
    """When a connection's first message is due, and the seconds between two of them."""

    first: float
    gap_s: float


async def _send(port: int, messages: Sequence[bytes], pace: Pace | None) -> list[float]:
    """One connection."""
    reader, writer = await open_hl7_connection("127.0.0.1", port)
    due: deque[float] = deque()
    places = asyncio.Semaphore(WINDOW if pace is None else len(messages))
    listening = asyncio.create_task(_listen(reader, due, places, len(messages)))
    try:
        for number, message in enumerate(messages):
            await _write(writer, message, due, places, pace and pace.first + number * pace.gap_s)
        return await listening
    finally:
        listening.cancel()
        writer.close()


async def _write(
    writer: MLLPStreamWriter,
    message: bytes,
    due: deque[float],
    places: asyncio.Semaphore,
    at: float | None,
) -> None:
    """Send the message when it is due, or at once where it may wait for its place only."""
    if at is not None:
        await asyncio.sleep(at - time.perf_counter())
    await places.acquire()
    due.append(at or time.perf_counter())
    writer.writeblock(message)
    await writer.drain()


async def _listen(
    reader: MLLPStreamReader, due: deque[float], places: asyncio.Semaphore, messages: int
) -> list[float]:
    took = []
    for _ in range(messages):
        answer = await reader.readblock()
        took.append(time.perf_counter() - due.popleft())
        places.release()
        assert b"MSA|AA|" in answer, answer
    return took
