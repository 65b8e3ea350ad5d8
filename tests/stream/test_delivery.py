"""Workers that freeze, stop, fail and come back: nothing is lost and nothing counts twice."""

import asyncio
import json
import signal
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from deploy.embedded.postgres import Postgres, start_postgres
from deploy.topics import create_topics
from schemas.errors import Reason
from schemas.settings import Settings
from schemas.topics import TOPICS, Topic
from services.access.tokens import issue
from services.access.viewer import Role, Viewer
from services.simulator import Message, Simulation, simulate
from streams.intake.read import read
from tests.builders import encounter, received
from tests.stream.simulated import LIMITS, assert_stored, assert_true, inbound
from tests.stream.system import CHOSEN, DEVELOPMENT_KEY, System, end, new_system

pytestmark = pytest.mark.kafka

PEOPLE, DAYS, SEED = 260, 60, 11
BATCH = 200


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    """About 3,000 messages."""
    return simulate(PEOPLE, DAYS, SEED, disorder=True)


async def positions(system: System) -> dict[tuple[str, str, int], int]:
    rows = await system.rows("select log, projection, partition, next_offset from positions")
    return {(row.log, row.projection, row.partition): row.next_offset for row in rows}


async def all_ready(system: System) -> bool:
    return all([await system.is_ready(worker) for worker in system.workers])


def lines(system: System) -> list[dict[str, Any]]:
    """The log of the workers: each of its lines must be JSON."""
    return [json.loads(line) for line in system.log.read_text().splitlines()]


async def test_a_worker_that_froze_past_its_session_comes_back_without_harm(
    simulation: Simulation, system: System
) -> None:
    half = len(simulation.messages) // 2
    frozen = system.start_worker(batch_max_events=BATCH)
    await system.until(lambda: all_ready(system))
    publishing = asyncio.create_task(system.publish(map(inbound, simulation.messages[:half])))
    await system.until_stored(BATCH)
    frozen.send_signal(signal.SIGSTOP)
    other = system.start_worker(batch_max_events=BATCH)
    await publishing
    await system.until_projected()
    frozen.send_signal(signal.SIGCONT)
    await system.publish(map(inbound, simulation.messages[half:]))
    await system.until_projected()
    await system.until(lambda: all_ready(system))
    assert [frozen.poll(), other.poll()] == [None, None]
    await assert_true(system, simulation.messages, simulation.truth)
    await both_work(system, [frozen, other])


async def both_work(system: System, workers: list[subprocess.Popen[bytes]]) -> None:
    """Wait until each of the workers has taken in something new."""
    done = [await taken_in(system, worker) for worker in workers]
    serial = 0

    async def each_did_more() -> bool:
        nonlocal serial
        serial += 1
        fresh = (received(encounter(id=f"fresh-{serial}-{number}")) for number in range(50))
        await system.publish(fresh)
        now = [await taken_in(system, worker) for worker in workers]
        return all(after > before for before, after in zip(done, now, strict=True))

    await system.until(each_did_more)


async def taken_in(system: System, worker: subprocess.Popen[bytes]) -> float:
    return await system.metric(worker, 'throughline_events_total{stage="intake"}')


async def test_events_are_accepted_while_the_database_is_away(
    simulation: Simulation, tmp_path: Path
) -> None:
    postgres = await start_postgres(tmp_path / "postgres")
    system = await new_system(postgres, tmp_path / "system")
    try:
        await an_outage(simulation, postgres, system)
    finally:
        await end(system)
        await postgres.stop()


async def an_outage(simulation: Simulation, postgres: Postgres, system: System) -> None:
    third = len(simulation.messages) // 3
    worker, services = system.start_worker(), system.start_services()
    await system.publish(map(inbound, simulation.messages[:third]))
    await system.until_projected()
    await system.until(lambda: system.is_ready(services))
    accepted = len(await system.everything_on(Topic.EVENTS))
    await system.database.dispose()
    await postgres.stop()

    await system.publish(map(inbound, simulation.messages[third:-1]))
    await system.until(lambda: system.is_held(worker))

    async def intake_goes_on() -> bool:
        return len(await system.everything_on(Topic.EVENTS)) >= accepted + third

    await system.until(intake_goes_on)
    assert await sent_to_the_door(system, services, simulation) == httpx.codes.ACCEPTED
    for stage in ("timeline", "flow"):
        name = f'throughline_retries_total{{stage="{stage}"}}'
        await system.until(lambda name=name: at_least_two(system, worker, name))
    await postgres.start()
    await system.until_projected()
    await system.until(lambda: system.is_ready(worker))
    assert worker.poll() is None
    await assert_true(system, simulation.messages, simulation.truth)


