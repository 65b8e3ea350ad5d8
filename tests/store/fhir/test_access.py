"""Who may read and search; every look is written down, and no answer tells of what is hidden."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text

from services.access.viewer import Role
from services.fhir.ids import id_of
from tests.builders import NHS_NUMBER, observation, verified
from tests.hl7v2 import adt, told
from tests.store.conftest import House
from tests.store.fhir.asked import fhir, post, resources
from tests.store.test_relationships import ago, person_of, stay, take
from tests.store.test_restricted import RESTRICTED, VERY, labelled

Json = dict[str, Any]
NURSE = {"resourceType": "Practitioner", "id": "n1", "name": [{"family": "Nurse"}]}
THINGS = {
    "Encounter": id_of("RX1|Encounter/e1"),
    "Observation": id_of("RX1|Observation/o1"),
    "Patient": id_of("RX1|Patient/p1"),
}


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


async def known(house: House) -> str:
    """A person in a ward of RX1. Their id."""
    await take(house, verified(name=[{"family": "Brown"}]), stay(3), observation())
    return await person_of(house)


@pytest.mark.parametrize("kind", THINGS)
@pytest.mark.parametrize("after", ["", "/_history", "/_history/1"])
async def test_a_things_id_tells_a_stranger_nothing(house: House, kind: str, after: str) -> None:
    person = await known(house)
    async with house.visited_by(Role.CLINICIAN, org="RX9") as stranger:
        there, made_up = [
            await stranger.get(f"/fhir/{kind}/{thing}{after}") for thing in (THINGS[kind], uuid4())
        ]
    assert (there.status_code, there.content) == (404, made_up.content)
    assert made_up.status_code == 404
    if not (kind == "Patient" and after):
        assert [look[1:] for look in (await house.looks())[-2:]] == [(person, False), (None, True)]


@pytest.mark.parametrize("role", sorted({*Role} - {Role.CLINICIAN, Role.CARE_COORDINATOR}))
async def test_a_role_that_gives_no_care_learns_nothing_by_any_id(house: House, role: Role) -> None:
    person = await known(house)
    await take(house, NURSE)
    nurse = id_of("RX1|Practitioner/n1")
    paths = [
        *(f"/fhir/{kind}/{thing}" for kind, thing in THINGS.items()),
        f"/fhir/Patient/{person}",
        f"/fhir/Encounter?patient={person}",
        f"/fhir/Practitioner/{nurse}",
        "/fhir/Practitioner",
    ]
    async with house.visited_by(role) as client:
        for path in paths:
            there = await client.get(path)
            other = await client.get(path.replace(person, str(uuid4())).replace(str(nurse), "n2"))
            assert (there.status_code, there.content) == (403, other.content), path
        assert (
            await client.post("/fhir/Patient/_search", data={"identifier": NHS_NUMBER})
        ).status_code == 403
    assert not any(allowed for _, _, allowed in await house.looks())


async def test_a_person_reads_their_own_record_and_nobody_elses(house: House) -> None:
    person = await known(house)
    async with house.visited_by(Role.PERSON, user=person) as self_:
        assert (await fhir(self_, f"/fhir/Patient/{person}"))["id"] == person
        assert (await fhir(self_, "/fhir/Encounter", patient=person))["total"] == 1
        assert await fhir(self_, f"/fhir/Encounter/{THINGS['Encounter']}")
    async with house.visited_by(Role.PERSON, user=str(uuid4())) as other:
        await fhir(other, f"/fhir/Patient/{person}", 403)
        await fhir(other, "/fhir/Encounter", 403, patient=person)
        await fhir(other, f"/fhir/Encounter/{THINGS['Encounter']}", 403)


async def test_every_look_is_written_down_once(house: House) -> None:
    person = await known(house)
    await take(house, NURSE)
    async with house.visited_by(Role.CLINICIAN) as client:
        await fhir(client, f"/fhir/Patient/{person}")
        await fhir(client, f"/fhir/Encounter/{THINGS['Encounter']}")
        await fhir(client, f"/fhir/Encounter/{THINGS['Encounter']}/_history")
        await fhir(client, "/fhir/Encounter", patient=person)
        await fhir(client, "/fhir/Patient", _id=person)
        await fhir(client, f"/fhir/Patient/{person}/$everything")
        await fhir(client, "/fhir/Practitioner")
        await post(client, "Patient", identifier=NHS_NUMBER)
        await fhir(client, "/fhir/Encounter", 400)
    assert await house.looks() == [
        ("resource", person, True),
        ("resource", person, True),
        ("history", person, True),
        ("resources", person, True),
        ("resources", person, True),
        ("everything", person, True),
        ("directory", None, True),
        ("search", person, True),
        ("resource", person, True),
    ]


async def test_a_stranger_finds_out_who_somebody_is_and_no_more(house: House) -> None:
    await known(house)
    more = verified(id="p9", address=[{"city": "Leeds"}], name=[{"family": "Brown"}])
    await take(house, more)
    # A person has the least of their ids: one more may be less.
    person = await person_of(house)
    async with house.visited_by(Role.CLINICIAN, org="RX9") as stranger:
        (found,) = resources(await post(stranger, "Patient", identifier=NHS_NUMBER))
        assert found["id"] == person
        assert found["meta"]["tag"][0]["code"] == "SUBSETTED"
        assert {*found} == {"resourceType", "id", "meta", "identifier", "name", "birthDate"}
        outcome = await fhir(stranger, f"/fhir/Patient/{person}", 403)
    assert outcome["issue"][0]["code"] == "forbidden"
    async with house.visited_by(Role.CLINICIAN) as client:
        (found,) = resources(await post(client, "Patient", identifier=NHS_NUMBER))
    assert found["address"] == [{"city": "Leeds"}]


@pytest.mark.parametrize("label", [RESTRICTED, VERY], ids=["R", "V"])
async def test_what_is_restricted_is_as_if_it_were_not_there(house: House, label: Json) -> None:
    await known(house)
    await take(house, verified(), source="ZM1")
    weight = observation(
        id="w", subject={"reference": "Patient/p1"}, encounter={"reference": "Encounter/e2"}
    )
    for resource in (labelled(stay(2, id="e2"), label), labelled(observation(), label), weight):
        await take(house, resource, source="ZM1")
    person, hidden = await person_of(house), id_of("ZM1|Encounter/e2")
    async with house.visited_by(Role.CLINICIAN) as client:
        visits = await fhir(client, "/fhir/Encounter", patient=person)
        sorted_ = await fhir(
            client, "/fhir/Encounter", patient=person, _sort="-date", status="in-progress"
        )
        by_id = await fhir(client, "/fhir/Encounter", patient=person, _id=str(hidden))
        count = await fhir(client, "/fhir/Encounter", patient=person, _count="0")
        weights = resources(await fhir(client, "/fhir/Observation", patient=person))
        there = await client.get(f"/fhir/Encounter/{hidden}")
        made_up = await client.get(f"/fhir/Encounter/{uuid4()}")
        history = await client.get(f"/fhir/Encounter/{hidden}/_history")
    assert (visits["total"], sorted_["total"], by_id["total"], count["total"]) == (1, 1, 0, 1)
    assert visits["meta"]["security"][0]["code"] == "REDACTED"
    assert there.status_code == history.status_code == 404
    assert there.content == made_up.content == history.content
    # What may be seen names what may not by its source's own words, as if it were not held.
    (one,) = [each for each in weights if "encounter" in each]
    assert "reference" not in one["encounter"]
    assert (await house.looks())[-3:] == [
        ("resource", person, False),
        ("resource", None, True),
        ("history", person, False),
    ]
    async with house.visited_by(Role.CLINICIAN, org="ZM1") as writer:
        assert (await fhir(writer, f"/fhir/Encounter/{hidden}"))["id"] == str(hidden)


async def test_an_older_state_that_was_restricted_is_not_in_the_history(house: House) -> None:
    await known(house)
    await take(house, verified(), source="ZM1")
    person = await person_of(house)
    await take(
        house, labelled(observation(id="w", meta={"lastUpdated": ago(2)}), RESTRICTED), source="ZM1"
    )
    await take(house, observation(id="w", meta={"lastUpdated": ago(1)}), source="ZM1")
    path = f"/fhir/Observation/{id_of('ZM1|Observation/w')}"
    async with house.visited_by(Role.CLINICIAN) as client:
        assert (await fhir(client, f"{path}/_history"))["total"] == 1
        assert (await fhir(client, path))["subject"]["reference"] == f"Patient/{person}"


async def test_the_flag_of_a_person_hides_where_they_are(house: House) -> None:
    await known(house)
    await take(
        house,
        labelled(verified(address=[{"city": "Refuge"}]), RESTRICTED),
        stay(2, id="e2"),
        source="ZM1",
    )
    message = adt(
        "A01", "202602200900", visit="V20", ward="Refuge", patient=f"{NHS_NUMBER}^^^NHS^NH"
    )
    await house.take(*told(message, source="ZM2"))
    person = await person_of(house)
    async with house.visited_by(Role.CLINICIAN) as client:
        one = await client.get(f"/fhir/Patient/{person}")
        visits = await client.get(f"/fhir/Encounter?patient={person}")
        whole = await client.get(f"/fhir/Patient/{person}/$everything")
        made = await client.get(f"/fhir/Encounter/{id_of('ZM2|Encounter/V20')}")
    assert made.status_code == 404
    assert one.json()["name"] == [{"family": "Brown"}]
    for answer in (one, visits, whole):
        assert answer.status_code == 200
        assert [said for said in ("Refuge", "ZM1", "ZM2") if said in answer.text] == []


async def test_a_stay_of_nobody_who_is_known_is_nobodys_to_read(house: House) -> None:
    message = adt("A01", "202602200900", visit="V20", patient=f"{NHS_NUMBER}^^^NHS^NH")
    await house.take(*told(message, source="ZM2"))
    path = f"/fhir/Encounter/{id_of('ZM2|Encounter/V20')}"
    async with house.visited_by(Role.CLINICIAN, org="ZM2") as client:
        assert await fhir(client, path)
        async with house.database.begin() as tx:
            await tx.execute(text("update stays set subject = null"))
        await fhir(client, path, 404)


async def test_a_restricted_place_is_nobodys_to_read(house: House) -> None:
    place = {"resourceType": "Location", "id": "l1", "name": "Refuge"}
    await take(house, labelled(place, RESTRICTED))
    async with house.visited_by(Role.CLINICIAN) as client:
        assert (await fhir(client, "/fhir/Location"))["total"] == 0
        await fhir(client, f"/fhir/Location/{id_of('RX1|Location/l1')}", 404)


@pytest.mark.parametrize(
    "elements", [{"physicalType": {"coding": [{"code": "ho"}]}}, {"address": {"use": "home"}}]
)
async def test_a_place_that_is_a_home_is_nobodys_to_read(house: House, elements: Json) -> None:
    home = {"resourceType": "Location", "id": "l1", "name": "1 Elm Road", **elements}
    was = {"resourceType": "Location", "id": "l2", "name": "2 Elm Road", **elements}
    now = {"resourceType": "Location", "id": "l2", "name": "Clinic"}
    older, newer = [{"meta": {"lastUpdated": ago(days)}} for days in (1, 0)]
    await take(house, home, was | older, now | newer)
    await take(house, verified(), stay(3, location=[{"location": {"reference": "Location/l1"}}]))
    person, hidden = await person_of(house), id_of("RX1|Location/l1")
    clinic = id_of("RX1|Location/l2")
    async with house.visited_by(Role.CLINICIAN) as client:
        assert (await fhir(client, "/fhir/Location"))["total"] == 1
        assert (await fhir(client, "/fhir/Location", name="1 Elm"))["total"] == 0
        for after in ("", "/_history"):
            there = await client.get(f"/fhir/Location/{hidden}{after}")
            made_up = await client.get(f"/fhir/Location/{uuid4()}{after}")
            assert (there.status_code, there.content) == (404, made_up.content)
        assert (await fhir(client, f"/fhir/Location/{clinic}/_history"))["total"] == 1
        (visit,) = resources(await fhir(client, "/fhir/Encounter", patient=person))
    # By its source's own words, as what is not held.
    assert "reference" not in visit["location"][0]["location"]


async def test_without_a_token_nothing_is_read(house: House) -> None:
    async with house.visited_by(None) as nobody:
        for path in ("/fhir/Patient/x", "/fhir/Encounter?patient=x", "/fhir/Practitioner"):
            assert (await nobody.get(path)).status_code == 401


async def test_no_error_repeats_what_was_asked(house: House) -> None:
    secret = "9990000018"
    async with house.visited_by(Role.CLINICIAN) as client:
        answers: list[httpx.Response] = [
            await client.get(f"/fhir/Encounter?patient={secret}"),
            await client.get(f"/fhir/Encounter?patient={UUID(int=1)}&date={secret}x"),
            await client.get(f"/fhir/Patient?identifier={secret}"),
            await client.get(f"/fhir/Patient/{secret}"),
            await client.post("/fhir/Patient/_search", data={"identifier": f"x|{secret}"}),
        ]
    assert {answer.status_code for answer in answers} == {400, 404}
    assert [answer.text for answer in answers if secret in answer.text] == []
