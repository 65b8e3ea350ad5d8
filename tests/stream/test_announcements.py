"""What the outbox announces, and what is sent again from the reject desk."""

import asyncio
import json
from collections import Counter
from uuid import UUID

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from schemas.topics import Topic
from services.rejects.desk import redrive
from services.simulator import Simulation, simulate
from tests.builders import at_ward, encounter, observation, patient, received
from tests.stream.simulated import assert_true, inbound
from tests.stream.system import System

pytestmark = pytest.mark.kafka

KILLS = 3


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(150, 40, 5, disorder=True)


async def outbox_is_empty(system: System) -> bool:
    return await system.count("outbox") == 0


async def test_every_fact_of_a_person_is_announced_by_an_opaque_id(
    simulation: Simulation, system: System
) -> None:
    publishing = asyncio.create_task(system.publish(map(inbound, simulation.messages)))
    system.start_worker(batch_max_events=100)
    for kill in range(1, KILLS + 1):
        await system.until_stored(kill * len(simulation.messages) // (2 * KILLS))
        system.kill_worker()
        system.start_worker(batch_max_events=100)
    await publishing
    await system.until_projected()
    await system.until(lambda: outbox_is_empty(system))
    records = await system.everything_on(Topic.TIMELINE)
    announced = {UUID(orjson.loads(record.value)["event_id"]) for record in records}
    told = await system.rows("select event_id from facts where subject is not null")
    assert announced == {row.event_id for row in told}
    people = {str(row[0]) for row in await system.rows("select distinct own_id from identities")}
    assert {record.key.decode() for record in records} <= people
    nobody_is_named(simulation, b"\n".join(part for r in records for part in (r.key, r.value)))
    await assert_true(system, simulation.messages, simulation.truth)


def nobody_is_named(simulation: Simulation, said: bytes) -> None:
    numbers = {person.nhs_number for person in simulation.people}
    patients = [
        json.loads(m.body) for m in simulation.messages if b'"resourceType":"Patient"' in m.body
    ]
    assert numbers
    assert patients
    words = {
        name["family"]
        for found in patients
        for resource in (found, *(e.get("resource", {}) for e in found.get("entry", ())))
        if resource.get("resourceType") == "Patient"
        for name in resource.get("name", ())
    }
    assert words
    assert [word for word in numbers | words if word.encode() in said] == []


async def test_a_bed_that_fills_and_empties_is_announced(system: System) -> None:
    system.start_worker()
    system.start_services()
    admitted = encounter(location=[at_ward("W1", "2026-02-01T09:00:00Z")])
    await system.publish([received(admitted)])
    await system.until(lambda: figure_is(system, "W1", 1))
    left = encounter(
        status="finished",
        meta={"versionId": "2", "lastUpdated": "2026-02-03T09:00:00Z"},
        period={"start": "2026-02-01T09:00:00Z", "end": "2026-02-03T08:00:00Z"},
        location=[at_ward("W1", "2026-02-01T09:00:00Z", "2026-02-03T08:00:00Z")],
    )
    await system.publish([received(left)])
    await system.until(lambda: figure_is(system, "W1", 0))
    figures = [orjson.loads(r.value) for r in await system.everything_on(Topic.MEASURES)]
    assert Counter(f["value"] for f in figures if f.get("ward") == "W1") == Counter([1, 0])


async def figure_is(system: System, ward: str, beds: int) -> bool:
    """Whether the last figure of the ward on the topic says so many."""
    records = await system.everything_on(Topic.MEASURES)
    latest = {r.key: orjson.loads(r.value) for r in sorted(records, key=lambda r: r.offset)}
    return [f["value"] for f in latest.values() if f.get("ward") == ward] == [beds]


async def test_a_reject_sent_again_after_the_fix_becomes_a_fact(system: System) -> None:
    worker = system.start_worker(max_json_depth=4)
    deep = observation(component=[{"code": {"coding": [{"code": "a"}]}, "valueString": "b"}])
    await system.publish([received(deep), received(patient())])
    await system.until_projected()
    (refused,) = await system.rows("select reject_id, reason from rejects")
    assert refused.reason == "too-deep"
    system.workers.remove(worker)
    worker.terminate()
    await asyncio.to_thread(worker.wait)
    system.start_worker()
    await send_again(system, refused.reject_id)
    await system.until_projected()
    kinds = await system.rows("select kind from facts order by kind")
    assert [row.kind for row in kinds] == ["Observation", "Patient"]
    noted = "select redriven_by, redriven_at is not null from rejects"
    assert await system.rows(noted) == [("an operator", True)]


async def send_again(system: System, reject: UUID) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=system.broker.address)
    await producer.start()
    try:
        async with system.database.begin() as tx:
            assert await redrive(tx, producer, [reject], "an operator") == 1
    finally:
        await producer.stop()
