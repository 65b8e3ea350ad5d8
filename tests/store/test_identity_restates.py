"""Merges and their reversal, as a reader of the record sees them: now, and as it was known then."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from schemas.events import CareEvent
from services.access.viewer import Role
from streams.verify import verify
from tests.builders import (
    at_ward,
    delete,
    encounter,
    event_of,
    events_of,
    history,
    observation,
    patient,
    verified,
)
from tests.store.conftest import House
from tests.store.messages import adt, pid, pv1

Json = dict[str, Any]


def meta(day: int) -> Json:
    return {"lastUpdated": f"2026-01-{day:02}T09:00:00Z", "versionId": f"{day}"}


def stay(name: str, person: str, day: int) -> CareEvent:
    """A finished stay of two days that began on that day of January."""
    start, end = f"2026-01-{day:02}T10:00:00Z", f"2026-01-{day + 2:02}T10:00:00Z"
    subject = {"reference": f"Patient/{person}"}
    made = encounter(
        id=name,
        status="finished",
        subject=subject,
        period={"start": start, "end": end},
        location=[at_ward("A", start, end)],
        meta=meta(day + 2),
    )
    return event_of(made)


def v2_stay(visit: str, number: str, day: int) -> list[CareEvent]:
    return [
        *adt("A01", day, pid(number), pv1(visit)),
        *adt("A03", day + 2, pid(number), pv1(visit)),
    ]


def linked(day: int, **elements: Any) -> CareEvent:
    link = [{"other": {"reference": "Patient/p1"}, "type": "replaced-by"}]
    return event_of(patient(id="p2", meta=meta(day), link=link, **elements))


FHIR = {
    "before": [stay("v1", "p1", 1), stay("v2", "p2", 1)],
    "merge": [event_of(patient(id="p1", meta=meta(1))), linked(5)],
    "between": [stay("v3", "p1", 7), stay("v4", "p2", 7)],
    "reversal": [event_of(patient(id="p2", meta=meta(11)))],
    "after": [stay("v5", "p1", 13), stay("v6", "p2", 13)],
}
V2 = {
    "before": [*v2_stay("v1", "p1", 1), *v2_stay("v2", "p2", 1)],
    "merge": adt("A40", 5, pid("p1"), "MRG|p2^^^RX1^MR"),
    "between": [*v2_stay("v3", "p1", 7), *v2_stay("v4", "p2", 7)],
    "reversal": adt("A37", 11, pid("p1"), pid("p2")),
    "after": [*v2_stay("v5", "p1", 13), *v2_stay("v6", "p2", 13)],
}
MINE, YOURS = {"v1", "v3", "v5"}, {"v2", "v4", "v6"}
KEYS = {"fhir": ("RX1/Patient/p1", "RX1/Patient/p2"), "v2": ("RX1/id/RX1|p1", "RX1/id/RX1|p2")}
HISTORIES = {"fhir": FHIR, "v2": V2}


async def own_ids(house: House, *keys: str) -> list[str]:
    async with house.database.connect() as connection:
        rows = await connection.execute(text("select key, own_id from identities"))
        found = {row.key: str(row.own_id) for row in rows}
    return [found[key] for key in keys]


async def moment(house: House) -> str:
    """Now, as the database has it."""
    async with house.database.connect() as connection:
        now: datetime = (await connection.execute(text("select clock_timestamp()"))).scalar_one()
    await asyncio.sleep(0.002)
    return now.astimezone(UTC).isoformat()


async def get(client: httpx.AsyncClient, path: str, **values: str) -> Any:
    answer = await client.get(path, params=values)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def told(client: httpx.AsyncClient, own_id: str, **values: str) -> Json:
    """All that the record says of whom an id names."""
    path = f"/api/people/{own_id}"
    return {
        "person": await get(client, path, **values),
        "stays": await get(client, f"{path}/stays", **values),
        "timeline": await get(client, f"{path}/timeline", limit="500", **values),
        "referrals": await get(client, f"{path}/referrals", **values),
    }


def visits(said: Json) -> set[str]:
    """The visits of its stays; every one is of the person who was asked for."""
    assert {stay["person_id"] for stay in said["stays"]} <= {said["person"]["person_id"]}
    return {stay["visit"] for stay in said["stays"]}


def facts(said: Json) -> set[str]:
    return {line["event_id"] for line in said["timeline"]["entries"]}


@pytest.mark.parametrize("format_", HISTORIES)
async def test_facts_from_before_between_and_after_are_on_the_right_side(
    house: House, clinician: httpx.AsyncClient, format_: str
) -> None:
    parts = HISTORIES[format_]
    for name in ("before", "merge", "between"):
        await house.take(*parts[name])
    mine, yours = await own_ids(house, *KEYS[format_])
    merged = [await told(clinician, own_id) for own_id in (mine, yours)]
    assert merged[0] == merged[1]
    assert visits(merged[0]) == {"v1", "v2", "v3", "v4"}
    assert merged[0]["person"]["person_id"] == min(mine, yours)
    await house.take(*parts["reversal"])
    await house.take(*parts["after"])
    first, second = [await told(clinician, own_id) for own_id in (mine, yours)]
    assert (visits(first), visits(second)) == (MINE, YOURS)
    assert (first["person"]["person_id"], second["person"]["person_id"]) == (mine, yours)
    assert not facts(first) & facts(second)
    everything = await clinician.get(f"/fhir/Patient/{yours}/$everything?_count=500")
    resources = [entry["resource"] for entry in everything.json()["entry"]]
    made = [one for one in resources if one["id"] == yours or "tag" in one["meta"]]
    kept = {one["meta"]["versionId"] for one in resources if one not in made}
    assert kept
    assert kept <= facts(second)
    assert await verify(house.database) == []


@pytest.mark.parametrize("format_", HISTORIES)
@pytest.mark.parametrize("seed", range(3))
async def test_a_merge_and_its_reversal_in_any_order_equal_never(
    house: House, clinician: httpx.AsyncClient, format_: str, seed: int
) -> None:
    parts = HISTORIES[format_]
    events = [event for part in parts.values() for event in part]
    rng = Random(seed)
    for event in rng.sample(events, len(events)):
        await house.take(event)
    mine, yours = await own_ids(house, *KEYS[format_])
    first, second = [await told(clinician, own_id) for own_id in (mine, yours)]
    assert (visits(first), visits(second)) == (MINE, YOURS)
    assert not facts(first) & facts(second)


def batches() -> list[Sequence[CareEvent]]:
    """A week in which everything happens to who somebody is, and comes out of order."""
    proven = [
        event_of(verified(id="p1", meta=meta(2))),
        event_of(verified(id="p9", meta=meta(3)), source="RX2"),
    ]
    gone = events_of(history(delete("Patient/p1"), timestamp="2026-01-20T09:00:00Z"))
    weight = observation(id="o1", subject={"reference": "Patient/p9"}, meta=meta(4))
    every = [
        *(part for parts in HISTORIES.values() for part in parts.values()),
        proven,
        gone,
        [event_of(weight, source="RX2")],
        [linked(15)],
        [event_of(patient(id="p2", meta=meta(16)))],
    ]
    return Random(7).sample(every, len(every))


async def test_the_answer_for_a_past_moment_never_changes(
    house: House, clinician: httpx.AsyncClient
) -> None:
    then: list[tuple[str, str, Json]] = []
    for batch in batches():
        await house.take(*batch)
        at = await moment(house)
        async with house.database.connect() as connection:
            rows = await connection.execute(text("select own_id from identities order by key"))
            ids = [str(own_id) for own_id in rows.scalars()]
        for own_id in ids:
            now = await told(clinician, own_id)
            known = await told(clinician, own_id, as_known_at=at)
            assert known["timeline"] == now["timeline"]
            assert known["stays"] == now["stays"]
            assert known["person"] == now["person"]
            then.append((own_id, at, known))
    for own_id, at, known in then:
        assert await told(clinician, own_id, as_known_at=at) == known


async def test_somebody_sees_their_own_record_by_any_of_its_ids_and_nothing_of_a_mistake(
    house: House,
) -> None:
    for name in ("before", "merge", "between"):
        await house.take(*FHIR[name])
    mine, yours = await own_ids(house, *KEYS["fhir"])
    at = await moment(house)
    async with house.visited_by(Role.PERSON, user=yours) as themselves:
        assert visits(await told(themselves, mine)) == {"v1", "v2", "v3", "v4"}
    await house.take(*FHIR["reversal"])
    async with house.visited_by(Role.PERSON, user=yours) as themselves:
        assert (await themselves.get(f"/api/people/{mine}")).status_code == 403
        assert visits(await told(themselves, yours)) == {"v2", "v4"}
        past = await get(themselves, f"/api/people/{yours}/stays", as_known_at=at)
        assert {one["visit"] for one in past} == {"v2", "v4"}
    async with house.visited_by(Role.CLINICIAN) as clinician:
        past = await get(clinician, f"/api/people/{yours}/stays", as_known_at=at)
        assert {one["visit"] for one in past} == {"v1", "v2", "v3", "v4"}


async def test_who_looked_is_told_by_any_of_a_persons_ids(house: House) -> None:
    for name in ("before", "merge"):
        await house.take(*FHIR[name])
    mine, yours = await own_ids(house, *KEYS["fhir"])
    async with house.visited_by(Role.CLINICIAN) as clinician:
        await get(clinician, f"/api/people/{mine}")
        await get(clinician, f"/api/people/{yours}/stays")
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        looks = (await get(officer, f"/api/people/{mine}/access-log"))["looks"]
    assert [look["view"] for look in looks] == ["access-log", "stays", "person"]
