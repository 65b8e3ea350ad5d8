"""What is restricted is shown as that alone, on every path, and counts nowhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from schemas.topics import ContentType
from services.access.viewer import Role
from tests.builders import NHS_NUMBER, event_of, observation, verified
from tests.store.conftest import House
from tests.store.test_relationships import (
    WHY,
    ago,
    an_event,
    organisation,
    person_of,
    registered,
    request,
    stay,
    take,
)

Json = dict[str, Any]
RESTRICTED = {"security": [{"code": "R"}]}
VERY = {"security": [{"code": "V"}]}
SECRETS = ("Refuge", "secret", "ZM1", "ZM9")


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


def labelled(resource: Json, label: Json) -> Json:
    return resource | {"meta": {**resource.get("meta", {}), **label}}


async def told(house: House, label: Json) -> str:
    """A person in a ward of RX1, of whom ZM1 says restricted things. Their id."""
    await take(house, verified(name=[{"family": "Brown"}], meta={"lastUpdated": ago(9)}), stay(3))
    secret = {
        "code": {"text": "secret"},
        "performer": [{"display": "Refuge nurse"}],
    }
    place = {"location": [{"location": {"display": "Refuge", "identifier": {"value": "ZM9"}}}]}
    flag = {
        "resourceType": "Flag",
        "id": "f1",
        "status": "active",
        "code": {"text": "secret"},
        "subject": {"reference": "Patient/p1"},
    }
    plan = {
        "resourceType": "CarePlan",
        "id": "c1",
        "status": "active",
        "intent": "plan",
        "title": "secret",
        "subject": {"reference": "Patient/p1"},
    }
    # ZM1's own Patient has the same verified number.
    await take(house, verified(), source="ZM1")
    for resource in (
        observation(**secret),
        stay(2, id="e2", **place),
        flag,
        plan,
        request(id="s2", reasonCode=[{"text": "secret"}]),
    ):
        await take(house, labelled(resource, label), source="ZM1")
    return await person_of(house)


PATHS = (
    "/api/people/{person}",
    "/api/people/{person}/timeline",
    "/api/people/{person}/stays",
    "/api/people/{person}/referrals",
    "/api/people/{person}/about-me",
    "/api/people/{person}/care-team",
    "/api/people/{person}/alerts",
    "/api/people/{person}/plans",
    "/api/people/{person}/documents",
    "/api/people/{person}/identities",
    "/fhir/Patient/{person}/$everything",
    "/fhir/Patient/{person}",
    "/fhir/Patient?_id={person}",
    "/fhir/Observation?patient={person}",
    "/fhir/Encounter?patient={person}&date=ge2000",
    "/api/stays?source=ZM1&visit=e2",
    "/api/stays/ZM1/e2/events",
    "/api/events/{event}",
)


@pytest.mark.parametrize("label", [RESTRICTED, VERY], ids=["R", "V"])
@pytest.mark.parametrize("path", PATHS)
async def test_nothing_restricted_leaks_through_any_path(
    house: House, label: Json, path: str
) -> None:
    person = await told(house, label)
    asked = path.format(person=person, event=await an_event(house, "Observation"))
    async with house.visited_by(Role.CLINICIAN) as client:
        answer = await client.get(asked)
    # The referral's own source stands on the Patient that everybody may see.
    body = answer.text
    assert [secret for secret in SECRETS[:2] + SECRETS[3:] if secret in body] == []


@pytest.mark.parametrize("label", [RESTRICTED, VERY], ids=["R", "V"])
async def test_a_restricted_line_says_only_that_there_is_one_and_when(
    house: House, label: Json
) -> None:
    person = await told(house, label)
    async with house.visited_by(Role.CLINICIAN) as client:
        page = (await client.get(f"/api/people/{person}/timeline")).json()
        who = (await client.get(f"/api/people/{person}")).json()
        bundle = (await client.get(f"/fhir/Patient/{person}/$everything")).json()
    hidden = [line for line in page["entries"] if line["kind"] == "restricted"]
    assert len(hidden) == 5
    for line in hidden:
        assert line["title"] == "Restricted"
        assert {line["source"], line["sector"], line["resource_type"]} == {"restricted"}
        assert not any(line[name] for name in ("place", "author", "detail", "status", "until"))
    assert who["is_restricted"]
    # Two Patients and a stay are left.
    assert (who["counts"]["records"], who["counts"]["stays"]) == (3, 1)
    assert [here["source"] for here in who["whereabouts"]] == ["RX1"]
    # And the one Patient of the person, which is made of the two.
    assert (bundle["total"], len(bundle["entry"])) == (4, 4)
    assert bundle["meta"]["security"][0]["code"] == "REDACTED"


async def seen(house: House, person: str, **viewer: Any) -> bool:
    async with house.visited_by(Role.CLINICIAN, **viewer) as client:
        answer = await client.get(f"/api/people/{person}/timeline")
    assert answer.status_code == 200, answer.text
    return all(line["kind"] != "restricted" for line in answer.json()["entries"])


async def test_who_wrote_it_the_practice_and_who_broke_the_glass_see_what_is_restricted(
    house: House,
) -> None:
    person = await told(house, RESTRICTED)
    await take(house, registered("ZP1", 0))
    assert not await seen(house, person)
    assert await seen(house, person, org="ZM1")
    assert await seen(house, person, org="ZP1")
    async with house.visited_by(Role.CLINICIAN) as client:
        await client.post(f"/api/people/{person}/break-glass", json=WHY)
    assert await seen(house, person)


async def test_what_is_very_restricted_is_seen_by_who_wrote_it_alone(house: House) -> None:
    person = await told(house, VERY)
    await take(house, registered("ZP1", 0))
    async with house.visited_by(Role.CLINICIAN) as client:
        await client.post(f"/api/people/{person}/break-glass", json=WHY)
    assert not await seen(house, person)
    assert not await seen(house, person, org="ZP1")
    assert await seen(house, person, org="ZM1")


@pytest.mark.parametrize("label", [RESTRICTED, VERY], ids=["R", "V"])
async def test_who_asks_and_who_is_asked_see_a_restricted_request_and_nothing_else_restricted(
    house: House, label: Json
) -> None:
    person = await told(house, label)
    named = {"requester": organisation("ZR1"), "performer": [organisation("ZC1")]}
    asked = request(id="s3", reasonCode=[{"text": "asked"}], **named)
    await take(house, labelled(asked, label), source="ZM1")
    # Who asked has to do with the person as well.
    await take(house, verified(), stay(3, id="e3"), source="ZR1")
    shown = {"ZC1": {"s2", "s3"}, "ZR1": {"s3"}, "RX1": set[str]()}
    for org, requests in shown.items():
        async with house.visited_by(Role.CLINICIAN, org=org) as client:
            referrals = (await client.get(f"/api/people/{person}/referrals")).json()
            page = (await client.get(f"/api/people/{person}/timeline")).json()
            bundle = await client.get(f"/fhir/ServiceRequest?patient={person}")
        assert {one["referral"].rpartition("/")[2] for one in referrals} == requests
        assert bundle.json()["total"] == len(requests)
        kinds = [line["kind"] for line in page["entries"]]
        assert kinds.count("restricted") == 6 - len(requests)


async def test_who_is_asked_sees_no_request_of_a_person_whose_place_is_hidden(
    house: House,
) -> None:
    await take(house, labelled(verified(), RESTRICTED), request(), source="ZM1")
    person = await person_of(house)
    async with house.visited_by(Role.CLINICIAN, org="ZC1") as client:
        assert (await client.get(f"/api/people/{person}/referrals")).json() == []


async def test_the_flag_of_a_person_hides_where_they_are_from_who_is_not_in_their_team(
    house: House,
) -> None:
    """The S-flag: a restricted Patient."""
    await take(house, verified(name=[{"family": "Brown"}]), stay(30, 20))
    await take(house, labelled(verified(), RESTRICTED), stay(2, id="e2"), source="ZM1")
    person = await person_of(house)
    async with house.visited_by(Role.CLINICIAN) as client:
        who = (await client.get(f"/api/people/{person}")).json()
        found = [(await client.get(path.format(person=person))).text for path in PATHS[:-1]]
    assert who["whereabouts"] == []
    assert who["counts"] == {"records": 2, "sources": 1, "stays": 1, "open_stays": 0}
    assert who["name"] == "Brown"
    assert [body for body in found if "ZM1" in body] == []


async def test_what_was_restricted_and_no_longer_is_is_shown(house: House) -> None:
    await take(house, verified(), stay(3))
    later = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    before = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    restricted = observation(meta={"lastUpdated": before, **RESTRICTED})
    await take(house, restricted, source="ZM1")
    plain = observation(meta={"lastUpdated": later})
    await take(house, verified(), source="ZM1")
    person = await person_of(house)
    assert not await seen(house, person)
    await take(house, plain, source="ZM1")
    assert await seen(house, person)


async def test_what_becomes_restricted_hides_what_was_said_before(house: House) -> None:
    await take(house, verified(), stay(3))
    before = (datetime.now(UTC) - timedelta(hours=2)).isoformat()
    await take(house, verified(), observation(meta={"lastUpdated": before}), source="ZM1")
    person, event = await person_of(house), await an_event(house, "Observation")
    known = datetime.now(UTC).isoformat()
    await take(house, labelled(observation(), RESTRICTED), source="ZM1")
    async with house.visited_by(Role.CLINICIAN) as client:
        asked = {"as_known_at": known}
        then = (await client.get(f"/api/people/{person}/timeline", params=asked)).json()
        original = await client.get(f"/api/events/{event}")
    assert "restricted" in {line["kind"] for line in then["entries"]}
    assert original.status_code == 403
    assert original.json()["detail"] == "this entry is restricted"


async def test_a_protected_person_of_hl7_v2_is_flagged_as_one_of_fhir_is(house: House) -> None:
    message = (
        "MSH|^~\\&|PAS|ZM1|TL|TL|20260301100000||ADT^A01|1|P|2.5\r"
        "EVN|A01|20260301100000\r"
        f"PID|1||7^^^ZM1^MR~{NHS_NUMBER}^^^NHS^NH||BROWN^ANN||19480229|F\r"
        "PD1||||||||||||Y\r"
        "PV1|1|I|W^1^1||||||||||||||||V7"
    )
    await house.take(event_of(message.encode(), source="ZM1", content_type=ContentType.HL7V2))
    async with house.database.connect() as connection:
        statement = text("select distinct restriction from facts")
        assert list((await connection.execute(statement)).scalars()) == ["S"]


async def test_restricted_organisations_are_not_told_by_a_search(house: House) -> None:
    person = await told(house, RESTRICTED)
    async with house.visited_by(Role.CLINICIAN, org="RX9") as stranger:
        found = await stranger.post("/api/people/search", json={"nhs_number": NHS_NUMBER})
    assert [one["person_id"] for one in found.json()] == [person]
    assert [secret for secret in SECRETS if secret in found.text] == []
