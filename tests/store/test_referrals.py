"""Referrals on real PostgreSQL: kept by the projector, read over HTTP, checked and rebuilt."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.events import CareEvent, encode
from streams.referrals import check
from streams.referrals.fold import referrals_of
from streams.referrals.projector import Referrals
from streams.verify import rebuild
from tests.builders import Json, event_of, verified
from tests.store.conftest import House, Record
from tests.unit.referrals.made import (
    SENT,
    appointment,
    at,
    call,
    facts,
    histories,
    receiver,
    ref,
    request,
    sender,
    siu,
    task,
    visit,
)


async def project(database: AsyncEngine, *batch: CareEvent) -> None:
    """One batch, in a transaction of its own."""
    referrals = Referrals()
    work = referrals.read([Record(encode(event)) for event in batch])
    async with database.begin() as tx:
        await referrals.apply(tx, work)


async def stored(database: AsyncEngine) -> list[dict[str, Any]]:
    async with database.connect() as connection:
        rows = await connection.execute(text("select * from referrals order by name"))
        return [dict(row._mapping) for row in rows]


async def differing(database: AsyncEngine) -> list[str]:
    async with database.connect() as connection:
        return sorted([found.row async for found in check.differences(connection)])


async def run(database: AsyncEngine, statement: str) -> None:
    async with database.begin() as tx:
        await tx.execute(text(statement))


EVENTS = [
    sender(request()),
    receiver(task("received", 1)),
    receiver(task("accepted", 4)),
    receiver(appointment()),
    receiver(visit(hours=60)),
    receiver(call(hours=70)),
    sender(ref()),
    receiver(siu()),
]


async def test_a_referral_is_stored_with_the_columns_that_measures_ask_for(
    database: AsyncEngine,
) -> None:
    await project(database, *EVENTS[:5])
    (row,) = await stored(database)
    assert (row["status"], row["owner"], row["receiver"]) == ("being-seen", "RY2", "RY2")
    assert (row["subject"], row["priority"]) == ("RX1/Patient/p1", None)
    assert row["sent_at"] == SENT
    assert row["accepted_at"] == SENT + timedelta(hours=2)
    assert row["first_contact_at"] == SENT + timedelta(hours=48)
    assert row["closed_at"] is None


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=histories())
async def test_what_is_stored_is_the_fold_of_the_facts(
    server: Any, database: AsyncEngine, events: list[CareEvent]
) -> None:
    await run(database, "truncate referrals, referral_names, referral_strands")
    for event in events:
        await project(database, event)
    found = [row["name"] for row in await stored(database)]
    assert found == sorted(one.name for one in referrals_of(facts(*events)))
    assert await differing(database) == []


async def test_events_that_say_nothing_of_referrals_touch_nothing(database: AsyncEngine) -> None:
    plain = visit()
    del plain["basedOn"]
    await project(database, receiver(plain), sender(verified()))
    assert await stored(database) == []


async def test_two_workers_that_each_join_other_names_end_in_one_referral(
    database: AsyncEngine,
) -> None:
    """Each knows a name that the other does not; whoever is second sees what the first did."""
    alone = request()
    del alone["identifier"]
    events = [
        sender(alone),
        sender(request(hours=1)),
        *(receiver(task("in-progress", hours, id=f"T{hours}")) for hours in range(2, 9)),
        *(receiver(visit(hours=60 + n, id=f"E{n}")) for n in range(8)),
    ]
    for turn in range(4):
        await run(database, "truncate referrals, referral_names, referral_strands")
        batches = [events[turn::3], events[::-2], events[1::2]]
        await asyncio.gather(*(project(database, *batch) for batch in batches))
        (row,) = await stored(database)
        assert row["name"] == "RX1|ServiceRequest/S1"
        assert await differing(database) == []


DAMAGE = {
    "an answer": "update referrals set referral = jsonb_set(referral, '{status}', '\"sent\"')",
    "a column": "update referrals set sent_at = sent_at + interval '1 hour'",
    "a status": "update referrals set status = 'draft'",
    "a referral too few": "delete from referrals",
    "a referral too many": """
        insert into referrals (name, strand, status, referral)
        select 'x', strand, 'sent', jsonb_set(referral, '{name}', '"x"') from referrals limit 1""",
    "a referral of no strand": "update referrals set strand = 'nowhere'",
    "a lost fact": "update referral_strands set facts = '[]'",
    "an altered fact": """
        update referral_strands
        set facts = cast(replace(cast(facts as text), '"accepted"', '"rejected"') as json)""",
    "facts that are none": "update referral_strands set facts = '[1]'",
    "a lost name": "delete from referral_names where name like 'identifier%'",
    "a name of no strand": "update referral_names set strand = 'nowhere'",
    "a forgotten subject": "update referral_strands set subjects = '{}'",
    "a lost strand": "delete from referral_strands",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
async def test_damage_is_found_and_rebuilding_mends_it(house: House, damage: str) -> None:
    await house.take(*EVENTS)
    before = await stored(house.database)
    assert len(before) == 2
    assert await differing(house.database) == []
    assert await rebuild(house.database, "referrals") == 0
    await run(house.database, damage)
    assert await differing(house.database) != []
    assert await rebuild(house.database, "referrals") > 0
    assert await differing(house.database) == []
    after = await stored(house.database)
    assert [row["referral"] for row in after] == [row["referral"] for row in before]
    assert await rebuild(house.database, "referrals") == 0


async def test_what_only_a_strand_knows_of_is_no_difference(database: AsyncEngine) -> None:
    """Projections follow at their own pace: the facts may come to their table later."""
    await project(database, *EVENTS)
    assert await differing(database) == []
    assert await rebuild(database, "referrals") == 0


async def test_two_strands_that_should_be_one_are_found_and_joined(house: House) -> None:
    await house.take(*EVENTS[:3])
    await run(
        house.database,
        """
        insert into referral_strands (name, subjects, facts)
        values ('zz', '{}', '[]');
        """,
    )
    await run(house.database, "update referral_names set strand = 'zz' where name like 'RY2|%'")
    assert len(await differing(house.database)) == 2
    await rebuild(house.database, "referrals")
    assert await differing(house.database) == []
    assert [row["status"] for row in await stored(house.database)] == ["accepted"]


async def test_rebuilding_keeps_when_each_fact_became_known(house: House) -> None:
    await house.take(*EVENTS)
    moments = "select cast(facts as text) from referral_strands order by name"
    async with house.database.connect() as connection:
        before = (await connection.execute(text(moments))).scalars().all()
    await run(house.database, "update referrals set status = 'draft'")
    await rebuild(house.database, "referrals")
    async with house.database.connect() as connection:
        assert (await connection.execute(text(moments))).scalars().all() == before


async def referrals_of_person(
    client: httpx.AsyncClient, person: str, **values: str
) -> Sequence[Json]:
    answer = await client.get(f"/api/people/{person}/referrals", params=values)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()
    return found


async def person_of(house: House, key: str) -> str:
    asked = text("select person_id::text from identities where key = :key")
    async with house.database.connect() as connection:
        return str((await connection.execute(asked, {"key": key})).scalar_one())


async def test_a_referral_is_told_with_who_has_it_what_is_next_and_what_is_behind_it(
    house: House, clinician: httpx.AsyncClient
) -> None:
    told = [event_of(verified(), source="RX1"), *EVENTS[:5]]
    await house.take(*told)
    person = await person_of(house, "RX1/Patient/p1")
    (found,) = await referrals_of_person(clinician, person)
    assert found == {
        "referral": "RX1|ServiceRequest/S1",
        "person_id": person,
        "status": "being-seen",
        "what_for": "Falls clinic",
        "priority": None,
        "requester": {"code": "RX1", "name": "Sending Trust"},
        "receiver": {"code": "RY2", "name": "Falls team"},
        "owner": {"code": "RY2", "name": "Falls team"},
        "next_action": "record-outcome",
        "next_by": {"code": "RY2", "name": "Falls team"},
        "due": "2026-02-04T10:30:00Z",
        "first_contact": {"at": "2026-02-04T10:00:00Z", "how": "visit"},
        "last_contact": {"at": "2026-02-04T10:00:00Z", "how": "visit"},
        "outcome": None,
        "is_silent": False,
        "sent_at": "2026-02-02T10:00:00Z",
        "received_at": "2026-02-02T11:00:00Z",
        "accepted_at": "2026-02-02T12:00:00Z",
        "closed_at": None,
        "wanted_by": None,
        "answer_due": "2026-02-09T10:00:00Z",
        "answer_times": "answer-times-1",
        "names": ["RX1|ServiceRequest/S1", "identifier|https://fhir.nhs.uk/Id/UBRN|70001"],
        "flags": [],
        "event_ids": found["event_ids"],
    }
    assert {one.replace("-", "") for one in found["event_ids"]} == {e.id for e in EVENTS[:5]}
    for event_id in found["event_ids"]:
        assert (await clinician.get(f"/api/events/{event_id}")).status_code == 200


async def test_a_referral_is_of_every_identity_of_the_person_it_is_about(
    house: House, clinician: httpx.AsyncClient
) -> None:
    mine = event_of(verified(id="p1"), source="RX1")
    there = event_of(verified(id="q1"), source="RY2")
    await house.take(sender(request()), receiver(task()), mine, there)
    persons = {await person_of(house, key) for key in ("RX1/Patient/p1", "RY2/Patient/q1")}
    assert len(persons) == 1
    (found,) = await referrals_of_person(clinician, persons.pop())
    assert found["status"] == "accepted"


OTHER = {"system": "https://fhir.nhs.uk/Id/UBRN", "value": "70002"}


async def test_a_referral_that_nobody_answers_is_shown_as_silent(
    house: House, clinician: httpx.AsyncClient
) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=20)
    just_now = datetime.now(UTC) - timedelta(minutes=5)
    await house.take(
        sender(request(authoredOn=long_ago.isoformat())),
        sender(request(id="S2", authoredOn=just_now.isoformat(), identifier=[OTHER])),
    )
    person = await person_of(house, "RX1/Patient/p1")
    new, old = await referrals_of_person(clinician, person)
    assert (new["is_silent"], old["is_silent"]) == (False, True)
    assert {one["next_action"] for one in (new, old)} == {"answer"}


async def test_referrals_are_told_as_they_were_known(
    house: House, clinician: httpx.AsyncClient
) -> None:
    async def a_moment() -> str:
        await asyncio.sleep(0.01)
        then = datetime.now(UTC).isoformat()
        await asyncio.sleep(0.01)
        return then

    await house.take(sender(request()), sender(ref()))
    first = await a_moment()
    await house.take(receiver(task("accepted", 4)))
    second = await a_moment()
    person = await person_of(house, "RX1/Patient/p1")
    told = [await referrals_of_person(clinician, person, as_known_at=at) for at in (first, second)]
    assert [[one["status"] for one in each] for each in told] == [["sent"], ["accepted"]]
    # Another person's, another name, an end: whatever comes later.
    moved = request("completed", 50, subject={"reference": "Patient/p9"})
    await house.take(sender(moved), receiver(visit()), receiver(task("completed", 51)))
    again = [await referrals_of_person(clinician, person, as_known_at=at) for at in (first, second)]
    assert again == told
    assert await referrals_of_person(clinician, person) == []
    before = await referrals_of_person(clinician, person, as_known_at=at(-9_999))
    assert before == []


async def test_a_silence_is_told_as_it_was_at_that_moment(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(sender(request()))
    then = datetime.now(UTC).isoformat()
    person = await person_of(house, "RX1/Patient/p1")
    (found,) = await referrals_of_person(clinician, person, as_known_at=then)
    assert found["is_silent"] is True