async def at_least_two(system: System, worker: subprocess.Popen[bytes], name: str) -> bool:
    return await system.metric(worker, name) >= 2


async def sent_to_the_door(
    system: System, services: subprocess.Popen[bytes], simulation: Simulation
) -> int:
    """The answer to the last message of the simulation, sent over HTTP."""
    message = simulation.messages[-1]
    settings = Settings(kafka="", database="", development=True, development_key=DEVELOPMENT_KEY)
    publisher = Viewer(user="u", name="P", role=Role.PUBLISHER, org=message.source)
    headers = {
        "Authorization": f"Bearer {issue(settings, publisher)}",
        "Content-Type": message.content_type,
        "X-Sector": message.sector,
        "X-Message-ID": message.message_id,
    }
    async with httpx.AsyncClient(timeout=30, headers=headers) as client:
        url = system.url_of(services) + "/fhir"
        return (await client.post(url, content=message.body)).status_code


async def test_a_worker_stops_in_order_while_the_database_is_away(tmp_path: Path) -> None:
    postgres = await start_postgres(tmp_path / "postgres", durable=False)
    system = await new_system(postgres, tmp_path / "system")
    try:
        await system.database.dispose()
        await postgres.stop()
        worker = system.start_worker()
        await system.until(lambda: system.is_held(worker))
        await system.until(lambda: says(system, "held"))
        worker.send_signal(signal.SIGTERM)
        assert await system.until_ended(worker) == 0
        assert sum(line["event"] == "held" for line in lines(system)) < 200
    finally:
        await end(system)
        await postgres.stop()


async def test_a_worker_waits_for_kafka_and_can_be_stopped_meanwhile(system: System) -> None:
    system.broker.kill()
    impatient, patient = system.start_worker(), system.start_worker()
    for worker in (impatient, patient):
        await system.until(lambda worker=worker: system.is_held(worker))
    await system.until(lambda: says(system, "producer-held"))
    impatient.send_signal(signal.SIGTERM)
    assert await system.until_ended(impatient) == 0
    await system.broker.restart()
    await create_topics(system.broker.address, TOPICS)
    await system.publish([received(encounter())])
    await system.until_projected()
    assert await system.count("facts") == 1


async def says(system: System, event: str) -> bool:
    return event in system.log.read_text()


async def test_a_broker_that_lost_its_log_is_read_from_its_new_beginning(
    simulation: Simulation, system: System
) -> None:
    if CHOSEN == "kafka":
        pytest.skip("Apache Kafka keeps its log")
    half = len(simulation.messages) // 2
    worker = system.start_worker(batch_max_events=BATCH)
    await system.publish(map(inbound, simulation.messages[:half]))
    await system.until_projected()
    before = await system.count("facts")
    system.broker.kill()
    await system.broker.restart()
    await create_topics(system.broker.address, TOPICS)
    assert await system.count("facts") == before
    await system.publish(map(inbound, simulation.messages[half - 100 :]))
    await system.until_projected()
    assert worker.poll() is None
    assert len({log for log, _, _ in await positions(system)}) == 2
    await assert_true(system, simulation.messages, simulation.truth)


async def test_partitions_that_a_topic_gets_later_are_read(system: System) -> None:
    """Messages wait in a partition that no consumer has noticed."""
    if CHOSEN == "embedded":
        pytest.skip("the embedded broker adds no partitions")
    worker = system.start_worker()
    await system.until(lambda: system.is_ready(worker))
    await system.add_partitions(Topic.INBOUND, 9)
    await system.publish(received(encounter(id=f"e-{number}")) for number in range(100))
    await system.until_stored(100)


