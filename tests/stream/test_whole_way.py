"""The whole way of disordered events through workers that are killed, on the chosen broker."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from deploy.embedded.postgres import Postgres
from services.simulator import Message, Simulation, simulate
from services.simulator.simulation import FIRST_DAY
from streams.flow.bed_days import Nights, nights_between
from streams.verify import verify
from tests.stream.simulated import (
    inbound,
    referrals_in,
    state_of,
    stays_of,
    true_referrals,
    true_stays,
)
from tests.stream.system import IS_WHOLE, System, end, new_system

pytestmark = pytest.mark.kafka

PEOPLE, DAYS, SEED = (1_700 if IS_WHOLE else 500), 60, 7
AT_LEAST = 20_000 if IS_WHOLE else 5_000
KILLS = 5 if IS_WHOLE else 3
LAST_DAY = FIRST_DAY + timedelta(days=DAYS)

Order = Callable[[Sequence[Message]], Sequence[Message]]


def as_they_came(messages: Sequence[Message]) -> Sequence[Message]:
    return messages


def backwards(messages: Sequence[Message]) -> Sequence[Message]:
    return messages[::-1]


def shuffled(messages: Sequence[Message]) -> Sequence[Message]:
    return Random(SEED).sample(messages, len(messages))


ORDERS: dict[Order, int] = {as_they_came: 2_000, backwards: 333, shuffled: 5_000}


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    made = simulate(PEOPLE, DAYS, SEED, disorder=True)
    assert len(made.messages) >= AT_LEAST
    return made


async def worked_off(
    system: System, messages: Sequence[Message], batch: int
) -> dict[str, list[Any]]:
    """What is stored once workers that were killed again and again have done everything."""
    system.start_worker(batch_max_events=batch)
    publishing = asyncio.create_task(system.publish(map(inbound, messages)))
    for kill in range(1, KILLS + 1):
        await system.until_stored(kill * len(messages) // (2 * KILLS))
        system.kill_worker()
        system.start_worker(batch_max_events=batch)
    await publishing
    await system.until_projected()
    assert await verify(system.database) == []
    return await state_of(system)


async def test_any_order_and_any_kill_end_in_the_truth(
    simulation: Simulation, postgres: Postgres, tmp_path: Path
) -> None:
    states = []
    for order, batch in ORDERS.items():
        system = await new_system(postgres, tmp_path / order.__name__)
        try:
            states.append(await worked_off(system, order(simulation.messages), batch))
        finally:
            await end(system)
    for other in states[1:]:
        for kind, rows in states[0].items():
            assert [r for r in zip(rows, other[kind], strict=True) if r[0] != r[1]] == []
    assert stays_of(states[0]) == true_stays(simulation.truth)
    assert referrals_in(states[0]) == true_referrals(simulation.truth)
    assert bed_days_of(states[0]) == simulation.truth.bed_days(FIRST_DAY, LAST_DAY)


def bed_days_of(state: dict[str, list[Any]]) -> dict[str, int]:
    beds = {"IMP", "ACUTE", "NONAC", "SS"}
    count: Counter[str] = Counter()
    for row in state["stays"]:
        for nights in msgspec.convert(row.nights, list[Nights]) if row[3] in beds else ():
            days = nights_between(nights, FIRST_DAY, LAST_DAY, today=LAST_DAY)
            count[nights.ward] += days
    return {ward: days for ward, days in count.items() if days}


def test_the_simulated_history_holds_a_clock_change() -> None:
    assert FIRST_DAY < date(2026, 3, 29) < LAST_DAY
