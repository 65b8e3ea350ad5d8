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
from schemas.inbound import Inbound
from services.simulator import Message, Simulation, Truth, simulate
from services.simulator.simulation import FIRST_DAY
from streams.flow.bed_days import Nights, nights_between
from streams.verify import verify
from tests.stream.system import System, end, new_system

pytestmark = pytest.mark.kafka

PEOPLE, DAYS, SEED = 1_700, 60, 7
AT_LEAST = 20_000
KILLS = 5
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


def inbound(message: Message) -> Inbound:
    return Inbound(
        message.body,
        message.source,
        message.sector,
        message.content_type,
        message.message_id,
        message.at,
    )


async def worked_off(
    system: System, messages: Sequence[Message], batch: int
) -> dict[str, list[Any]]:
    """What is stored once workers that were killed again and again have done everything."""
    system.start_worker(batch_max_events=batch)
    publishing = asyncio.create_task(system.publish(map(inbound, messages)))
    for kill in range(1, KILLS + 1):
        await until_stored(system, kill * len(messages) // (2 * KILLS))
        system.kill_worker()
        system.start_worker(batch_max_events=batch)
    await publishing
    await system.until_projected()
    assert await verify(system.database) == []
    return await state_of(system)


async def until_stored(system: System, facts: int) -> None:
    async with asyncio.timeout(120):
        while await system.count("facts") < facts:
            await asyncio.sleep(0.05)


async def state_of(system: System) -> dict[str, list[Any]]:
    """Timelines, people and stays in terms that two runs share."""
    timelines = await system.rows(
        "select distinct on (thread) subject, thread, version, cast(entries as text) from timeline"
        + " order by thread, version desc, event_id"
    )
    people = await system.rows(
        "select string_agg(key, ' ' order by key) from identities group by person_id order by 1"
    )
    stays = await system.rows(
        "select source, visit, status, class, admitted_at, discharged_at, segments, leaves, nights,"
        " flags, subject from stays order by source, visit"
    )
    return {"timelines": timelines, "people": people, "stays": stays}


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
    assert bed_days_of(states[0]) == simulation.truth.bed_days(FIRST_DAY, LAST_DAY)


def stays_of(state: dict[str, list[Any]]) -> dict[tuple[str, str], tuple[Any, ...]]:
    contacts = {"AMB", "HH"}
    return {
        (row.source, row.visit): (
            row.status,
            row[3],
            row.admitted_at,
            row.discharged_at,
            [(s["ward"], s["site"], s["start"], s["end"]) for s in row.segments],
            [(leave["start"], leave["end"]) for leave in row.leaves],
        )
        for row in state["stays"]
        if row[3] not in contacts
    }


def true_stays(truth: Truth) -> dict[tuple[str, str], tuple[Any, ...]]:
    return {
        (stay.source, stay.visit): (
            stay.status,
            stay.class_code,
            stay.admitted_at,
            stay.discharged_at,
            msgspec.to_builtins([(s.ward, s.site, s.start, s.end) for s in stay.segments]),
            msgspec.to_builtins([(leave.start, leave.end) for leave in stay.leaves]),
        )
        for stay in truth.stays
    }


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
