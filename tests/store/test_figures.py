"""Figures told without being asked for, from real PostgreSQL to gauges, messages and streams."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from schemas.events import CareEvent
from schemas.notices import Figure
from services.access.problems import Refused
from services.access.viewer import Role, Viewer
from services.figures import stream
from services.figures.live import Live
from services.figures.publish import is_first, publish
from tests.builders import at_ward, encounter, event_of
from tests.store.conftest import House

Json = dict[str, Any]

ADMITTED = "2026-02-01T09:00:00Z"
LEFT = "2026-02-03T08:00:00Z"


def in_ward(ward: str, visit: str = "e1") -> CareEvent:
    return event_of(encounter(id=visit, location=[at_ward(ward, ADMITTED)]))


def left(ward: str, visit: str = "e1") -> CareEvent:
    return event_of(
        encounter(
            id=visit,
            status="finished",
            meta={"versionId": "2", "lastUpdated": "2026-02-03T09:00:00Z"},
            period={"start": ADMITTED, "end": LEFT},
            location=[at_ward(ward, ADMITTED, LEFT)],
        )
    )


async def moved_on(house: House, live: Live) -> None:
    """Look again as after a batch, however short a while ago the last look was."""
    async with house.database.begin() as tx:
        await tx.execute(
            text(
                "insert into positions as p values ('log', 'flow', 'events', 0, 1) on conflict"
                " (log, projection, topic, partition) do update set next_offset = p.next_offset + 1"
            )
        )
    live._took = 0.0
    await live.look()


async def sent(house: House) -> list[tuple[str, Json]]:
    """What was left to be sent, the oldest first."""
    async with house.database.connect() as connection:
        rows = await connection.execute(text("select topic, messages from outbox order by id"))
        return [
            (key, value)
            for row in rows
            if row.topic == "care.measures.v1"
            for key, value in orjson.loads(row.messages)
        ]


def beds(ward: str) -> float | None:
    labels = {"provider": "RX1", "site": "RX1", "ward": ward}
    return REGISTRY.get_sample_value("throughline_beds_occupied", labels)


async def test_each_figure_that_moved_is_sent_once(house: House) -> None:
    live = Live(house.engine)
    await house.take(in_ward("W1"))
    await moved_on(house, live)
    first = await sent(house)
    assert ("beds_occupied|RX1|RX1|W1", 1.0) in [(key, said["value"]) for key, said in first]
    await moved_on(house, live)
    assert await sent(house) == first
    await house.take(left("W1"))
    await moved_on(house, live)
    more = (await sent(house))[len(first) :]
    assert ("beds_occupied|RX1|RX1|W1", 0.0) in [(key, said["value"]) for key, said in more]
    assert beds("W1") is None


async def test_gauges_are_set_from_state_and_say_how_old_they_are(house: House) -> None:
    live = Live(house.engine)
    await house.take(in_ward("W1"), in_ward("W1", "e2"), in_ward("W2", "e3"))
    await moved_on(house, live)
    assert (beds("W1"), beds("W2")) == (2, 1)
    long = {"provider": "RX1", "site": "RX1", "band": "21+"}
    assert REGISTRY.get_sample_value("throughline_long_stays", long) == 3
    before = REGISTRY.get_sample_value("throughline_measures_as_of_seconds")
    await live.look()
    now = REGISTRY.get_sample_value("throughline_measures_as_of_seconds")
    assert before is not None
    assert now is not None
    assert now > before


async def test_only_one_replica_sends_and_never_what_is_older(house: House) -> None:
    def beds_of(people: int) -> dict[str, Figure]:
        return {"a": Figure("beds_occupied", people, "beds")}

    before = datetime.now(UTC)
    async with house.database.begin() as tx:
        assert await is_first(tx)
        assert not await publish(house.database, beds_of(1), before)
    assert await publish(house.database, beds_of(2), datetime.now(UTC))
    assert not await publish(house.database, beds_of(1), before)
    assert await publish(house.database, beds_of(2), datetime.now(UTC))
    assert [said["value"] for _, said in await sent(house)] == [2]


async def test_what_another_replica_kept_from_being_sent_is_sent_later(house: House) -> None:
    live = Live(house.engine)
    await house.take(in_ward("W1"))
    async with house.database.begin() as tx:
        assert await is_first(tx)
        await moved_on(house, live)
    assert await sent(house) == []
    live._took = 0.0
    await live.look()
    assert await sent(house) != []


def _buckets() -> dict[str, float]:
    return {
        sample.labels["le"]: sample.value
        for family in REGISTRY.collect()
        if family.name == "throughline_stay_days"
        for sample in family.samples
        if sample.name.endswith("_bucket") and sample.labels["provider"] == "RX1"
    }


async def test_a_stay_that_ends_is_counted_once_by_its_days(house: House) -> None:
    before = _buckets()
    await house.take(in_ward("W1"))
    await house.take(left("W1"))
    await house.take(left("W1"))
    more = {le: count - before.get(le, 0) for le, count in _buckets().items()}
    assert (more["1.0"], more["2.0"], more["+Inf"]) == (0, 1, 1)


async def next_event(events: Any) -> Json:
    found: Json = orjson.loads((await asyncio.wait_for(anext(events), 5))["data"])
    return found


async def test_a_listener_hears_all_and_then_what_moves(house: House) -> None:
    live = Live(house.engine)
    await house.take(in_ward("W1"), in_ward("W2", "e2"))
    await moved_on(house, live)
    events = stream._told(live)
    first = await next_event(events)
    wards = {f["ward"]: f["value"] for f in first["figures"] if f["measure"] == "beds_occupied"}
    assert wards == {"W1": 1, "W2": 1}
    assert first["as_of"]
    waiting = asyncio.create_task(next_event(events))
    await asyncio.sleep(0)
    await house.take(left("W1"))
    await moved_on(house, live)
    then = await waiting
    moved = [(f["ward"], f["value"]) for f in then["figures"] if f["measure"] == "beds_occupied"]
    assert moved == [("W1", 0)]
    live.end()
    assert [event async for event in events] == []


async def test_figures_are_for_those_who_run_or_give_care(house: House) -> None:
    viewer = Viewer(user="u1", name="U One", role=Role.PERSON, org="RX1")
    with pytest.raises(Refused):
        await stream.stream(None, viewer, house.database)  # type: ignore[arg-type]
    assert await house.looks() == [("measures", None, False)]
