"""Two workers under random faults: the end is the truth, and each recovery is timed."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

import pytest

from services.simulator import Message, simulate
from tests.chaos.conftest import Recovery
from tests.stream.simulated import assert_true, facts_in, inbound
from tests.stream.system import SESSION_MS, System

pytestmark = [pytest.mark.chaos, pytest.mark.kafka]

PEOPLE, DAYS = 4_250, 60
AT_LEAST = 50_000
FAULTS = 15
WORKERS = 2
BATCH = 500
SEED = int(os.environ.get("THROUGHLINE_CHAOS_SEED", "1"))

Process = subprocess.Popen[bytes]


async def test_random_faults_end_in_the_truth(system: System, recoveries: list[Recovery]) -> None:
    """THROUGHLINE_CHAOS_SEED chooses the faults, and which worker has them."""
    rng = Random(SEED)
    simulation = simulate(PEOPLE, DAYS, SEED, disorder=True)
    messages = simulation.messages
    assert len(messages) >= AT_LEAST
    for _ in range(WORKERS):
        system.start_worker(batch_max_events=BATCH)
    known: set[object] = set()
    size = -(-len(messages) // FAULTS)
    for start in range(0, len(messages), size):
        part = messages[start : start + size]
        known |= facts_in(part)
        recoveries.append(await a_fault_in(system, part, len(known), rng))
    await system.until_projected()
    assert len(system.workers) == WORKERS
    await assert_true(system, messages, simulation.truth)


async def a_fault_in(
    system: System, messages: Sequence[Message], known: int, rng: Random
) -> Recovery:
    """Publish the messages, do something to a worker amid them, and wait until all are stored."""
    before = await system.count("facts")
    publishing = asyncio.create_task(system.publish(map(inbound, messages)))
    await system.until_stored(before + int((known - before) * rng.uniform(0.05, 0.5)))
    fault = rng.choice([killed, stopped, frozen])
    worker = rng.choice(system.workers)
    standstill = asyncio.create_task(longest_standstill_s(system, known))
    await fault(system, worker, rng)
    await publishing
    return Recovery(fault.__name__, await standstill)


async def killed(system: System, worker: Process, _: Random) -> None:
    worker.kill()
    await system.until_ended(worker)
    system.start_worker(batch_max_events=BATCH)


async def stopped(system: System, worker: Process, _: Random) -> None:
    worker.send_signal(signal.SIGTERM)
    assert await system.until_ended(worker) == 0
    system.start_worker(batch_max_events=BATCH)


async def frozen(system: System, worker: Process, rng: Random) -> None:
    """Up to three sessions long: the group may or may not have given the worker up."""
    worker.send_signal(signal.SIGSTOP)
    await asyncio.sleep(rng.uniform(0.5, 3) * SESSION_MS / 1_000)
    worker.send_signal(signal.SIGCONT)


async def longest_standstill_s(system: System, facts: int) -> float:
    """The longest time without progress of any stage until so many facts are stored."""
    longest, since, last = 0.0, time.monotonic(), await progress(system)

    async def is_over() -> bool:
        nonlocal longest, since, last
        now = await progress(system)
        if now != last:
            since, last = time.monotonic(), now
        longest = max(longest, time.monotonic() - since)
        return now.facts >= facts

    await system.until(is_over, within_s=240)
    return longest


class Progress(NamedTuple):
    """How many facts are stored, and how far all projections have read."""

    facts: int
    read: int


async def progress(system: System) -> Progress:
    (row,) = await system.rows(
        "select (select count(*) from facts) as facts,"
        " (select coalesce(sum(next_offset), 0) from positions) as read"
    )
    return Progress(row.facts, int(row.read))