async def test_a_worker_told_to_stop_ends_in_order_and_the_next_goes_on(
    simulation: Simulation, system: System
) -> None:
    quarter = len(simulation.messages) // 4
    for stop in range(3):
        part = simulation.messages[stop * quarter : (stop + 1) * quarter]
        await system.publish(map(inbound, part))
        before = await system.count("facts")
        worker = system.start_worker(batch_max_events=BATCH)
        await system.until_stored(before + 1)
        worker.send_signal(signal.SIGTERM)
        assert await system.until_ended(worker) == 0
    await system.publish(map(inbound, simulation.messages[3 * quarter :]))
    stopped_at = await positions(system)
    assert stopped_at == await positions(system)
    assert any(stopped_at.values())
    said = [line for line in lines(system) if line["event"] == "worker-stopped"]
    assert [line["bug"] for line in said] == [False] * 3
    system.start_worker()
    await system.until_projected()
    assert all(now >= stopped_at[key] for key, now in (await positions(system)).items())
    await assert_true(system, simulation.messages, simulation.truth)


async def test_a_bug_stops_the_worker_where_it_was_and_a_repair_lets_it_go_on(
    simulation: Simulation, system: System
) -> None:
    """A column that is not there is a bug; a table that is not there is waited for."""
    half = len(simulation.messages) // 2
    worker = system.start_worker()
    await system.publish(map(inbound, simulation.messages[:half]))
    await system.until_projected()
    before = await positions(system)
    await change(system, "alter table stays rename column nights to midnights")
    visits = [message for message in simulation.messages[half:] if is_of_visits(message)]
    await system.publish(map(inbound, visits))
    assert await system.until_ended(worker) == 1
    bugs = [line for line in lines(system) if line["event"] == "bug"]
    assert len(bugs) == 1
    assert "UndefinedColumnError" in json.dumps(bugs)
    now = await positions(system)
    assert {k: v for k, v in now.items() if k[1] == "flow"} == {
        k: v for k, v in before.items() if k[1] == "flow"
    }
    await change(system, "alter table stays rename column midnights to nights")
    system.start_worker()
    await system.publish(map(inbound, simulation.messages[half:]))
    await system.until_projected()
    await assert_true(system, simulation.messages, simulation.truth)


def is_of_visits(message: Message) -> bool:
    """True where each of its facts changes a stay."""
    return {event.kind for event in read(inbound(message), LIMITS)} == {"Encounter"}


async def test_a_bug_in_taking_up_a_partition_stops_the_worker_too(system: System) -> None:
    await change(system, "alter table positions rename column next_offset to first_offset")
    assert await system.until_ended(system.start_worker()) == 1
    assert sum(line["event"] == "bug" for line in lines(system)) == 1


async def test_tables_that_are_not_there_yet_are_waited_for(
    simulation: Simulation, system: System
) -> None:
    messages = simulation.messages[:500]
    await change(system, "alter table stays rename to later")
    worker = system.start_worker()
    await system.publish(map(inbound, messages))
    await system.until(lambda: says(system, "held"))
    await system.until(lambda: system.is_held(worker))
    await change(system, "alter table later rename to stays")
    await system.until_projected()
    await assert_stored(system, messages)


async def change(system: System, statement: str) -> None:
    async with system.database.begin() as tx:
        await tx.execute(text(statement))


async def test_intake_holds_when_nearly_all_of_the_traffic_is_refused(system: System) -> None:
    worker = system.start_worker(reject_share_window=20, reject_share_limit=0.9)
    await system.until(lambda: system.is_ready(worker))
    await system.publish(received(b"not JSON %d" % number) for number in range(60))
    await system.until(lambda: system.is_held(worker))
    assert worker.poll() is None
    assert await system.count("rejects") < 60
    held = [line for line in lines(system) if line["event"] == "held"]
    assert {(line["stage"], line["error"]) for line in held} == {("intake", "Retry")}
    await goes_on_once_somebody_looked(system, worker)


async def goes_on_once_somebody_looked(system: System, worker: subprocess.Popen[bytes]) -> None:
    """A greater limit is how somebody says that the refusals are right."""
    worker.send_signal(signal.SIGTERM)
    assert await system.until_ended(worker) == 0
    system.start_worker(reject_share_window=20, reject_share_limit=1)
    await system.until_projected()
    assert await system.rows("select reason, count(*) from rejects group by reason") == [
        (Reason.NOT_JSON, 60)
    ]
