"""Visits on real PostgreSQL: numbers that lead to them, message keys that are used again."""

import asyncio
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from schemas.events import CareEvent
from streams.flow.check import differences
from streams.timeline.check import differences as timeline_differences
from tests.builders import at_ward, encounter, event_of
from tests.hl7v2 import adt, told
from tests.store.conftest import House

Json = dict[str, Any]

ADMITTED = adt("A01", "202602011000", visit="N1")
MOVED = adt("A02", "202602021200", visit="N1", ward="W2", prior="W1")


def stated(number: str = "N1", **elements: Any) -> CareEvent:
    """An Encounter E1 of the same visit, which says its number."""
    visit: Json = {
        "id": "E1",
        "identifier": [{"value": number}],
        "meta": {"lastUpdated": "2026-02-01T10:30:00Z"},
        "period": {"start": "2026-02-01T10:00:00Z"},
        "location": [at_ward("W1")],
    }
    return event_of(encounter(**(visit | elements)))


async def stay(client: httpx.AsyncClient, visit: str) -> Json | None:
    answer = await client.get("/api/stays", params={"source": "RX1", "visit": visit})
    found: list[Json] = answer.raise_for_status().json()
    return found[0] if found else None


async def agrees(house: House) -> bool:
    async with house.database.connect() as connection:
        return [one async for one in differences(connection)] == []


@pytest.mark.parametrize("seed", range(4))
async def test_messages_by_number_and_the_encounter_that_states_it_are_one_stay(
    house: House, clinician: httpx.AsyncClient, seed: int
) -> None:
    events = [*told(ADMITTED, MOVED), stated()]
    for event in Random(seed).sample(events, len(events)):
        await house.take(event)
    by_number, by_id = await stay(clinician, "N1"), await stay(clinician, "E1")
    assert by_number == by_id
    assert by_id is not None
    assert [one["ward"] for one in by_id["segments"]] == ["W1", "W2"]
    assert await agrees(house)


async def test_a_number_of_two_visits_belongs_to_neither(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*told(ADMITTED, MOVED), stated())
    await house.take(stated(id="E2"))
    by_number = await stay(clinician, "N1")
    assert by_number is not None
    assert by_number["visit"] == "N1"
    for encounter_id in ("E1", "E2"):
        alone = await stay(clinician, encounter_id)
        assert alone is not None
        assert [one["ward"] for one in alone["segments"]] == ["W1"]
    assert await agrees(house)


async def test_a_changed_number_is_still_the_same_visit(
    house: House, clinician: httpx.AsyncClient
) -> None:
    changed = adt("A50", "202602031000", visit="N2", more="").replace(
        b"\rPV1", b"\rMRG|p1^^^RX1^MR||||N1\rPV1"
    )
    await house.take(*told(ADMITTED))
    await house.take(*told(changed))
    await house.take(*told(adt("A03", "202602051000", visit="N2")))
    found = await stay(clinician, "N2")
    assert found is not None
    assert (found["status"], found["admitted_at"]) == ("finished", "2026-02-01T10:00:00Z")
    assert await stay(clinician, "N1") == found
    assert await agrees(house)


async def test_what_was_known_before_a_number_was_stated_stays_what_it_was(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*told(ADMITTED, MOVED))
    async with house.database.connect() as connection:
        then = (await connection.execute(text("select clock_timestamp()"))).scalar_one()
        person = (await connection.execute(text("select person_id from identities"))).scalar_one()
    path, asked = f"/api/people/{person}/stays", {"as_known_at": then.isoformat()}
    before = (await clinician.get(path, params=asked)).json()
    assert [one["visit"] for one in before] == ["N1"]
    await house.take(stated())
    assert (await clinician.get(path, params=asked)).json() == before


REUSED = {
    "first": adt("A01", "202602011000", control="K1", visit="V1"),
    "other": adt("A01", "202602031000", control="K1", visit="V2", patient="p2^^^RX1^MR"),
}


@pytest.mark.parametrize("order", [("first", "other"), ("other", "first")])
async def test_of_a_message_key_used_twice_the_first_written_counts(
    house: House, clinician: httpx.AsyncClient, order: tuple[str, str]
) -> None:
    for name in order:
        await house.take(*told(REUSED[name]))
    first, other = await stay(clinician, "V1"), await stay(clinician, "V2")
    assert first is not None
    assert first["status"] == "open"
    assert other is None
    assert await agrees(house)
    async with house.database.connect() as connection:
        desk = (await connection.execute(text("select reason, original from rejects"))).all()
        holding = text("select subject from timeline where withdrawn_at is null")
        shown = list((await connection.execute(holding)).scalars())
        assert [one async for one in timeline_differences(connection)] == []
    assert [(row.reason, b"V2" in row.original) for row in desk] == [("message-key-reused", True)]
    assert shown == ["RX1/id/RX1|p1"]


async def test_a_message_sent_twice_is_no_reuse_of_its_key(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*told(REUSED["first"]))
    await house.take(*told(REUSED["first"]))
    assert await stay(clinician, "V1") is not None


async def test_two_workers_that_meet_at_a_number_leave_one_stay(
    house: House, clinician: httpx.AsyncClient
) -> None:
    batches = [told(ADMITTED), [stated()], told(MOVED)]
    for _ in range(20):
        results = await asyncio.gather(*(house.take(*b) for b in batches), return_exceptions=True)
        if not any(isinstance(result, Exception) for result in results):
            break
    found = await stay(clinician, "N1")
    assert found is not None
    assert found["visit"] == "E1"
    assert [one["ward"] for one in found["segments"]] == ["W1", "W2"]
    assert await agrees(house)


async def test_what_a_cancel_undid_is_struck_through_on_the_timeline(
    house: House, clinician: httpx.AsyncClient
) -> None:
    cancel = adt("A12", "202602021200", visit="N1", written="202602021300")
    await house.take(*told(ADMITTED, MOVED, cancel))
    async with house.database.connect() as connection:
        person = (await connection.execute(text("select person_id from identities"))).scalar_one()
    page = (await clinician.get(f"/api/people/{person}/timeline")).json()
    lines = {line["title"]: line for line in page["entries"]}
    assert [title for title, line in lines.items() if line["struck"]] == ["Moved ward"]
    assert lines["Moved ward"]["replaced_by"] == lines["Move cancelled"]["event_id"]


OF_ACCOUNT = {
    "admitted": ADMITTED.replace(
        b"||DOE^JANE||19480229|F", b"||DOE^JANE||19480229|F||||||||||ACC1"
    ),
    "moved": b"MSH|^~\\&|PAS|RX1|||202602031000||ADT^A44|M1|P|2.5\rEVN|A44|202602031000\r"
    b"PID|1||p9^^^RX1^MR||DOE^JANE||19480229|F||||||||||ACC1\rMRG|p1^^^RX1^MR||ACC1\r",
}


@pytest.mark.parametrize("order", [("admitted", "moved"), ("moved", "admitted")])
async def test_an_account_that_is_moved_takes_its_visits_along(
    house: House, clinician: httpx.AsyncClient, order: tuple[str, str]
) -> None:
    for name in order:
        await house.take(*told(OF_ACCOUNT[name]))
    async with house.database.connect() as connection:
        subjects = list((await connection.execute(text("select subject from stays"))).scalars())
    assert subjects == ["RX1/id/RX1|p9"]
    assert await agrees(house)
