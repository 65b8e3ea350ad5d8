"""A worker's resident memory after a hundred thousand and after a million events."""

import asyncio
from itertools import islice
from statistics import median

from benchmarks.machine import WORKER, Contender, contender, ground, worker_arguments
from benchmarks.messages import SEED, publish
from benchmarks.projections import counted
from benchmarks.rate import Count, reached
from benchmarks.whole_way import STORED
from services.simulator.benchmark import encounters

EARLY, LATE = 100_000, 1_000_000
_CHUNK = 5_000
_BACKLOG = 3 * _CHUNK
_SAMPLE_S = 0.2


async def run_once(early: int, late: int, broker: str) -> dict[str, float]:
    """Resident MB, the median over the chunks around `early` and before `late` events.

    The publisher keeps a steady backlog, so that both are taken under the same load.
    """
    samples: list[tuple[int, float]] = []
    async with ground(broker) as here, counted(here.database, STORED) as stored:
        with contender(WORKER, here, worker_arguments()) as running:
            sampling = asyncio.create_task(_sample(running, stored, samples))
            everything = encounters(late, SEED)
            for published in range(_CHUNK, late + 1, _CHUNK):
                await publish(here.kafka, islice(everything, _CHUNK))
                await reached(stored, published - _BACKLOG, running)
            await reached(stored, late, running)
            sampling.cancel()
    around = max(_BACKLOG, early // 5)
    return {
        "early_mb": _median(samples, early - around, early + around),
        "late_mb": _median(samples, late - 2 * around, late),
    }


async def _sample(running: Contender, stored: Count, samples: list[tuple[int, float]]) -> None:
    while True:
        samples.append((await stored(), running.memory_mb()))
        await asyncio.sleep(_SAMPLE_S)


def _median(samples: list[tuple[int, float]], start: int, end: int) -> float:
    """Over the samples taken between two counts of stored events."""
    return median(memory for count, memory in samples if start <= count <= end)
