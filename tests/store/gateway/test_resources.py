"""Bundles, resources and deletions at their doors."""

import httpx
import pytest

from schemas.topics import ContentType
from tests.builders import (
    bundle,
    delete,
    encounter,
    event_of,
    observation,
    verified,
)
from tests.store.gateway.site import FHIR, Site, fhir_of, issues_of


@pytest.mark.parametrize("kind", ["transaction", "batch"])
async def test_a_bundle_of_requests_has_a_response_for_each(
    publisher: httpx.AsyncClient, kind: str
) -> None:
    sent = bundle(kind, verified(), encounter(), observation())
    first, again = [await publisher.post("/fhir", json=sent) for _ in range(2)]
    for answer, status in ((first, "202"), (again, "200")):
        assert answer.status_code == 200
        assert fhir_of(answer)["type"] == f"{kind}-response"
        assert fhir_of(answer)["entry"] == [{"response": {"status": status}}] * 3


async def test_a_bundle_of_requests_that_is_refused_has_one_outcome(
    publisher: httpx.AsyncClient,
) -> None:
    answer = await publisher.post("/fhir", json=bundle("batch", encounter(status=5)))
    assert answer.status_code == 422
    assert fhir_of(answer)["resourceType"] == "OperationOutcome"


async def test_any_other_bundle_is_taken_as_a_whole(publisher: httpx.AsyncClient) -> None:
    answer = await publisher.post("/fhir", json=bundle("collection", verified(), encounter()))
    assert answer.status_code == 202
    assert [issue["severity"] for issue in issues_of(answer)] == ["information"]


async def test_one_resource_is_taken_new_or_in_a_new_state(publisher: httpx.AsyncClient) -> None:
    made = await publisher.post("/fhir/Encounter", json=encounter())
    changed = await publisher.put("/fhir/Encounter/e1", json=encounter(status="finished"))
    assert [made.status_code, changed.status_code] == [202, 202]
    assert issues_of(made)
    assert issues_of(changed)


@pytest.mark.parametrize(
    ("method", "path", "element"),
    [
        ("POST", "/fhir/Observation", "resourceType"),
        ("PUT", "/fhir/Observation/e1", "resourceType"),
        ("PUT", "/fhir/Encounter/e2", "id"),
    ],
)
async def test_a_path_that_names_another_thing_is_refused(
    site: Site, publisher: httpx.AsyncClient, method: str, path: str, element: str
) -> None:
    before = len(await site.kept())
    answer = await publisher.request(method, path, json=encounter())
    assert answer.status_code == 400
    assert [issue["expression"] for issue in issues_of(answer)] == [[element]]
    assert len(await site.kept()) == before


async def test_an_update_without_an_id_is_refused(publisher: httpx.AsyncClient) -> None:
    nameless = {name: value for name, value in encounter().items() if name != "id"}
    answer = await publisher.put("/fhir/Encounter/e1", json=nameless)
    assert answer.status_code == 400
    assert issues_of(answer)[0]["expression"] == ["id"]


@pytest.mark.parametrize("kind", [FHIR, ContentType.HL7V2.value, "text/plain"])
async def test_a_deletion_is_a_fact_whatever_type_its_empty_body_has(
    site: Site, publisher: httpx.AsyncClient, kind: str
) -> None:
    answer = await publisher.delete("/fhir/Encounter/e1", headers={"Content-Type": kind})
    assert answer.status_code == 202
    assert issues_of(answer)
    (event,) = await site.read_as(answer)
    assert event.deleted
    assert event.thread == "RX1|Encounter/e1"


@pytest.mark.parametrize("path", ["/fhir/encounter/e1", "/fhir/Encounter/a%20b", "/fhir/E!/1"])
async def test_a_deletion_of_what_cannot_be_is_refused(
    publisher: httpx.AsyncClient, path: str
) -> None:
    answer = await publisher.delete(path)
    assert answer.status_code == 422
    assert issues_of(answer)


async def test_a_deletion_in_a_bundle_is_taken(publisher: httpx.AsyncClient) -> None:
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [delete("Encounter/e1")]}
    answer = await publisher.post("/fhir", json=sent)
    assert fhir_of(answer)["entry"] == [{"response": {"status": "202"}}]


async def test_the_server_says_what_it_does(site: Site) -> None:
    async with site.visited(None) as anyone:
        said = fhir_of(await anyone.get("/fhir/metadata"))
    (rest,) = said["rest"]
    assert said["fhirVersion"] == "4.0.1"
    assert {one["type"] for one in rest["resource"]} > {"Patient", "Encounter", "ServiceRequest"}
    assert [operation["name"] for operation in rest["operation"]] == ["process-message"]


async def test_a_creation_if_there_is_none_counts_only_where_nothing_else_is_known(
    site: Site, publisher: httpx.AsyncClient
) -> None:
    made = {name: value for name, value in encounter().items() if name != "id"}
    search = {"If-None-Exist": "identifier=https://example.nhs.uk/visit|77"}
    answer = await publisher.post("/fhir/Encounter", json=made, headers=search)
    assert answer.status_code == 202
    (event,) = await site.read_as(answer)
    assert event.thread == "RX1|Encounter?https://example.nhs.uk/visit|77"
    assert event.parsed() == made
    assert event.version < event_of(encounter()).version


async def test_what_a_batch_asks_to_read_is_answered_as_not_done(
    publisher: httpx.AsyncClient,
) -> None:
    made = bundle("batch", encounter(id="with-a-read"))
    made["entry"].append({"request": {"method": "GET", "url": "Patient/p1"}})
    answer = await publisher.post("/fhir", json=made)
    statuses = [entry["response"]["status"] for entry in fhir_of(answer)["entry"]]
    assert statuses == ["202", "405"]
