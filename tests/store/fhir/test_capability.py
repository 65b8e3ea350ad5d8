"""The CapabilityStatement tells what is supported, no more and no less: each type is walked."""

from typing import Any
from uuid import uuid4

import httpx

from schemas.fhir import SUPPORTED
from services.access.viewer import Role
from services.fhir.parameters import AUDIT_EVENT
from services.gateway.capability import WRITTEN
from tests.store.conftest import House
from tests.store.fhir.asked import a_record, fhir

Json = dict[str, Any]

VALUES = {"date": "2026", "token": "x", "string": "x"}
# What no type that is declared without it may be searched by.
NEVER = ("_text", "_include", "performer")


async def answered(client: httpx.AsyncClient, kind: str, asked: dict[str, str]) -> int:
    """The status of a search by one parameter, sent where it may be sent."""
    answer = await client.get(f"/fhir/{kind}", params=asked)
    said = answer.json().get("issue", ())
    if any(issue["code"] == "security" for issue in said):
        answer = await client.post(f"/fhir/{kind}/_search", data=asked)
    return answer.status_code


def value_of(parameter: Json, person: str) -> str:
    if parameter["name"] == "_id":
        return person
    return VALUES.get(parameter["type"], person)


async def test_every_type_does_what_it_says_and_nothing_else(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    statement = await fhir(clinician, "/fhir/metadata")
    (rest,) = statement["rest"]
    kinds = {one["type"]: one for one in rest["resource"]}
    assert kinds.keys() == {*SUPPORTED} - {"Bundle"} | {"Binary", AUDIT_EVENT}
    looks = kinds.pop(AUDIT_EVENT)
    assert {one["code"] for one in looks["interaction"]} == {"read", "search-type"}
    async with house.visited_by(Role.PRIVACY_OFFICER) as officer:
        await walk(officer, AUDIT_EVENT, looks["searchParam"], person)
    for kind, told in kinds.items():
        does = {one["code"] for one in told["interaction"]} - {*WRITTEN}
        is_read = "read" in does
        status = (await clinician.get(f"/fhir/{kind}/{uuid4()}")).status_code
        words = (await clinician.get(f"/fhir/{kind}/{uuid4()}")).json()["issue"][0]["diagnostics"]
        assert (status, "are not read" in words) == (404, not is_read), kind
        assert is_read == ("search-type" in does) == bool(told.get("searchParam")), kind
        if is_read and kind != "Patient":
            await walk(clinician, kind, told["searchParam"], person)


async def walk(client: httpx.AsyncClient, kind: str, parameters: list[Json], person: str) -> None:
    """Search by each parameter that is told of, and by some that are not."""
    names = {one["name"] for one in parameters}
    whom = {"patient": person} if "patient" in names else {}
    for one in parameters:
        asked = {**whom, one["name"]: value_of(one, person)}
        assert await answered(client, kind, asked) == 200, (kind, one)
    for name in NEVER:
        assert name not in names
        assert await answered(client, kind, {**whom, name: "x"}) == 400, (kind, name)


async def test_a_patient_is_asked_for_as_it_says(
    house: House, clinician: httpx.AsyncClient
) -> None:
    person = await a_record(house, clinician)
    (rest,) = (await fhir(clinician, "/fhir/metadata"))["rest"]
    (told,) = [one for one in rest["resource"] if one["type"] == "Patient"]
    by_post = {one["name"] for one in told["searchParam"] if "documentation" in one}
    assert {one["name"] for one in told["searchParam"]} == by_post | {"_id"}
    assert by_post == {"identifier", "name", "birthdate"}
    assert "vread" not in {one["code"] for one in told["interaction"]}
    assert (await clinician.get(f"/fhir/Patient/{person}/_history")).status_code == 404
    assert [one["name"] for one in told["operation"]] == ["everything"]
