"""Traits in PostgreSQL, kept by the projection that keeps the timeline."""

from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from schemas.events import CareEvent
from streams.verify import rebuild, verify
from tests.builders import NHS_NUMBER, encounter, event_of, nhs_identifier, patient
from tests.hl7v2 import adt, told
from tests.store.conftest import House

_ROWS = text("""
select cast(event_id as text), number, kind, subject, source, thread, version, recorded, said
from traits where withdrawn_at is null order by 1, 2
""")

REGISTER = {
    "resourceType": "Group",
    "id": "g1",
    "type": "person",
    "actual": True,
    "name": "Falls clinic",
    "member": [{"entity": {"reference": f"Patient/p{number}"}} for number in (1, 2)],
}


def flag(**elements: Any) -> dict[str, Any]:
    code = {"coding": [{"system": "http://snomed.info/sct", "code": "248279007"}]}
    about = {"status": "active", "code": code, "subject": {"reference": "Patient/p1"}}
    return {"resourceType": "Flag", "id": "f1", **about, **elements}


async def rows(house: House) -> list[Any]:
    async with house.database.connect() as connection:
        return [tuple(row) for row in await connection.execute(_ROWS)]


def some() -> list[CareEvent]:
    """Facts of one person: a Patient and a flag in two states, a visit, messages; a register."""
    meta = {"lastUpdated": "2026-02-01T09:00:00Z", "versionId": "1"}
    later = {"lastUpdated": "2026-02-02T09:00:00Z", "versionId": "2"}
    return [
        event_of(patient(meta=meta, gender="female")),
        event_of(patient(meta=later, gender="female", identifier=[nhs_identifier(NHS_NUMBER)])),
        event_of(encounter()),
        event_of(flag(meta=meta)),
        event_of(flag(meta=later, status="entered-in-error")),
        event_of(REGISTER),
        *told(adt("A01", "202602010900"), adt("A03", "202602050900")),
    ]


async def test_what_a_fact_says_is_kept_with_the_fact(house: House) -> None:
    event = event_of(patient(gender="female"))
    await house.take(event, event_of(encounter()))
    ((event_id, number, kind, subject, source, thread, version, recorded, said),) = await rows(
        house
    )
    assert event_id.replace("-", "") == event.id
    assert (number, kind, subject, source) == (0, "person", event.subject, "RX1")
    assert (thread, version, recorded) == (event.thread, event.version, event.recorded)
    assert said == {"birth": "1948-02-29", "sex": "female", "flags": []}


@pytest.mark.parametrize("seed", range(3))
async def test_any_order_and_repeats_keep_the_same(house: House, seed: int) -> None:
    events = some()
    await house.take(*events)
    kept = await rows(house)
    async with house.database.begin() as tx:
        await tx.execute(text("truncate traits, facts, timeline, message_keys"))
    again = [*events, *events[:2]]
    Random(seed).shuffle(again)
    for event in again:
        await house.take(event)
    assert await rows(house) == kept


async def test_a_message_whose_key_another_one_holds_says_nothing(house: House) -> None:
    later = told(adt("A08", "202602010900", control="K", written="202602010910"))
    first = told(adt("A01", "202602010900", control="K", written="202602010900"))
    await house.take(*later)
    assert len(await rows(house)) == 1
    await house.take(*first)
    assert [row[0].replace("-", "") for row in await rows(house)] == [first[0].id]
    assert await verify(house.database) == []


DAMAGE = [
    "delete from traits",
    "update traits set said = '{}'",
    "update traits set thread = 'another'",
    "insert into traits select gen_random_uuid(), 0, kind, subject, source, thread, version,"
    " recorded, said, now(), null from traits limit 1",
    "insert into traits select event_id, 7, kind, subject, source, thread, version,"
    " recorded, said, now(), null from traits limit 1",
    "update traits set withdrawn_at = now()",
]


@pytest.mark.parametrize("damage", DAMAGE)
async def test_damage_is_found_and_rebuilding_mends_it(house: House, damage: str) -> None:
    await house.take(*some())
    kept = await rows(house)
    assert await rebuild(house.database, "record") == 0
    async with house.database.begin() as tx:
        await tx.execute(text(damage))
    assert {found.projection for found in await verify(house.database)} == {"traits"}
    assert await rebuild(house.database, "record") > 0
    assert await rows(house) == kept
    assert await verify(house.database) == []


async def test_rebuilding_keeps_when_each_fact_became_known(house: House) -> None:
    await house.take(*some())
    known = text("select event_id, number, known_at from traits order by 1, 2")
    async with house.database.begin() as tx:
        before = (await tx.execute(known)).all()
        await tx.execute(text("delete from traits"))
    await rebuild(house.database, "record")
    async with house.database.begin() as tx:
        assert (await tx.execute(known)).all() == before
