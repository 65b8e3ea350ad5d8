"""Who sees a person's record: whoever a fact ties to them now, and nobody else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from services.access.viewer import Role
from tests.builders import NHS_NUMBER, encounter, event_of, observation, verified
from tests.store.conftest import House

Json = dict[str, Any]
RECEIVED = datetime.now(UTC).replace(microsecond=0)
SPELL = {
    "status": "finished",
    "period": {"start": "2026-01-01T09:00:00Z", "end": "2026-01-03T09:00:00Z"},
}


def ago(days: float) -> str:
    return (RECEIVED - timedelta(days=days)).isoformat()


def organisation(code: str) -> Json:
    return {"identifier": {"value": code}, "type": "Organization"}


def stay(days: float, until: float | None = None, **elements: Any) -> Json:
    """A visit of RX1 that began, and ended, so many days ago."""
    period = {"start": ago(days)} | ({"end": ago(until)} if until is not None else {})
    said: Json = {
        "meta": {"lastUpdated": ago(min(days, until or days))},
        "status": "in-progress" if until is None else "finished",
        "period": period,
    }
    return encounter(**{**said, **elements})


def request(status: str = "active", **elements: Any) -> Json:
    return {
        "resourceType": "ServiceRequest",
        "id": "s1",
        "status": status,
        "intent": "order",
        "meta": {"lastUpdated": ago(2)},
        "authoredOn": ago(2),
        "subject": {"reference": "Patient/p1"},
        "performer": [organisation("ZC1")],
        **elements,
    }


def team(**elements: Any) -> Json:
    return {
        "resourceType": "CareTeam",
        "id": "t1",
        "status": "active",
        "identifier": [{"value": "TEAM-7"}],
        "subject": {"reference": "Patient/p1"},
        "participant": [
            {"member": organisation("ZC1")},
            {"member": {"type": "Practitioner", "identifier": {"value": "nurse-9"}}},
            {"member": organisation("ZC2"), "period": {"end": ago(1)}},
        ],
        **elements,
    }


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


async def take(house: House, *resources: Json, source: str = "RX1") -> None:
    """Facts as they come in now."""
    for resource in resources:
        await house.take(event_of(resource, source=source, received=RECEIVED))


async def person_of(house: House) -> str:
    statement = text("select person_id::text from identities where number = :number")
    async with house.database.connect() as connection:
        found = await connection.execute(statement, {"number": NHS_NUMBER})
        return str(found.scalars().first())


async def answers(house: House, person: str, **viewer: Any) -> int:
    """How the record answers a clinician."""
    async with house.visited_by(Role.CLINICIAN, **viewer) as client:
        return (await client.get(f"/api/people/{person}")).status_code


def registered(practice: str, days: float = 1) -> Json:
    return verified(generalPractitioner=[organisation(practice)], meta={"lastUpdated": ago(days)})


@pytest.mark.parametrize(
    ("facts", "org", "status"),
    [
        ([], "RX1", 403),
        ([stay(3)], "RX1", 200),
        ([stay(3)], "RX9", 403),
        ([stay(30, 20)], "RX1", 200),
        ([stay(900, 800)], "RX1", 403),
        ([stay(3, status="entered-in-error")], "RX1", 403),
        ([stay(3, status="cancelled")], "RX1", 403),
        ([request()], "ZC1", 200),
        ([request()], "RX1", 403),
        ([request("completed")], "ZC1", 403),
        ([request("draft")], "ZC1", 403),
        ([team()], "ZC1", 200),
        ([team()], "ZC2", 403),
        ([team(status="inactive")], "ZC1", 403),
        ([team(period={"start": ago(9), "end": ago(2)})], "ZC1", 403),
        ([registered("ZP1")], "ZP1", 200),
        ([registered("ZP1", 9), registered("ZP2", 1)], "ZP1", 403),
        ([registered("ZP1", 9), registered("ZP2", 1)], "ZP2", 200),
        ([registered("ZP2", 1), registered("ZP1", 9)], "ZP2", 200),
    ],
)
async def test_a_fact_ties_an_organisation_to_a_person_or_does_not(
    house: House, facts: list[Json], org: str, status: int
) -> None:
    await take(house, verified(meta={"lastUpdated": ago(30)}), *facts)
    assert await answers(house, await person_of(house), org=org) == status


async def test_a_member_of_a_team_is_tied_by_their_own_identifier_or_the_teams(
    house: House,
) -> None:
    await take(house, verified(), team())
    person = await person_of(house)
    assert await answers(house, person, org="ZX1", user="nurse-9") == 200
    assert await answers(house, person, org="ZX1", teams=("TEAM-7",)) == 200
    assert await answers(house, person, org="ZX1", teams=("TEAM-8",)) == 403


@pytest.mark.parametrize("role", sorted({*Role} - {Role.CLINICIAN, Role.CARE_COORDINATOR}))
async def test_a_relationship_makes_nobody_a_carer_who_is_none(house: House, role: Role) -> None:
    await take(house, verified(), stay(3))
    person = await person_of(house)
    async with house.visited_by(role) as client:
        assert (await client.get(f"/api/people/{person}")).status_code == 403


PATHS = (
    "/api/people/{person}",
    "/api/people/{person}/timeline",
    "/api/people/{person}/stays",
    "/api/people/{person}/referrals",
    "/api/people/{person}/about-me",
    "/api/people/{person}/care-team",
    "/api/people/{person}/alerts",
    "/api/people/{person}/plans",
    "/api/people/{person}/asked",
    "/api/people/{person}/documents",
    "/api/people/{person}/identities",
    "/fhir/Patient/{person}/$everything",
    "/fhir/Patient/{person}",
    "/fhir/Patient?_id={person}",
    "/fhir/Observation?patient={person}",
    "/fhir/Encounter?patient={person}&date=ge2000",
    "/api/stays?source=RX1&visit=e1",
    "/api/stays/RX1/e1/events",
    "/api/events/{event}",
)


async def an_event(house: House, kind: str) -> str:
    statement = text("select event_id::text from facts where kind = :kind")
    async with house.database.connect() as connection:
        return str((await connection.execute(statement, {"kind": kind})).scalars().first())


@pytest.mark.parametrize("path", PATHS)
async def test_a_stranger_is_refused_on_every_path_and_it_is_written_down(
    house: House, path: str
) -> None:
    await take(house, verified(), stay(3), observation())
    person = await person_of(house)
    asked = path.format(person=person, event=await an_event(house, "Observation"))
    async with house.visited_by(Role.CLINICIAN, org="RX9") as stranger:
        answer = await stranger.get(asked)
    assert answer.status_code == 403
    assert "Ada" not in answer.text
    assert (await house.looks())[-1][1:] == (person, False)
    async with house.visited_by(Role.CLINICIAN) as known:
        assert (await known.get(asked)).status_code == 200


async def test_nobody_joins_a_stranger_to_somebody_they_know(house: House) -> None:
    """The record of both would be open to them."""
    await take(house, verified(), stay(3))
    await house.take(event_of(verified("9990001715", id="p2"), source="RX2"))
    statement = text("select own_id::text from identities order by key")
    async with house.database.connect() as connection:
        ids = list((await connection.execute(statement)).scalars())
    asked = {"kind": "join", "reason": "I say so", "one": ids[0]}
    async with house.visited_by(Role.CLINICIAN) as client:
        found = [
            (await client.post("/api/people/links", json=asked | {"other": other})).status_code
            for other in ids[1:]
        ]
    assert 403 in found
    assert await person_of(house)


async def test_an_organisation_sees_what_it_sent_itself_however_long_ago(house: House) -> None:
    await take(house, verified(), stay(900, 800))
    person = await person_of(house)
    assert await answers(house, person) == 403
    async with house.visited_by(Role.CLINICIAN) as client:
        visit = await client.get("/api/stays", params={"source": "RX1", "visit": "e1"})
        event = await client.get(f"/api/events/{await an_event(house, 'Encounter')}")
    assert [one["visit"] for one in visit.json()] == ["e1"]
    assert event.status_code == 200


async def test_whom_nobody_knows_is_not_found_and_not_denied(house: House) -> None:
    assert await answers(house, str(uuid4())) == 404


async def test_a_figures_stays_are_told_without_who_they_are_to_strangers(house: House) -> None:
    await take(house, verified(), stay(3))
    person = await person_of(house)
    for org, told in (("RX1", person), ("RX9", None)):
        async with house.visited_by(Role.CLINICIAN, org=org) as client:
            (one,) = (await client.get("/api/measures/beds_occupied/stays")).json()["stays"]
        assert one["stay"]["person_id"] == told


@pytest.fixture
async def stranger(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house.visited_by(Role.CLINICIAN, user="u9", org="RX9") as client:
        yield client


WHY = {"reason": "emergency", "text": "Found unconscious at the roadside"}


async def test_broken_glass_lets_one_look_for_a_time_and_is_reviewed(
    house: House, stranger: httpx.AsyncClient
) -> None:
    await take(house, verified(), stay(900, 800))
    person = await person_of(house)
    broken = await stranger.post(f"/api/people/{person}/break-glass", json=WHY)
    assert broken.status_code == 201, broken.text
    lasts = datetime.fromisoformat(broken.json()["until"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < lasts <= timedelta(minutes=60)
    assert (await stranger.get(f"/api/people/{person}")).status_code == 200
    assert await answers(house, person, user="u8", org="RX9") == 403
    async with house.visited_by(Role.PRIVACY_OFFICER, user="officer") as officer:
        (line,) = (await officer.get("/api/break-glass")).json()["broken"]
        assert (line["person_id"], line["viewer"], line["org"]) == (person, "u9", "RX9")
        assert {"reason": line["reason"], "text": line["text"]} == WHY
        found = {"finding": "justified", "text": "Asked the ward"}
        path = f"/api/break-glass/{line['break_glass_id']}/review"
        reviewed = await officer.post(path, json=found)
        assert (reviewed.json()["reviewed_by"], reviewed.json()["finding"]) == (
            "officer",
            "justified",
        )
        assert (await officer.post(path, json=found)).status_code == 404
        assert (await officer.get("/api/break-glass")).json()["broken"] == []
        (kept,) = (await officer.get("/api/break-glass?reviewed=true")).json()["broken"]
        assert kept["review_text"] == "Asked the ward"
    async with house.database.begin() as tx:
        await tx.execute(text("update break_glass set until = now()"))
    assert (await stranger.get(f"/api/people/{person}")).status_code == 403
    assert ("break-glass", person, True) in await house.looks()


@pytest.mark.parametrize(
    "said", [{}, {"reason": "emergency"}, {"reason": "emergency", "text": " "}, {"text": "x"}]
)
async def test_the_glass_is_not_broken_without_a_reason(
    house: House, stranger: httpx.AsyncClient, said: Json
) -> None:
    await take(house, verified())
    person = await person_of(house)
    answer = await stranger.post(f"/api/people/{person}/break-glass", json=said)
    assert answer.status_code == 422
    assert (await stranger.get(f"/api/people/{person}")).status_code == 403


@pytest.mark.parametrize("role", sorted({*Role} - {Role.CLINICIAN, Role.CARE_COORDINATOR}))
async def test_who_gives_no_care_breaks_no_glass(house: House, role: Role) -> None:
    await take(house, verified())
    person = await person_of(house)
    async with house.visited_by(role) as client:
        answer = await client.post(f"/api/people/{person}/break-glass", json=WHY)
        queue = await client.get("/api/break-glass")
    assert answer.status_code == 403
    assert queue.status_code == (200 if role is Role.PRIVACY_OFFICER else 403)
    assert ("break-glass", person, False) in await house.looks()
