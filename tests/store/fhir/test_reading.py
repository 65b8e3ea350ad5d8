"""Things by their ids: the same resource by whichever way, versions, references that lead on."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.builders import (
    NHS_NUMBER,
    OTHER_NHS_NUMBER,
    delete,
    encounter,
    event_of,
    events_of,
    history,
    observation,
    patient,
    put,
    verified,
)
from tests.hl7v2 import adt, told
from tests.store.conftest import House
from tests.store.fhir.asked import BY_NUMBER, a_record, diagnostics, fhir, ids, pages, resources
from tests.store.test_record import only_person

Json = dict[str, Any]


async def test_a_thing_is_the_same_resource_by_whichever_way_it_is_read(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    everything = resources(*await pages(clinician, f"/fhir/Patient/{person}/$everything?_count=4"))
    assert len(everything) == len({one["id"] for one in everything}) == 14
    for one in everything:
        kind, identity = one["resourceType"], one["id"]
        assert await fhir(clinician, f"/fhir/{kind}/{identity}") == one
        asked = {"_id": identity} if kind == "Patient" else {"patient": person, "_id": identity}
        if identity == person or kind != "Patient":
            assert resources(await fhir(clinician, f"/fhir/{kind}", **asked)) == [one]


def references(element: object) -> Iterator[str]:
    if isinstance(element, dict):
        if isinstance(element.get("reference"), str):
            yield element["reference"]
        for value in element.values():
            yield from references(value)
    elif isinstance(element, list):
        for value in element:
            yield from references(value)


async def test_every_reference_of_a_record_leads_to_what_it_names(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    found = resources(await fhir(clinician, f"/fhir/Patient/{person}/$everything"))
    named = {one["resourceType"]: [*references(one)] for one in found}
    assert named["Observation"]
    for said in {said for one in found for said in references(one)}:
        assert (await fhir(clinician, f"/fhir/{said}"))["resourceType"] == said.partition("/")[0]
    weight = next(one for one in found if one.get("encounter"))
    visit = await fhir(clinician, f"/fhir/{weight['encounter']['reference']}")
    assert visit["period"]["start"] == "2026-02-03T09:00:00Z"
    nurse = await fhir(clinician, f"/fhir/{weight['performer'][0]['reference']}")
    assert nurse["name"] == [{"family": "Nurse"}]


async def test_two_sources_may_give_two_things_one_id(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    first, second = resources(await fhir(clinician, "/fhir/Observation", patient=person))
    assert first["id"] != second["id"]
    assert {first["code"]["text"], second["code"]["text"]} == {"Weight", "Height"}
    assert first["subject"] == second["subject"] == {"reference": f"Patient/{person}"}


async def test_the_one_patient_links_to_the_patients_of_the_sources(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    one = await fhir(clinician, f"/fhir/Patient/{person}")
    assert [name["family"] for name in one["name"]] == ["Brown", "DOE"]
    own = [await fhir(clinician, f"/fhir/{link['other']['reference']}") for link in one["link"]]
    assert {each["meta"]["source"][-3:] for each in own} == {"RX1", "RX2"}
    assert {each["link"][-1]["other"]["reference"] for each in own} == {f"Patient/{person}"}


async def test_a_person_is_read_by_any_id_that_they_ever_had(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(*(event_of(patient(id=one)) for one in ("p1", "p2")), event_of(observation()))
    found = (await house.own_ids()).values()
    link = {"other": {"reference": "Patient/p2"}, "type": "replaced-by"}
    later = {"lastUpdated": "2026-03-02T00:00:00Z"}
    await house.take(event_of(patient(id="p1", link=[link], meta=later)))
    read = [await fhir(clinician, f"/fhir/Patient/{own}") for own in found]
    assert len({one["id"] for one in read}) == 1
    asked = [await fhir(clinician, "/fhir/Observation", patient=own) for own in found]
    assert len(set(map(tuple, map(ids, asked)))) == 1


async def test_versions_are_the_states_that_the_source_published(
    house: House, clinician: httpx.AsyncClient
) -> None:
    def state(day: int, **elements: Any) -> Json:
        meta = {"versionId": "1", "lastUpdated": f"2026-02-0{day}T09:00:00Z"}
        return encounter(meta=meta, **elements)

    first, second = state(1), state(2, status="finished")
    await house.take(event_of(verified()), event_of(second), event_of(first))
    person = await only_person(clinician)
    (visit,) = resources(await fhir(clinician, "/fhir/Encounter", patient=person))
    assert visit["status"] == "finished"
    path = f"/fhir/Encounter/{visit['id']}"
    told_of = await fhir(clinician, f"{path}/_history")
    assert [one["status"] for one in resources(told_of)] == ["finished", "in-progress"]
    assert (told_of["type"], told_of["total"]) == ("history", 2)
    for one in resources(told_of):
        assert await fhir(clinician, f"{path}/_history/{one['meta']['versionId']}") == one
    await fhir(clinician, f"{path}/_history/{uuid4()}", 404)
    assert diagnostics(await fhir(clinician, f"/fhir/Patient/{person}/_history", 404))


async def test_who_has_this_version_is_not_given_it_again(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    visit = ids(await fhir(clinician, "/fhir/Encounter", patient=person))[0]
    for path in (f"/fhir/Patient/{person}", f"/fhir/Encounter/{visit}"):
        answer = await clinician.get(path)
        etag = answer.headers["etag"]
        assert etag == f'W/"{answer.json()["meta"]["versionId"]}"'
        assert answer.headers["last-modified"].endswith("GMT")
        again = await clinician.get(path, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        other = await clinician.get(path, headers={"If-None-Match": 'W/"x"'})
        assert other.status_code == 200
        assert (await clinician.head(path)).headers["etag"] == etag


async def test_what_a_source_deleted_is_gone_and_its_history_says_so(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(verified()), event_of(observation()))
    person = await only_person(clinician)
    (one,) = ids(await fhir(clinician, "/fhir/Observation", patient=person))
    deletion = history(delete("Observation/o1"), timestamp="2026-03-02T00:00:00Z")
    await house.take(*events_of(deletion))
    outcome = await fhir(clinician, f"/fhir/Observation/{one}", 410)
    assert diagnostics(outcome) == [("deleted", None)]
    assert (await fhir(clinician, "/fhir/Observation", patient=person))["total"] == 0
    told_of = await fhir(clinician, f"/fhir/Observation/{one}/_history")
    assert [entry["request"]["method"] for entry in told_of["entry"]] == ["DELETE", "PUT"]
    again = observation(meta={"lastUpdated": "2026-03-02T06:00:00Z"})
    await house.take(*events_of(history(put(again))))
    assert ids(await fhir(clinician, "/fhir/Observation", patient=person)) == [one]


async def test_a_patient_that_its_source_deleted_is_in_no_answer(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await a_record(house, clinician)
    # An id that is another one's as well would be whose it was once the two are parted.
    person = (await house.own_ids())["RX1/Patient/p1"]
    one = await fhir(clinician, f"/fhir/Patient/{person}")
    deletion = history(delete("Patient/x9"), timestamp="2026-03-02T00:00:00Z")
    await house.take(*events_of(deletion, source="RX2"))
    # A person has the least of their ids: it may have been that of whom was deleted.
    person = await only_person(clinician)
    left = await fhir(clinician, f"/fhir/Patient/{person}")
    assert (len(one["link"]), len(left["link"])) == (2, 1)
    gone = {link["other"]["reference"] for link in one["link"] if link not in left["link"]}
    await fhir(clinician, f"/fhir/{gone.pop()}", 410)
    everything = resources(await fhir(clinician, f"/fhir/Patient/{person}/$everything"))
    assert sum(each["resourceType"] == "Patient" for each in everything) == 2


async def test_a_thing_that_turns_out_to_be_another_persons_is_theirs_alone(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(verified()), event_of(verified(OTHER_NHS_NUMBER, id="p2")))
    first, second = ({"lastUpdated": f"2026-02-0{day}T09:00:00Z"} for day in (1, 2))
    await house.take(event_of(observation(meta=first)))
    corrected = observation(meta=second, subject={"reference": "Patient/p2"})
    await house.take(event_of(corrected))
    one, other = [await only_person(clinician, number) for number in (NHS_NUMBER, OTHER_NHS_NUMBER)]
    assert (await fhir(clinician, "/fhir/Observation", patient=one))["total"] == 0
    (found,) = resources(await fhir(clinician, "/fhir/Observation", patient=other))
    # What it said of the first person is no state of the second person's thing.
    assert (await fhir(clinician, f"/fhir/Observation/{found['id']}/_history"))["total"] == 1


async def test_a_stay_of_messages_is_an_encounter_until_its_source_publishes_one(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(verified()))
    await house.take(*told(adt("A01", "202602200900", visit="V20", ward="W9", patient=BY_NUMBER)))
    weight = observation(encounter={"reference": "Encounter/V20"})
    await house.take(event_of(weight))
    person = await only_person(clinician)
    (made,) = resources(
        await fhir(clinician, "/fhir/Encounter", patient=person, date="ge2026-02-01")
    )
    assert made["location"][0]["location"]["display"] == "W9"
    (found,) = resources(await fhir(clinician, "/fhir/Observation", patient=person))
    assert found["encounter"] == {"reference": f"Encounter/{made['id']}"}
    assert resources(await fhir(clinician, f"/fhir/Encounter/{made['id']}/_history")) == [made]
    await house.take(event_of(encounter(id="V20", status="finished")))
    (published,) = resources(await fhir(clinician, "/fhir/Encounter", patient=person))
    assert (published["id"], published["status"]) == (made["id"], "finished")


@pytest.mark.parametrize("kind", ["Patient", "Encounter", "Binary", "Practitioner", "Basic"])
@pytest.mark.parametrize("identity", ["e1", "9990000018", "unknown"])
async def test_what_is_not_there_is_not_found(
    house: House, clinician: httpx.AsyncClient, kind: str, identity: str
) -> None:
    said = str(uuid4()) if identity == "unknown" else identity
    outcome = await fhir(clinician, f"/fhir/{kind}/{said}", 404)
    assert outcome["issue"][0]["code"] == "not-found"


@pytest.mark.parametrize("kind", ["Group", "Bundle", "MessageHeader", "metadata2"])
async def test_types_that_are_no_part_of_a_record_are_not_read(
    house: House, clinician: httpx.AsyncClient, kind: str
) -> None:
    assert (await clinician.get(f"/fhir/{kind}")).status_code == 404
    assert (await clinician.get(f"/fhir/{kind}/{uuid4()}")).status_code == 404


async def test_json_alone_is_given(house: House, clinician: httpx.AsyncClient) -> None:
    person = await a_record(house, clinician)
    path = f"/fhir/Patient/{person}"
    for headers, values in (({"Accept": "application/fhir+xml"}, {}), ({}, {"_format": "xml"})):
        answer = await clinician.get(path, headers=headers, params=values)
        assert answer.status_code == 406
        assert answer.headers["content-type"] == "application/fhir+json"
    asked = {"Accept": "application/fhir+xml"}
    answer = await clinician.get(path, headers=asked, params={"_format": "json"})
    assert answer.status_code == 200
