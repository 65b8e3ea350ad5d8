"""The benchmark's messages, the live pace, and the files."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from fhir.resources.R4B.encounter import Encounter

from services.simulator import Message, Simulation, encounters, live, simulate
from services.simulator.files import write
from services.simulator.measured import MEASURED


def test_exactly_as_many_encounters_as_asked_for_all_distinct_and_valid() -> None:
    messages = list(encounters(200, seed=5))
    assert len({message.message_id for message in messages}) == 200
    assert messages == list(encounters(200, seed=5))
    states = [Encounter.model_validate_json(message.body) for message in messages]
    assert [state.status for state in states[:3]] == ["in-progress", "in-progress", "finished"]
    assert len({state.id for state in states}) == 67  # the last visit is cut short
    assert all(800 < len(message.body) < 1_800 for message in messages)


class FakeTime:
    """A clock that only sleep moves."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


async def told(
    simulation: Simulation, rate: float, backlog_until: datetime, time: FakeTime
) -> list[tuple[Message, datetime]]:
    pace = live(simulation, rate, backlog_until, time.now, time.sleep)
    return [(message, time.at) async for message in pace]


async def test_the_past_comes_at_once_and_the_rest_faster_than_life() -> None:
    simulation = simulate(40, 4, seed=2)
    begin, last = simulation.messages[0].at, simulation.messages[-1].at
    backlog_until = begin + timedelta(days=2)
    time = FakeTime(last + timedelta(days=30))
    started = time.at
    seen = await told(simulation, 3600.0, backlog_until, time)
    assert [message for message, _ in seen] == list(simulation.messages)
    assert all(at == started for message, at in seen if message.at <= backlog_until)
    assert (time.at - started).total_seconds() == pytest.approx(
        (last - backlog_until).total_seconds() / 3600, abs=0.01
    )


async def test_no_message_comes_before_its_own_time() -> None:
    simulation = simulate(40, 4, seed=2)
    time = FakeTime(simulation.messages[0].at + timedelta(days=2))
    seen = await told(simulation, 3600.0, time.at - timedelta(days=1), time)
    assert all(message.at <= at for message, at in seen)
    assert seen[-1][1] == simulation.messages[-1].at


def test_the_files_hold_the_messages_the_truth_and_the_wards(tmp_path: Path) -> None:
    simulation = simulate(30, 5, seed=4)
    write(simulation, tmp_path / "out")
    lines = (tmp_path / "out" / "messages.ndjson").read_bytes().splitlines()
    assert [orjson.loads(line)["message_id"] for line in lines] == [
        message.message_id for message in simulation.messages
    ]
    assert orjson.loads(lines[0])["body"] == orjson.loads(simulation.messages[0].body)
    truth = orjson.loads((tmp_path / "out" / "truth.json").read_bytes())
    assert [stay["visit"] for stay in truth["stays"]] == [
        stay.visit for stay in simulation.truth.stays
    ]
    assert datetime.fromisoformat(truth["until"]).astimezone(UTC) == simulation.truth.until
    measures = orjson.loads((tmp_path / "out" / "measures.json").read_bytes())
    assert measures.keys() == MEASURED.keys()
    assert measures["admissions"]["figures"]["total"] == sum(
        row["figures"]["total"] for row in measures["admissions"]["by"]["ward"]
    )
    wards = orjson.loads((tmp_path / "out" / "wards.json").read_bytes())
    assert {ward["ward_code"] for ward in wards} == {ward.code for ward in simulation.wards}
