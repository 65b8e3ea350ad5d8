"""A hospital's day over MLLP while all it depends on is killed: nothing lost, nothing twice."""

import asyncio
import signal
import subprocess
from typing import Any

import pytest

from deploy.processes import free_port
from schemas.topics import Topic
from services.simulator import Simulation, simulate_adt
from tests.stream.hospital import Hospital
from tests.stream.simulated import assert_stored, state_of, stays_of, true_stays
from tests.stream.system import CHOSEN, System

pytestmark = pytest.mark.kafka

SENDERS = "ZT1=ZT1:acute,ZT2=ZT2:acute,ZC1=ZC1:community,ZM1=ZM1:mental-health"
BATCH = 100


@pytest.fixture(scope="module")
def day() -> Simulation:
    """About 2,500 messages of four sending systems."""
    return simulate_adt(1_000, 60, 11)


async def started(system: System, port: int) -> subprocess.Popen[bytes]:
    """The gateway, listening."""
    gateway = system.start_services(mllp_port=port, mllp_sources=SENDERS)
    await system.until(lambda: system.is_ready(gateway))
    return gateway


async def kept(system: System) -> set[str]:
    """The control ids of all messages that Kafka has."""
    records = await system.everything_on(Topic.INBOUND)
    return {(record.key or b"").decode().rpartition("|")[2] for record in records}


async def test_a_day_is_taken_whole_whatever_is_killed(day: Simulation, system: System) -> None:
    assert len(day.messages) > 2_000
    port = free_port()
    system.start_worker(batch_max_events=BATCH)
    gateway = await started(system, port)
    hospital = Hospital(port, day.messages)
    sending = asyncio.create_task(hospital.send_everything())
    for share, disaster in ((0.1, the_gateway), (0.3, the_worker), (0.5, the_broker)):
        await hospital.until_acknowledged(share)
        gateway = await disaster(system, gateway, port, hospital)
    await hospital.until_acknowledged(0.7)
    await stopped_in_order(system, gateway, port)
    async with asyncio.timeout(240):
        await sending

    assert len(set(hospital.acknowledged)) == len(hospital.acknowledged) == len(day.messages)
    assert await kept(system) >= set(hospital.acknowledged)
    assert hospital.breaks > 0
    assert max(hospital.sends.values()) > 1
    await system.until_projected()
    await assert_stored(system, day.messages)
    assert await system.count("facts") == len(day.messages)
    assert await system.count("rejects") == 0
    assert but_for_class(stays_of(await state_of(system))) == but_for_class(true_stays(day.truth))
    says_nothing_of_a_person(system, day)


async def the_gateway(
    system: System, gateway: subprocess.Popen[bytes], port: int, hospital: Hospital
) -> subprocess.Popen[bytes]:
    """Killed; what it has acknowledged is in Kafka then."""
    gateway.kill()
    gateway.wait()
    system.services.remove(gateway)
    acknowledged = set(hospital.acknowledged)
    assert await kept(system) >= acknowledged
    return await started(system, port)


async def the_worker(
    system: System, gateway: subprocess.Popen[bytes], port: int, hospital: Hospital
) -> subprocess.Popen[bytes]:
    system.kill_worker()
    await hospital.until_acknowledged(0.4)  # its absence holds nobody up
    system.start_worker(batch_max_events=BATCH)
    return gateway


async def the_broker(
    system: System, gateway: subprocess.Popen[bytes], port: int, hospital: Hospital
) -> subprocess.Popen[bytes]:
    """The embedded one keeps its log in memory: there it is the gateway once more."""
    if CHOSEN == "embedded":
        return await the_gateway(system, gateway, port, hospital)
    system.broker.kill()
    await asyncio.sleep(1)  # for the answers that were on their way
    acknowledged = set(hospital.acknowledged)
    await asyncio.sleep(2)
    assert set(hospital.acknowledged) == acknowledged
    await system.broker.restart()
    assert await kept(system) >= acknowledged
    return gateway


async def stopped_in_order(system: System, gateway: subprocess.Popen[bytes], port: int) -> None:
    """Told to stop amid the traffic, it ends by itself."""
    gateway.send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(gateway.wait, 30) == 0
    system.services.remove(gateway)
    await started(system, port)


def but_for_class(stays: dict[tuple[str, str], tuple[Any, ...]]) -> dict[tuple[str, str], Any]:
    """Status, admission, discharge, wards and leaves; HL7 v2 has fewer classes than FHIR.

    Of a visit that never was, ADT keeps no times.
    """
    never = ("planned", "cancelled", "entered-in-error")
    return {
        visit: (status, *([] if status in never else rest))
        for visit, (status, _, *rest) in stays.items()
    }


def says_nothing_of_a_person(system: System, day: Simulation) -> None:
    said = (system.directory / "serve.log").read_text() + system.log.read_text()
    for person in day.people:
        assert person.nhs_number not in said
        assert person.family.upper() not in said
