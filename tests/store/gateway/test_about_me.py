"""About me, written at the record's door and read from the record."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest
from aiokafka import ConsumerRecord

from schemas.errors import Reject
from schemas.events import CareEvent
from services.access.viewer import Role
from tests.builders import NHS_NUMBER, event_of, patient, verified
from tests.store.conftest import House
from tests.store.gateway.site import Json, Site

SAID = {"most-important": "My garden", "communication": "Slowly, please"}


async def person_of(site: Site, house: House, *, source: str = "RX1") -> str:
    await house.take(event_of(verified(), source=source))
    async with site.visited(Role.CLINICIAN) as clinician:
        search = {"nhs_number": NHS_NUMBER}
        (found,) = (await clinician.post("/api/people/search", json=search)).json()
    return str(found["person_id"])


async def put(client: httpx.AsyncClient, person: str, said: Json, **more: str) -> httpx.Response:
    return await client.put(f"/api/people/{person}/about-me", json={"said": said, **more})


async def taken(site: Site, house: House, answer: httpx.Response) -> None:
    """Take in what was published for an answer, as the worker does."""
    assert answer.status_code == 202, answer.text
    wanted = UUID(answer.json()["event_id"]).hex
    kept = [event for record in await site.kept() for event in readable(site, record)]
    await house.take(next(event for event in kept if event.id == wanted))


def readable(site: Site, record: ConsumerRecord) -> list[CareEvent]:
    """The facts in a record; none where another test left what is refused."""
    try:
        return site.read_in(record)
    except Reject:
        return []


@pytest.mark.parametrize("source", ["RX1", "RY2"])
async def test_what_is_written_is_read_whoever_the_persons_sources_are(
    site: Site, house: House, source: str
) -> None:
    person = await person_of(site, house, source=source)
    async with site.visited(Role.CLINICIAN) as clinician:
        await taken(site, house, await put(clinician, person, SAID))
        found = (await clinician.get(f"/api/people/{person}/about-me")).json()
    said = {one["heading"]: one["words"] for one in found["current"]["said"]}
    assert said == SAID
    assert (found["current"]["source"], found["current"]["author"]) == ("RX1", "U One")


async def test_each_new_version_is_kept_and_the_last_one_holds(site: Site, house: House) -> None:
    person = await person_of(site, house)
    async with site.visited(Role.CLINICIAN) as clinician:
        await taken(site, house, await put(clinician, person, SAID))
        await taken(site, house, await put(clinician, person, {"wellness": "Good days"}))
        found = (await clinician.get(f"/api/people/{person}/about-me")).json()
        lines = (await clinician.get(f"/api/people/{person}/timeline")).json()["entries"]
    assert [one["heading"] for one in found["current"]["said"]] == ["wellness"]
    assert [len(version["said"]) for version in found["history"]] == [1, 2]
    assert [line["title"] for line in lines if line["kind"] == "about-me"] == ["About me"]


async def test_the_person_writes_their_own_and_nobody_elses(site: Site, house: House) -> None:
    person = await person_of(site, house)
    async with site.visited(Role.PERSON, user=person) as own:
        await taken(site, house, await put(own, person, SAID))
        denied = await put(own, str(uuid4()), SAID)
    assert denied.status_code == 403
    assert (await house.looks())[-2:] == [
        ("about-me-edit", person, True),
        ("about-me-edit", denied.request.url.path.split("/")[3], False),
    ]


async def test_of_two_who_write_at_once_from_one_version_one_is_told(
    site: Site, house: House
) -> None:
    person = await person_of(site, house)
    async with site.visited(Role.CLINICIAN) as first, site.visited(Role.CLINICIAN) as second:
        answers = await asyncio.gather(
            put(first, person, SAID, made_from="nothing"),
            put(second, person, {"wellness": "Good days"}, made_from="nothing"),
        )
        assert sorted(answer.status_code for answer in answers) == [202, 409]
        took = next(answer for answer in answers if answer.status_code == 202)
        about = (await first.get(f"/api/people/{person}/about-me")).json()
        assert (about["current"], about["awaited"]["event_id"]) == (None, took.json()["event_id"])
        await taken(site, house, took)
        about = (await first.get(f"/api/people/{person}/about-me")).json()
        assert (about["current"]["event_id"], about["awaited"]) == (took.json()["event_id"], None)
        made_from = about["current"]["event_id"]
        assert (await put(second, person, SAID, made_from=made_from)).status_code == 202


@pytest.mark.parametrize("role", [Role.OPERATIONS, Role.PUBLISHER, Role.ADMINISTRATOR])
async def test_who_gives_no_care_writes_none(site: Site, house: House, role: Role) -> None:
    person = await person_of(site, house)
    before = len(await site.kept())
    async with site.visited(role) as other:
        assert (await put(other, person, SAID)).status_code == 403
    assert len(await site.kept()) == before


@pytest.mark.parametrize(
    "said",
    [{}, *({"most-important": words} for words in ("  ", "a\0b", 7)), {"unheard-of": "x"}],
)
async def test_what_says_nothing_is_refused(site: Site, house: House, said: Json) -> None:
    person = await person_of(site, house)
    async with site.visited(Role.CLINICIAN) as clinician:
        answer = await put(clinician, person, said)
        unknown = await put(clinician, str(uuid4()), SAID)
    assert answer.status_code == 422
    assert unknown.status_code == 404


async def test_words_without_a_number_are_still_this_persons(site: Site, house: House) -> None:
    nameless = patient(id="px", name=[{"family": "Roe"}], birthDate="1950-01-01")
    await house.take(event_of(nameless, source="RY2"))
    async with site.visited(Role.CLINICIAN) as clinician:
        search = {"name": "Roe", "birth_date": "1950-01-01"}
        (found,) = (await clinician.post("/api/people/search", json=search)).json()
        await taken(site, house, await put(clinician, found["person_id"], SAID))
        about = (await clinician.get(f"/api/people/{found['person_id']}/about-me")).json()
    assert about["current"]["said"]
