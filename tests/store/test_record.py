"""The record over HTTP, on real PostgreSQL, fed by the real projections."""

import asyncio
from base64 import b64decode
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest

from services.access.viewer import Role
from services.record.cursor import cursor_of
from tests.builders import (
    NHS_NUMBER,
    OTHER_NHS_NUMBER,
    at_ward,
    delete,
    encounter,
    event_of,
    events_of,
    history,
    nhs_identifier,
    observation,
    patient,
    verified,
)
from tests.hl7v2 import adt, told
from tests.store.conftest import House
from tests.unit.hl7v2 import made

Json = dict[str, Any]

ADA = [{"family": "Brown-Jones", "given": ["Ada", "María"]}]
STAY = {
    "status": "finished",
    "period": {"start": "2026-03-28T22:00:00Z", "end": "2026-03-31T09:00:00+01:00"},
    "location": [
        at_ward("A", "2026-03-28T22:00:00Z", "2026-03-30T12:00:00Z"),
        at_ward("B", "2026-03-30T12:00:00Z"),
    ],
}


async def ada(house: House, *more: Json) -> None:
    """A person with a Patient fact, and what else is given, all of the acute hospital RX1."""
    resources = (verified(name=ADA, gender="female"), *more)
    await house.take(*(event_of(resource) for resource in resources))


async def search(client: httpx.AsyncClient, **body: str) -> list[Json]:
    answer = await client.post("/api/people/search", json=body)
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()
    return found


async def only_person(client: httpx.AsyncClient, number: str = NHS_NUMBER) -> str:
    """The id of the one person who has the number."""
    (found,) = await search(client, nhs_number=number)
    person: str = found["person_id"]
    return person


