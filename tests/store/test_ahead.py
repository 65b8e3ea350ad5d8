"""What a stay or a referral is made of is shown once the record holds it, with its restriction.

Stays and referrals are kept by other projections than facts are, each of which may be ahead.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.events import CareEvent, encode
from schemas.topics import Topic
from services.access.viewer import Role, Viewer
from services.fhir.ids import id_of
from services.record.look import Record, look_at
from services.record.reading import referrals_in, stays_in
from streams.flow.projector import Flow
from streams.referrals.projector import Referrals
from streams.timeline.projector import Timeline
from tests.builders import NHS_NUMBER, at_ward, event_of, verified
from tests.hl7v2 import adt, told
from tests.store.conftest import House
from tests.store.conftest import Record as Arrived
from tests.store.test_caseload import caseload
from tests.store.test_relationships import RECEIVED, ago, person_of, request, stay, take
from tests.store.test_restricted import PATHS, RESTRICTED, VERY, labelled

Json = dict[str, Any]
FLOW, TIMELINE = (Flow, Referrals), (Timeline,)
REFUGE: Json = {"location": [at_ward("Refuge")]}
PRIYA = Viewer(user="u1", name="U One", role=Role.CLINICIAN, org="RX1")
# Of a stay and of a referral: where each is seen, beside the pages, which read the same.
SEEN = ("/api/people/{person}/stays", "/api/people/{person}/referrals", "/api/people/{person}")


@pytest.fixture
def house(house: House) -> House:
    return replace(house, is_open=False)


async def stored_by(rooms: tuple[type[Any], ...], house: House, *events: CareEvent) -> None:
    """The events, as these projections alone have stored them so far."""
    records = [Arrived(encode(event)) for event in events]
    async with house.database.begin() as tx:
        for room in rooms:
            projector = room()
            await projector.apply(tx, projector.read(records))


def events(*resources: Json, source: str = "ZM1") -> list[CareEvent]:
    return [event_of(one, source=source, received=RECEIVED) for one in resources]


def secrets(**elements: Any) -> tuple[Json, Json]:
    """A stay and a referral that tell of a refuge."""
    asked = request(id="s2", reasonCode=[{"text": "Refuge"}], **elements)
    return stay(2, id="e2", **REFUGE, **elements), asked


def written(days: float, label: Json | None = None) -> Json:
    return {"meta": {"lastUpdated": ago(days), **(label or {})}}


async def someone(house: House) -> str:
    """A person in a ward of RX1, whom ZM1 knows as well. Their id."""
    await take(house, verified(meta={"lastUpdated": ago(9)}), stay(3))
    await take(house, verified(), source="ZM1")
    return await person_of(house)


async def answers(house: House, person: str, paths: tuple[str, ...], **viewer: Any) -> list[str]:
    """Everything that a viewer is answered, their caseload too."""
    async with house.visited_by(Role.CLINICIAN, **viewer) as client:
        found = [(await client.get(path.format(person=person))).text for path in paths]
    return [*found, str(await caseload(house, {"since": ago(9)}, **viewer))]


async def leaks(house: House, person: str, paths: tuple[str, ...] = SEEN, **viewer: Any) -> bool:
    return any("Refuge" in body for body in await answers(house, person, paths, **viewer))


@pytest.mark.parametrize("label", [RESTRICTED, VERY, {}], ids=["R", "V", "none"])
async def test_what_the_record_does_not_hold_yet_is_on_no_path(house: House, label: Json) -> None:
    person = await someone(house)
    coming = events(*(labelled(one, label) for one in secrets()))
    before = await answers(house, person, SEEN)
    await stored_by(FLOW, house, *coming)
    assert not await leaks(house, person, PATHS[:-1])
    assert (await answers(house, person, SEEN))[:-1] == before[:-1]
    await stored_by(TIMELINE, house, *coming)
    assert await leaks(house, person) == (not label)
    assert await leaks(house, person, org="ZM1")


async def test_a_stay_of_messages_is_no_encounter_before_the_record_holds_them(
    house: House,
) -> None:
    person = await someone(house)
    protected = b"PD1||||||||||||Y"
    message = adt(
        "A01", "202602200900", visit="V20", ward="Refuge", patient=f"{NHS_NUMBER}^^^NHS^NH"
    ).replace(b"\rPV1", b"\r" + protected + b"\rPV1")
    coming = told(message, source="ZM1")
    await stored_by(FLOW, house, *coming)
    paths = (
        f"/fhir/Encounter/{id_of('ZM1|Encounter/V20')}",
        "/fhir/Encounter?patient={person}",
        "/fhir/Patient/{person}/$everything",
        "/api/stays?source=ZM1&visit=V20",
        "/api/stays/ZM1/V20/events",
    )
    for org in ("RX1", "ZM1"):
        assert not await leaks(house, person, paths, org=org)
    await stored_by(TIMELINE, house, *coming)
    assert not await leaks(house, person, paths)
    assert await leaks(house, person, paths, org="ZM1")


async def test_until_then_a_stay_and_a_referral_are_as_the_record_knows_them(house: House) -> None:
    """Nobody leaves a page for a moment because something comes that nobody may tell yet."""
    person = await someone(house)
    plain = (stay(2, id="e2", **written(2)), request(id="s2", **written(2)))
    await take(house, *plain, source="ZM1")
    before = await answers(house, person, SEEN)
    coming = events(*secrets(**written(1, RESTRICTED)))
    await stored_by(FLOW, house, *coming)
    assert (await answers(house, person, SEEN))[:-1] == before[:-1]
    (one,) = (await caseload(house, {"since": ago(9)}))["people"]
    assert {here["source"] for here in one["whereabouts"]} == {"RX1", "ZM1"}
    await stored_by(TIMELINE, house, *coming)
    (one,) = (await caseload(house, {"since": ago(9)}))["people"]
    assert {here["source"] for here in one["whereabouts"]} == {"RX1"}


async def test_what_becomes_restricted_is_hidden_before_it_is_made_anew(house: House) -> None:
    person = await someone(house)
    await take(house, *secrets(**written(2)), source="ZM1")
    assert await leaks(house, person)
    coming = events(*secrets(**written(1, RESTRICTED)))
    await stored_by(TIMELINE, house, *coming)
    assert not await leaks(house, person)
    await stored_by(FLOW, house, *coming)
    assert not await leaks(house, person)


async def test_what_is_no_longer_restricted_is_shown_once_it_is_made_of_that(house: House) -> None:
    person = await someone(house)
    await take(house, *secrets(**written(2, RESTRICTED)), source="ZM1")
    plain = events(stay(2, id="e2", **written(1)), request(id="s2", **written(1)))
    await stored_by(TIMELINE, house, *plain)
    assert not await leaks(house, person)
    await stored_by(FLOW, house, *plain)
    stays, referrals, *_ = await answers(house, person, SEEN)
    assert "e2" in stays
    assert "s2" in referrals


async def test_whose_a_stay_behind_a_figure_is_is_told_once_that_is_known(house: House) -> None:
    person = await someone(house)
    coming = events(secrets()[0])
    await stored_by(FLOW, house, *coming)

    async def whose() -> dict[str, str | None]:
        async with house.visited_by(Role.CLINICIAN) as client:
            behind = await client.get("/api/measures/beds_occupied/stays")
        found = [one["stay"] for one in behind.json()["stays"]]
        return {one["visit"]: one["person_id"] for one in found}

    assert await whose() == {"e1": person, "e2": None}
    await stored_by(TIMELINE, house, *coming)
    assert await whose() == {"e1": person, "e2": person}


async def test_a_look_shows_nothing_that_came_after_what_decided_it(house: House) -> None:
    """What is restricted is read first, and the rest after it."""
    person = await someone(house)

    async def read(record: Record) -> list[object]:
        await take(house, *(labelled(one, RESTRICTED) for one in secrets()), source="ZM1")
        return [*await stays_in(record), *await referrals_in(record)]

    found = await look_at(house.database, PRIYA, UUID(person), "stays", read)
    assert found is not None
    assert len(found) == 1


@pytest.mark.parametrize(
    ("flow", "timeline", "is_looked_for"),
    [
        ({}, {}, True),
        ({0: 7}, {}, True),
        ({0: 7}, {0: 6}, True),
        ({0: 7, 1: 3}, {0: 7}, True),
        ({0: 7, 1: 3}, {0: 7, 1: 2}, True),
        ({0: 7}, {0: 7}, False),
        ({0: 7, 1: 3}, {0: 9, 1: 3, 2: 1}, False),
    ],
)
async def test_facts_are_looked_for_while_the_timeline_is_behind_and_then_alone(
    house: House, flow: dict[int, int], timeline: dict[int, int], *, is_looked_for: bool
) -> None:
    """Positions move with what they tell of: where the timeline has come as far, it has it all."""
    person = await someone(house)
    await stored_by(FLOW, house, *events(*secrets()))
    places = {"flow": flow, "referrals": flow, "timeline": timeline}
    statement = text("insert into positions values ('log', :projection, :topic, :partition, :next)")
    async with house.database.begin() as tx:
        for projection, positions in places.items():
            for partition, following in positions.items():
                said = {"partition": partition, "next": following, "topic": Topic.EVENTS}
                await tx.execute(statement, {"projection": projection, **said})
    assert await leaks(house, person) != is_looked_for


async def test_one_stay_that_waits_hides_no_other(house: House) -> None:
    person = await someone(house)
    await stored_by(FLOW, house, *events(stay(2, id="e3")))
    await take(house, *secrets(), source="ZM1")
    assert await leaks(house, person)
