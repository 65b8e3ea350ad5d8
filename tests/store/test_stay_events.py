"""From a figure to the publisher's own message: the stays, a stay's events, the original."""

from typing import Any

import httpx

from services.access.viewer import Role
from tests.builders import encounter, event_of, patient
from tests.store.conftest import House
from tests.store.messages import adt, pid, pv1

Json = dict[str, Any]


def state(version: str, **elements: Any) -> Json:
    return encounter(meta={"versionId": version, "lastUpdated": "2026-02-01T09:00:00Z"}, **elements)


async def events_of_stay(client: httpx.AsyncClient, visit: str = "e1") -> list[Json]:
    found: list[Json] = (
        (await client.get(f"/api/stays/RX1/{visit}/events")).raise_for_status().json()
    )
    return found


async def test_the_original_is_the_third_request_from_a_figure(
    house: House, clinician: httpx.AsyncClient
) -> None:
    sent = event_of(state("1"))
    await house.take(event_of(patient()), sent)
    behind = (await clinician.get("/api/measures/beds_occupied/stays")).json()["stays"]
    (stay,) = (one["stay"] for one in behind)
    (event,) = (await clinician.get(f"/api/stays/{stay['source']}/{stay['visit']}/events")).json()
    original = await clinician.get(f"/api/events/{event['event_id']}")
    assert original.content == bytes(sent.resource)
    assert (event["kind"], event["source"]) == ("Encounter", "RX1")
    assert event["received"] == "2026-03-01T12:00:00Z"
    assert event["recorded"] == "2026-02-01T09:00:00Z"
    assert event["undone_by"] is event["replaced_by"] is None


async def test_an_older_state_names_the_one_that_holds(
    house: House, clinician: httpx.AsyncClient
) -> None:
    newer, older = event_of(state("2", priority={"text": "soon"})), event_of(state("1"))
    await house.take(newer, older)
    first, second = await events_of_stay(clinician)
    assert (first["replaced_by"], second["replaced_by"]) == (second["event_id"], None)
    assert first["event_id"].replace("-", "") == older.id


async def test_a_cancelled_message_names_the_one_that_took_it_back(
    house: House, clinician: httpx.AsyncClient
) -> None:
    for day, trigger in ((3, "A01"), (4, "A03"), (5, "A13")):
        await house.take(*adt_of(trigger, day))
    admitted, discharged, cancel = await events_of_stay(clinician, "W7")
    assert [one["kind"] for one in (admitted, discharged, cancel)] == [
        "ADT^A01",
        "ADT^A03",
        "ADT^A13",
    ]
    assert discharged["undone_by"] == cancel["event_id"]
    assert admitted["undone_by"] is cancel["undone_by"] is None


def adt_of(trigger: str, day: int) -> Any:
    return adt(trigger, day, pid("1001"), pv1("W7"))


async def test_a_number_with_a_slash_leads_to_its_stay(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*adt("A01", 3, pid("1001"), pv1("2026/7")))
    assert len(await events_of_stay(clinician, "2026%2F7")) == 1


async def test_a_visit_that_nobody_told_of_is_not_found(clinician: httpx.AsyncClient) -> None:
    assert (await clinician.get("/api/stays/RX1/none/events")).status_code == 404


async def test_each_look_is_written_down_and_a_denial_too(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(patient()), event_of(state("1")))
    await events_of_stay(clinician)
    async with house.visited_by(Role.OPERATIONS) as operations:
        refused = await operations.get("/api/stays/RX1/e1/events")
    assert refused.status_code == 403
    looks = [look for look in await house.looks() if look[0] == "visit-events"]
    assert [allowed for _, _, allowed in looks] == [True, False]
    assert all(person is not None for _, person, _ in looks)