async def get(client: httpx.AsyncClient, path: str, **values: Any) -> Any:
    answer = await client.get(path, params=values)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_person_is_found_by_number_and_by_name_with_date_of_birth(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await ada(house)
    (by_number,) = await search(clinician, nhs_number=f"{NHS_NUMBER[:3]} {NHS_NUMBER[3:]}")
    assert by_number["name"] == "Ada María Brown-Jones"
    assert by_number["birth_date"] == "1948-02-29"
    assert by_number["nhs_number"] == NHS_NUMBER
    assert by_number["nhs_number_verified"] is True
    for name in ("ada", "Brown Ada", "jones", "maria b"):
        assert await search(clinician, name=name, birth_date="1948-02-29") == [by_number]
    assert await search(clinician, name="rown", birth_date="1948-02-29") == []
    assert await search(clinician, name="Ada", birth_date="1948-03-01") == []
    assert await search(clinician, nhs_number=OTHER_NHS_NUMBER) == []


async def test_an_unproven_number_finds_the_person_and_is_shown_as_unproven(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(patient(identifier=[nhs_identifier()], name=ADA)))
    (found,) = await search(clinician, nhs_number=NHS_NUMBER)
    assert found["name"] == "Ada María Brown-Jones"
    assert found["nhs_number_verified"] is False


async def test_two_births_under_one_number_are_two_people(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(
        event_of(verified(name=ADA)),
        event_of(verified(id="p2", birthDate="1950-01-01"), source="RX2"),
    )
    found = await search(clinician, nhs_number=NHS_NUMBER)
    assert {p["birth_date"] for p in found} == {"1948-02-29", "1950-01-01"}


async def test_the_latest_detail_counts_and_none_is_lost(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(
        event_of(verified(name=ADA, meta={"lastUpdated": "2026-01-01T00:00:00Z"})),
        event_of(
            verified(
                id="x", name=[{"text": "Ada Smith"}], meta={"lastUpdated": "2026-02-01T00:00:00Z"}
            ),
            source="RX2",
        ),
        event_of(
            verified(id="y", gender="female", meta={"lastUpdated": "2025-02-01T00:00:00Z"}),
            source="RX3",
        ),
    )
    person = await get(clinician, f"/api/people/{await only_person(clinician)}")
    assert person["name"] == "Ada Smith"
    assert person["sex"] == "female"
    assert person["counts"]["sources"] == 3
    assert len(await search(clinician, name="brown", birth_date="1948-02-29")) == 1


async def test_a_person_known_by_number_alone_has_a_record(
    house: House, clinician: httpx.AsyncClient
) -> None:
    subject = {"identifier": nhs_identifier()}
    await house.take(event_of(observation(subject=subject)))
    person = await get(clinician, f"/api/people/{await only_person(clinician)}")
    assert person["name"] is None
    assert person["nhs_number"] == NHS_NUMBER


async def test_a_person_shows_where_they_are_now(
    house: House, clinician: httpx.AsyncClient
) -> None:
    ward = at_ward("W7", "2026-02-02T08:00:00Z")
    await ada(house, encounter(location=[ward]), encounter(id="e2", **STAY), observation())
    person = await get(clinician, f"/api/people/{await only_person(clinician)}")
    assert person["nhs_number_text"] == f"{NHS_NUMBER[:3]} {NHS_NUMBER[3:6]} {NHS_NUMBER[6:]}"
    (here,) = person["whereabouts"]
    assert (here["ward"], here["provider"], here["visit"]) == ("W7", "RX1", "e1")
    assert here["since"] == "2026-02-02T08:00:00Z"
    assert here["admitted_at"] == "2026-02-01T09:00:00Z"
    assert person["counts"] == {"records": 4, "sources": 1, "stays": 2, "open_stays": 1}
    assert person["identities"] == 3


async def test_the_pages_of_a_timeline_together_are_the_timeline(
    house: House, clinician: httpx.AsyncClient
) -> None:
    weights = [
        observation(id=f"o{n}", effectiveDateTime=f"2026-02-{1 + n // 3:02}T10:00:00Z")
        for n in range(20)
    ]
    await ada(house, encounter(**STAY), *weights)
    path = f"/api/people/{await only_person(clinician)}/timeline"
    whole = await get(clinician, path, limit=500)
    assert whole["next"] is None
    assert whole["total"] == len(whole["entries"]) == 20 + 3 + 1
    times = [line["at"] for line in whole["entries"]]
    assert times == sorted(times, reverse=True)
    for limit in (1, 7, 8, 24):
        lines, after = [], None
        while True:
            values = {"limit": limit} | ({"after": after} if after else {})
            part = await get(clinician, path, **values)
            assert 0 < len(part["entries"]) <= limit
            lines += part["entries"]
            after = part["next"]
            if after is None:
                break
        assert lines == whole["entries"]


async def test_a_line_says_who_reported_what_and_leads_to_the_original(
    house: House, clinician: httpx.AsyncClient
) -> None:
    original = orjson.dumps(observation(), option=orjson.OPT_INDENT_2)
    await ada(house)
    await house.take(event_of(original))
    path = f"/api/people/{await only_person(clinician)}/timeline"
    lines = (await get(clinician, path))["entries"]
    (line,) = [line for line in lines if line["resource_type"] == "Observation"]
    assert (line["source"], line["sector"]) == ("RX1", "acute")
    assert (line["kind"], line["title"], line["struck"]) == ("observation", "Weight", False)
    answer = await clinician.get(f"/api/events/{line['event_id']}")
    assert answer.headers["content-type"] == "application/fhir+json"
    assert answer.content == original


async def test_the_record_is_told_as_it_was_known(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await ada(house, encounter())
    await asyncio.sleep(0.01)
    then = datetime.now(UTC).isoformat()
    await asyncio.sleep(0.01)
    corrected = encounter(meta={"versionId": "2", "lastUpdated": "2026-04-01T09:00:00Z"}, **STAY)
    await house.take(event_of(corrected), event_of(observation()))
    person = await only_person(clinician)
    now = await get(clinician, f"/api/people/{person}/stays")
    before = await get(clinician, f"/api/people/{person}/stays", as_known_at=then)
    assert [stay["status"] for stay in now] == ["finished"]
    assert [stay["status"] for stay in before] == ["open"]
    lines = await get(clinician, f"/api/people/{person}/timeline", as_known_at=then)
    assert {line["resource_type"] for line in lines["entries"]} == {"Patient", "Encounter"}
    details = await get(clinician, f"/api/people/{person}", as_known_at=then)
    assert details["counts"]["open_stays"] == 1
    earliest = await get(
        clinician, f"/api/people/{person}/stays", as_known_at="2020-01-01T00:00:00Z"
    )
    assert earliest == []


async def test_a_visit_is_given_by_its_sources_own_number(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await ada(house, encounter(id="v1", **STAY))
    person = await only_person(clinician)
    assert await get(clinician, "/api/stays", source="RX1", visit="v1") == [
        {
            "visit": "v1",
            "source": "RX1",
            "person_id": person,
            "status": "finished",
            "class": "IMP",
            "setting": "bed",
            "provider": "RX1",
            "admitted_at": "2026-03-28T22:00:00Z",
            "discharged_at": "2026-03-31T08:00:00Z",
            "expected_discharge": None,
            "segments": [
                {
                    "ward": "A",
                    "site": "RX1",
                    "start": "2026-03-28T22:00:00Z",
                    "end": "2026-03-30T12:00:00Z",
                },
                {
                    "ward": "B",
                    "site": "RX1",
                    "start": "2026-03-30T12:00:00Z",
                    "end": "2026-03-31T08:00:00Z",
                },
            ],
            "leaves": [],
            "flags": [],
        }
    ]
    assert await get(clinician, "/api/stays", source="RX2", visit="v1") == []
    assert await get(clinician, f"/api/people/{person}/stays") == await get(
        clinician, "/api/stays", source="RX1", visit="v1"
    )


async def test_everything_is_the_facts_that_hold_over_its_pages(
    house: House, clinician: httpx.AsyncClient
) -> None:
    first, second = ({"lastUpdated": f"2026-02-0{day}T09:00:00Z"} for day in (1, 2))
    weights = [observation(id=f"o{n}", meta=second) for n in range(5)]
    kept = [verified(name=ADA), *weights, encounter(**STAY)]
    gone = [observation(id="gone", meta=first), observation(id="o1", meta=first)]
    deletion = history(delete("Observation/gone"), timestamp="2026-02-03T00:00:00Z")
    await house.take(*events_of(deletion), *(event_of(resource) for resource in [*kept, *gone]))
    person = await only_person(clinician)
    url: str | None = f"/fhir/Patient/{person}/$everything?_count=2"
    found, pages = [], 0
    while url:
        bundle = await get_bundle(clinician, url)
        found += [entry["resource"] for entry in bundle.get("entry", [])]
        pages += 1
        url = next((li["url"] for li in bundle["link"] if li["relation"] == "next"), None)
    patient, *others = found
    assert (patient["resourceType"], patient["id"]) == ("Patient", person)
    assert pages == 4
    assert sorted(map(source_id, others)) == sorted(f"{r['resourceType']}/{r['id']}" for r in kept)
    as_published = {f"{r['resourceType']}/{r['id']}": r for r in kept}
    ours = {"id", "meta", "subject", "link"}
    for one in others:
        said = as_published[source_id(one)]
        assert {n: v for n, v in one.items() if n not in ours} == {
            n: v for n, v in said.items() if n not in ours
        }
        assert "subject" not in one or one["subject"] == {"reference": f"Patient/{person}"}


def source_id(resource: Json) -> str:
    """What its source calls a resource."""
    called = {one["url"]: one for one in resource["meta"]["extension"]}
    return str(called["urn:throughline:source-id"]["valueIdentifier"]["value"])


async def get_bundle(client: httpx.AsyncClient, url: str) -> Json:
    answer = await client.get(url)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/fhir+json"
    found: Json = answer.json()
    return found


PATHS = ["", "/timeline", "/stays", "/referrals"]


@pytest.mark.parametrize("path", PATHS)
async def test_nobody_knows_a_made_up_person(
    house: House, clinician: httpx.AsyncClient, path: str
) -> None:
    answer = await clinician.get(f"/api/people/{uuid4()}{path}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    bundle = await clinician.get(f"/fhir/Patient/{uuid4()}/$everything")
    assert bundle.status_code == 404
    assert bundle.json()["resourceType"] == "OperationOutcome"
    assert all(allowed for _, _, allowed in await house.looks())
    assert len(await house.looks()) == 2


async def test_every_look_and_every_denial_is_written_down(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await ada(house, encounter(id="v1", **STAY))
    person = await only_person(clinician)
    timeline = await get(clinician, f"/api/people/{person}/timeline")
    paths = {
        "person": f"/api/people/{person}",
        "timeline": f"/api/people/{person}/timeline",
        "stays": f"/api/people/{person}/stays",
        "referrals": f"/api/people/{person}/referrals",
        "visit": "/api/stays?source=RX1&visit=v1",
        "event": f"/api/events/{timeline['entries'][0]['event_id']}",
        "everything": f"/fhir/Patient/{person}/$everything",
    }
    before = len(await house.looks())
    for path in paths.values():
        assert (await clinician.get(path)).status_code == 200
    async with house.visited_by(Role.OPERATIONS) as operations:
        for path in paths.values():
            answer = await operations.get(path)
            assert answer.status_code == 403
            assert person not in answer.text
        denied = await operations.post("/api/people/search", json={"nhs_number": NHS_NUMBER})
        assert denied.status_code == 403
    assert (await house.looks())[before:] == [
        *((view, person, True) for view in paths),
        *((view, person, False) for view in paths),
        ("search", None, False),
    ]


async def test_the_person_and_the_privacy_officer_see_who_looked(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await ada(house)
    person = await only_person(clinician)
    await get(clinician, f"/api/people/{person}")
    path = f"/api/people/{person}/access-log"
    assert (await clinician.get(path)).status_code == 403
    async with house.visited_by(Role.PRIVACY_OFFICER, user="officer") as officer:
        first = await get(officer, path, limit=2)
        rest = await get(officer, path, limit=50, after=first["next"])
    looks = first["looks"] + rest["looks"]
    assert [(look["view"], look["allowed"]) for look in looks] == [
        ("access-log", True),
        ("access-log", False),
        ("person", True),
        ("search", True),
    ]
    assert rest["next"] is None
    async with house.visited_by(Role.PERSON, user=person) as themselves:
        assert len((await get(themselves, path))["looks"]) == 6
        assert (await get(themselves, f"/api/people/{person}"))["name"] == "Ada María Brown-Jones"
    async with house.visited_by(Role.PERSON, user=str(uuid4())) as another:
        assert (await another.get(f"/api/people/{person}")).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"nhs_number": "1111111111"},
        {"nhs_number": "9990000000x"},
        {"name": "Ada"},
        {"birth_date": "1948-02-29"},
        {"name": " ", "birth_date": "1948-02-29"},
        {"nhs_number": NHS_NUMBER, "name": "Ada", "birth_date": "1948-02-29"},
        {"name": "Ada", "birth_date": "29/02/1948"},
    ],
)
async def test_a_search_that_cannot_be_meant_is_refused_without_repeating_it(
    clinician: httpx.AsyncClient, body: dict[str, str]
) -> None:
    answer = await clinician.post("/api/people/search", json=body)
    assert answer.status_code == 422
    for value in body.values():
        assert value.strip() == "" or value not in answer.text


async def test_a_cursor_and_a_time_that_are_no_such_thing_are_refused(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await ada(house)
    path = f"/api/people/{await only_person(clinician)}/timeline"
    for after in ("x", "é", "W10", "bnVsbA"):
        assert (await clinician.get(path, params={"after": after})).status_code == 400
    naive = await clinician.get(path, params={"as_known_at": "2026-01-01T00:00:00"})
    assert naive.status_code == 422
    assert (await clinician.get(path, params={"limit": 0})).status_code == 422
    for at in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"):
        assert (await clinician.get(path, params={"as_known_at": at})).status_code == 422
    nul = {"source": "RX\0", "visit": "v1"}
    assert (await clinician.get("/api/stays", params=nul)).status_code == 422


async def test_a_cursor_that_somebody_made_up_is_refused(house: House) -> None:
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        for place in ([2**63], [-1], [True], ["1"]):
            after = cursor_of(tuple(place))
            answer = await officer.get(f"/api/people/{uuid4()}/access-log", params={"after": after})
            assert answer.status_code == 400


async def test_no_token_no_rows(house: House) -> None:
    await ada(house)
    async with house.visited_by(None) as anyone:
        answer = await anyone.post("/api/people/search", json={"nhs_number": NHS_NUMBER})
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert await house.looks() == []


async def test_what_was_deleted_stays_struck_through(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await ada(house, observation(id="O1", meta={"lastUpdated": "2026-01-01T10:00:00Z"}))
    gone = history(delete("Observation/O1"), timestamp="2026-01-03T10:00:00Z")
    await house.take(*events_of(gone))
    page = await get(clinician, f"/api/people/{await only_person(clinician)}/timeline")
    struck = {e["resource_type"]: e["struck"] for e in page["entries"]}
    assert struck == {"Observation": True, "Patient": False}


async def test_what_turned_out_to_be_about_somebody_else_leaves_the_timeline(
    house: House, clinician: httpx.AsyncClient
) -> None:
    first = {"versionId": "1", "lastUpdated": "2026-01-01T10:00:00Z"}
    then = {"versionId": "2", "lastUpdated": "2026-01-02T10:00:00Z"}
    await ada(
        house,
        observation(id="O1", meta=first, subject={"reference": "Patient/p1"}),
        observation(id="O1", meta=then, subject={"reference": "Patient/p2"}),
    )
    page = await get(clinician, f"/api/people/{await only_person(clinician)}/timeline")
    assert [entry["resource_type"] for entry in page["entries"]] == ["Patient"]


async def test_a_person_known_from_hl7_v2_alone_is_found_and_named(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(
        *told(adt("A28", "202602011000", patient=f"p1^^^RX1^MR~{NHS_NUMBER}^^^NHS^NH"))
    )
    for asked in ({"nhs_number": NHS_NUMBER}, {"name": "jane doe", "birth_date": "1948-02-29"}):
        answer = await clinician.post("/api/people/search", json=asked)
        (found,) = answer.raise_for_status().json()
        assert (found["name"], found["birth_date"], found["sex"]) == (
            "JANE DOE",
            "1948-02-29",
            "female",
        )
        assert (found["nhs_number"], found["nhs_number_verified"]) == (NHS_NUMBER, False)


async def test_an_hl7_v2_message_behind_a_line_is_given_verbatim(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = made.pid(f"1001^^^RX1^MR~{NHS_NUMBER}^^^NHS^NH", {5: "ZOË", 32: "01"})
    said = made.adt("A01", person, made.pv1("W1"))
    event = event_of(said.encode("utf-16"))
    await house.take(event)
    person = await only_person(clinician)
    (line,) = (await get(clinician, f"/api/people/{person}/timeline"))["entries"]
    answer = await clinician.get(f"/api/events/{line['event_id']}")
    assert answer.headers["content-type"] == "x-application/hl7-v2+er7; charset=utf-8"
    assert answer.text == said
    everything = await get(clinician, f"/fhir/Patient/{person}/$everything")
    kinds = {entry["resource"]["resourceType"]: entry["resource"] for entry in everything["entry"]}
    assert kinds.keys() == {"Patient", "Binary", "Encounter"}
    resource = kinds["Binary"]
    assert resource["contentType"] == "x-application/hl7-v2+er7; charset=utf-8"
    assert b64decode(resource["data"]).decode() == said


async def test_a_timeline_is_narrowed_to_a_kind_a_service_and_a_time(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await ada(house, encounter(**STAY), observation(effectiveDateTime="2026-03-29T09:00:00Z"))
    path = f"/api/people/{await only_person(clinician)}/timeline"

    async def asked(**values: str) -> tuple[set[str], int]:
        page = (await clinician.get(path, params=values)).json()
        return {line["kind"] for line in page["entries"]}, page["total"]

    whole = (await clinician.get(path)).json()
    assert {line["kind"] for line in whole["entries"]} == set(whole["kinds"])
    assert whole["sources"] == ["RX1"]
    assert await asked(kind="observation") == ({"observation"}, 1)
    assert await asked(source="RX9") == (set(), 0)
    day = {"from": "2026-03-29T00:00:00Z", "to": "2026-03-30T00:00:00Z"}
    assert await asked(**day) == ({"observation"}, 1)
    assert (await clinician.get(path, params={"from": "soon"})).status_code == 422
