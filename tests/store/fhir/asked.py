"""The record as a client of FHIR asks for it, each answer read by another reader of FHIR."""

from typing import Any

import httpx
from fhir.resources.R4B import get_fhir_model_class

from tests.builders import NHS_NUMBER, event_of, observation, verified
from tests.hl7v2 import adt, told
from tests.store.conftest import House
from tests.store.test_record import only_person

Json = dict[str, Any]

# A PID that names the person by their NHS number.
BY_NUMBER = f"{NHS_NUMBER}^^^NHS^NH"
NURSE = {"resourceType": "Practitioner", "id": "n1", "name": [{"family": "Nurse"}]}


def finished(number: int, **elements: Any) -> Json:
    """A visit of one day in February, of the person whom `verified()` is."""
    day = f"2026-02-{number:02}"
    return {
        "resourceType": "Encounter",
        "id": f"e{number}",
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": f"{day}T09:00:00Z", "end": f"{day}T17:00:00Z"},
        "participant": [{"individual": {"reference": "Practitioner/n1"}}],
        **elements,
    }


async def a_record(house: House, client: httpx.AsyncClient) -> str:
    """A person of two sources, with visits, a weight, a nurse, and a stay of messages. Their id."""
    name = [{"family": "Brown", "given": ["Ada"]}]
    weight = observation(
        encounter={"reference": "Encounter/e3"}, performer=[{"reference": "Practitioner/n1"}]
    )
    visits = (finished(number) for number in range(1, 8))
    await house.take(*map(event_of, (verified(name=name), NURSE, weight, *visits)))
    await house.take(event_of(verified(id="x9"), source="RX2"))
    other = observation(id="o1", subject={"reference": "Patient/x9"}, code={"text": "Height"})
    await house.take(event_of(other, source="RX2"))
    await house.take(*told(adt("A01", "202602200900", visit="V20", ward="W9", patient=BY_NUMBER)))
    return await only_person(client)


async def fhir(client: httpx.AsyncClient, path: str, code: int = 200, /, **asked: Any) -> Json:
    """What is answered, which is FHIR whatever the status."""
    answer = await client.get(path, params=asked or None)
    assert answer.status_code == code, answer.text[:400]
    return read(answer)


def read(answer: httpx.Response) -> Json:
    """The resource of an answer."""
    assert answer.headers["content-type"] == "application/fhir+json"
    found: Json = answer.json()
    get_fhir_model_class(found["resourceType"]).model_validate(found)
    return found


async def post(client: httpx.AsyncClient, kind: str, code: int = 200, /, **form: str) -> Json:
    """What a search in a body is answered."""
    answer = await client.post(f"/fhir/{kind}/_search", data=form)
    assert answer.status_code == code, answer.text[:400]
    return read(answer)


async def pages(client: httpx.AsyncClient, path: str) -> list[Json]:
    """Every Bundle from this page on, by the links."""
    found: list[Json] = []
    url: str | None = path
    while url:
        found.append(await fhir(client, url))
        url = link(found[-1], "next")
    return found


def link(bundle: Json, relation: str) -> str | None:
    return next((one["url"] for one in bundle["link"] if one["relation"] == relation), None)


def resources(*bundles: Json) -> list[Json]:
    return [entry["resource"] for bundle in bundles for entry in bundle.get("entry", ())]


def ids(*bundles: Json) -> list[str]:
    return [one["id"] for one in resources(*bundles)]


def diagnostics(outcome: Json) -> list[tuple[str, str | None]]:
    """Each issue's code, and what it is about."""
    return [
        (issue["code"], next(iter(issue.get("expression", ())), None)) for issue in outcome["issue"]
    ]
