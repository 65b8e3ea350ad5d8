"""Searches of one person's record, of people, and of who gives care."""

from typing import Any

import httpx

from tests.builders import NHS_NUMBER, event_of, events_of, history, put, verified
from tests.store.conftest import House
from tests.store.fhir.asked import (
    a_record,
    diagnostics,
    fhir,
    finished,
    ids,
    link,
    pages,
    post,
    resources,
)

Json = dict[str, Any]


async def test_the_pages_of_a_search_are_the_search(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    for count in (1, 3, 4, 8, 500):
        found = await pages(clinician, f"/fhir/Encounter?patient={person}&_count={count}")
        assert {bundle["total"] for bundle in found} == {8}
        assert all(len(bundle["entry"]) <= count for bundle in found)
        assert len(ids(*found)) == len(set(ids(*found))) == 8
        assert len(found) == -(-8 // count)
        assert {e["search"]["mode"] for bundle in found for e in bundle["entry"]} == {"match"}


async def test_a_new_state_while_paging_is_neither_lost_nor_told_twice(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    first = await fhir(clinician, f"/fhir/Encounter?patient={person}&_count=3")
    changed = [
        put(finished(number, meta={"lastUpdated": "2026-03-02T00:00:00Z"}, length={"value": 1}))
        for number in range(1, 8)
    ]
    await house.take(*events_of(history(*changed)))
    rest = await pages(clinician, link(first, "next") or "")
    assert len(set(ids(first, *rest))) == len(ids(first, *rest)) == 8


async def test_the_total_alone_is_asked_for(house: House, clinician: httpx.AsyncClient) -> None:
    person = await a_record(house, clinician)
    for asked in ({"_count": "0"}, {"_summary": "count"}):
        found = await fhir(clinician, "/fhir/Encounter", patient=person, **asked)
        assert (found["total"], "entry" in found, link(found, "next")) == (8, False, None)


async def test_a_search_is_in_the_order_of_a_date_over_its_pages(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    for order in ("date", "-date"):
        found = await pages(clinician, f"/fhir/Encounter?patient={person}&_count=3&_sort={order}")
        starts = [one["period"]["start"] for one in resources(*found)]
        assert starts == sorted(starts, reverse=order == "-date")
        assert len(starts) == 8


FINDS: list[tuple[Json, int]] = [
    ({"date": "2026-02-03"}, 1),
    ({"date": ["ge2026-02-03", "lt2026-02-05"]}, 2),
    ({"status": "finished"}, 7),
    ({"status": "in-progress"}, 1),
    ({"status": "finished,in-progress", "class": "IMP"}, 8),
    ({"class": "AMB"}, 0),
    ({"_lastUpdated": "ge2020"}, 8),
    ({"_lastUpdated": "lt2020"}, 0),
]


async def test_a_search_finds_what_it_asks_and_counts_no_more(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    for asked, visits in FINDS:
        found = await fhir(clinician, "/fhir/Encounter", patient=person, **asked)
        assert (found["total"], len(found.get("entry", ()))) == (visits, visits), asked


async def test_a_search_tells_what_of_it_was_understood(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    path = f"/fhir/Encounter?patient={person}&_include=Encounter:subject&status=finished"
    outcome = await fhir(clinician, path, 400)
    assert diagnostics(outcome) == [("not-supported", "_include")]
    answer = await clinician.get(path, headers={"Prefer": "handling=lenient"})
    assert answer.json()["total"] == 7
    own = f"http://test/fhir/Encounter?patient={person}&status=finished"
    assert link(answer.json(), "self") == own


async def test_identifiers_are_asked_in_a_body_and_stand_in_no_link(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    numbers = [
        event_of(finished(n, id=f"m{n}", identifier=[{"system": "urn:visit", "value": "SECRET7"}]))
        for n in range(1, 4)
    ]
    await house.take(*numbers)
    by_address = {"patient": person, "identifier": "urn:visit|SECRET7"}
    outcome = await fhir(clinician, "/fhir/Encounter", 400, **by_address)
    assert diagnostics(outcome) == [("security", "identifier")]
    assert "POST Encounter/_search" in outcome["issue"][0]["diagnostics"]
    first = await post(clinician, "Encounter", **by_address, _count="2")
    assert (first["total"], len(first["entry"])) == (3, 2)
    assert "SECRET7" not in str(first["link"])
    rest = await pages(clinician, link(first, "next") or "")
    assert len(set(ids(first, *rest))) == len(ids(first, *rest)) == 3


async def test_a_person_is_found_by_number_or_by_name_and_birth(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    one = await fhir(clinician, f"/fhir/Patient/{person}")
    system = "https://fhir.nhs.uk/Id/nhs-number"
    for form in (
        {"identifier": f"{system}|{NHS_NUMBER}"},
        {"identifier": NHS_NUMBER},
        {"name": "brown", "birthdate": "1948-02-29"},
    ):
        found = await post(clinician, "Patient", **form)
        assert resources(found) == [one]
        assert NHS_NUMBER not in str(found["link"])
    for form in ({"identifier": "urn:mrn|7"}, {"name": "brown"}, {"identifier": "999"}):
        outcome = await post(clinician, "Patient", 400, **form)
        assert "999" not in str(outcome).replace(system, "")
    outcome = await fhir(clinician, "/fhir/Patient", 400, identifier=NHS_NUMBER)
    assert "POST Patient/_search" in outcome["issue"][0]["diagnostics"]


async def test_a_search_is_posted_as_a_form(house: House, clinician: httpx.AsyncClient) -> None:
    answer = await clinician.post("/fhir/Patient/_search", json={"identifier": NHS_NUMBER})
    assert answer.status_code == 415


async def test_of_whom_nobody_knows_there_is_nothing(
    house: House, clinician: httpx.AsyncClient
) -> None:
    nobody = "11111111-1111-4111-8111-111111111111"
    found = await fhir(clinician, "/fhir/Encounter", patient=nobody)
    assert (found["total"], found.get("entry")) == (0, None)
    assert (await fhir(clinician, "/fhir/Patient", _id=nobody))["total"] == 0
    await fhir(clinician, f"/fhir/Patient/{nobody}/$everything", 404)
    assert (await fhir(clinician, "/fhir/Patient", _id="p1"))["total"] == 0


async def test_who_gives_care_is_found_without_a_patient(
    house: House, clinician: httpx.AsyncClient
) -> None:
    roles = [
        {
            "resourceType": "PractitionerRole",
            "id": f"r{number}",
            "practitioner": {"reference": f"Practitioner/n{number}"},
        }
        for number in range(3)
    ]
    nurses = [
        {"resourceType": "Practitioner", "id": f"n{n}", "name": [{"family": name}]}
        for n, name in enumerate(["Nurse", "Nursery", "Doctor"])
    ]
    await house.take(*map(event_of, [*nurses, *roles]))
    deletion = history(
        {"request": {"method": "DELETE", "url": "Practitioner/n1"}},
        timestamp="2026-03-02T00:00:00Z",
    )
    await house.take(*events_of(deletion))
    found = await pages(clinician, "/fhir/Practitioner?_count=1")
    assert len(ids(*found)) == found[0]["total"] == 2
    (nurse,) = resources(await fhir(clinician, "/fhir/Practitioner", name="nur"))
    roles_found = resources(await fhir(clinician, "/fhir/PractitionerRole"))
    led = {one["practitioner"].get("reference") for one in roles_found}
    # Who was deleted is named by what their source calls them.
    assert led >= {None, f"Practitioner/{nurse['id']}"}
    assert len(led) == 3


async def test_a_whole_record_is_narrowed_by_type_by_time_and_by_what_is_new(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    path = f"/fhir/Patient/{person}/$everything"
    visits = await pages(clinician, f"{path}?_type=Encounter&_count=3")
    assert {one["resourceType"] for one in resources(*visits)} == {"Encounter"}
    assert visits[0]["total"] == len(ids(*visits)) == 8
    february = await fhir(clinician, path, _type="Encounter", start="2026-02-03", end="2026-02-05")
    assert february["total"] == 3
    # The people, the message and the weights have no time of their own in it.
    both = await fhir(clinician, path, start="2026-02-03", end="2026-02-05")
    assert both["total"] == 3 + 3 + 1 + 2
    before = await known_now(house)
    await house.take(event_of(finished(9, meta={"lastUpdated": "2026-02-09T09:00:00Z"})))
    new = await fhir(clinician, path, _since=before)
    assert [one["resourceType"] for one in resources(new)] == ["Patient", "Encounter"]
    modes = [entry["search"]["mode"] for entry in new["entry"]]
    assert modes == ["match", "include"]
    assert diagnostics(await fhir(clinician, path, 400, _typeFilter="x")) == [
        ("not-supported", "_typeFilter")
    ]


async def known_now(house: House) -> str:
    from sqlalchemy import text

    async with house.database.connect() as connection:
        at = (await connection.execute(text("select clock_timestamp()"))).scalar_one()
    return str(at.isoformat())


async def test_a_later_fact_of_the_person_is_in_every_search(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    await house.take(event_of(verified(id="x9", gender="female"), source="RX2"))
    assert (await fhir(clinician, f"/fhir/Patient/{person}"))["gender"] == "female"
