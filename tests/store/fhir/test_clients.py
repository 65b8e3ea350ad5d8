"""Clients of FHIR that others wrote, unchanged, against the service over HTTP."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import pytest_asyncio
import uvicorn
from fhirclient.client import FHIRClient
from fhirclient.models.encounter import Encounter
from fhirclient.models.fhirabstractbase import FHIRValidationError
from fhirclient.models.fhirelementfactory import FHIRElementFactory
from fhirclient.models.observation import Observation
from fhirclient.models.patient import Patient
from fhirclient.models.practitioner import Practitioner
from fhirclient.server import FHIRPermissionDeniedException
from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import ForbiddenError, OperationOutcome, ResourceNotFound

from schemas.errors import Reject
from schemas.events import CareEvent
from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType
from services.access.viewer import Role
from services.fhir.parameters import UNREAD
from services.fhir.references import point, references_in
from services.fhir.resource import encode, resource_in, served
from streams.intake.read import Limits, read
from tests.builders import RECEIVED
from tests.store.conftest import House
from tests.store.fhir.asked import a_record

Json = dict[str, Any]
EXAMPLES = Path(__file__).parents[4] / "shared" / "examples"


@asynccontextmanager
async def listening(house: House) -> AsyncIterator[str]:
    """The services over HTTP; their address."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        config = uvicorn.Config(house.app(), lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[door]))
        yield f"http://127.0.0.1:{door.getsockname()[1]}/fhir"
        server.should_exit = True
        await running


@pytest_asyncio.fixture
async def served_at(house: House, clinician: httpx.AsyncClient) -> AsyncIterator[tuple[str, str]]:
    """The address of the services, and the person of whom there is a record."""
    person = await a_record(house, clinician)
    async with listening(house) as address:
        yield address, person


def element(resource: Json) -> Any:
    """A resource as SMART's client has it. Raises FHIRValidationError."""
    return FHIRElementFactory.instantiate(resource["resourceType"], resource)


def smart(address: str, token: str) -> FHIRClient:
    """SMART's client, as one that is signed in already."""
    auth = {"app_id": "tests", "access_token": token}
    server = {"base_uri": f"{address}/", "auth_type": "oauth2", "auth": auth}
    return FHIRClient(state={"app_id": "tests", "server": server})


async def test_fhirclient_reads_a_patient_visits_over_pages_and_the_whole_record(
    house: House, served_at: tuple[str, str]
) -> None:
    address, person = served_at
    client = smart(address, house.token(Role.CLINICIAN))

    def reads() -> None:
        server = client.server
        patient = Patient.read(person, server)
        assert client.human_name(patient.name[0]) == "Ada Brown"
        asked = {"patient": person, "_count": "3", "_sort": "date"}
        bundles = list(Encounter.where(asked).perform_iter(server))
        visits = [entry.resource for bundle in bundles for entry in bundle.entry]
        assert (len(bundles), len(visits)) == (3, 8)
        assert {visit.subject.reference for visit in visits} == {patient.relativePath()}
        starts = [visit.period.start.isostring for visit in visits]
        assert starts == sorted(starts)
        nurse = visits[0].participant[0].individual.resolved(Practitioner)
        assert nurse.name[0].family == "Nurse"
        later = Encounter.where({"patient": person, "date": {"$gte": "2026-02-05"}})
        assert len(list(later.perform_resources_iter(server))) == 4
        whole = server.request_json(f"{patient.relativePath()}/$everything")
        found = [element(e["resource"]) for e in whole["entry"]]
        assert len(found) == whole["total"] == 14
        weight = next(one for one in found if isinstance(one, Observation) and one.encounter)
        assert Encounter.read_from(weight.encounter.reference, server).id
        # Last: it then signs in as the statement says, and that names no SMART server.
        assert server.capabilityStatement.fhirVersion == "4.0.1"

    await asyncio.to_thread(reads)


async def test_fhirpy_reads_a_patient_visits_over_pages_and_the_whole_record(
    house: House, served_at: tuple[str, str]
) -> None:
    address, person = served_at
    bearer = f"Bearer {house.token(Role.CLINICIAN)}"

    def reads() -> None:
        client = SyncFHIRClient(address, authorization=bearer)
        patient = client.reference("Patient", person).to_resource()
        assert patient.name[0].family == "Brown"
        asked = client.resources("Encounter").search(patient=person).limit(3)
        visits = asked.fetch_all()
        assert len(visits) == len({visit.id for visit in visits}) == 8
        assert client.resources("Encounter").search(patient=person).count() == 8
        finished = client.resources("Encounter").search(patient=person, status="finished")
        assert len(finished.search(date__ge="2026-02-05").sort("-date").fetch_all()) == 3
        nurse = finished.first().participant[0].individual.to_resource()
        assert nurse.name[0].family == "Nurse"
        whole = patient.execute("$everything", method="get")
        assert len(whole.entry) == whole.total == 14
        version = patient.meta.versionId
        assert patient.refresh().meta.versionId == version

    await asyncio.to_thread(reads)


@contextmanager
def refused_by(error: type[Exception]) -> Iterator[None]:
    with pytest.raises(error):
        yield


async def test_both_understand_how_they_are_refused(
    house: House, served_at: tuple[str, str]
) -> None:
    address, person = served_at
    token = house.token(Role.CLINICIAN, org="RX9", user="u9")

    def reads() -> None:
        with refused_by(FHIRPermissionDeniedException):
            Patient.read(person, smart(address, token).server)
        client = SyncFHIRClient(address, authorization=f"Bearer {token}")
        with refused_by(ForbiddenError):
            client.get("Patient", person)
        with refused_by(ResourceNotFound):
            client.get("Encounter", person)
        with refused_by(OperationOutcome):
            client.resources("Encounter").fetch()

    await asyncio.to_thread(reads)


def examples() -> Iterator[tuple[str, CareEvent]]:
    """Every fact of the example messages of others that is read here, by the file's name."""
    for path in sorted(EXAMPLES.rglob("*.json")):
        body = path.read_bytes()
        said = (path.parent.name, "unknown", ContentType.FHIR, content_id(body), RECEIVED)
        try:
            events = read(Inbound(body, *said), Limits(50_000_000, 64))
        except Reject:
            continue
        for event in events:
            if event.kind not in UNREAD and not event.deleted:
                yield path.name, event


def faults(resource: Json, name: str) -> list[str]:
    """What SMART's client will not read of a resource."""
    try:
        element(resource)
    except FHIRValidationError as error:
        return [f"{name}: {error}"]
    return []


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="no example messages at ../shared/examples")
def test_what_fhirclient_reads_of_others_it_reads_as_it_is_served_here() -> None:
    """What it does not read as published either is its source's, and is served as it is."""
    seen, bad = 0, list[str]()
    for name, event in examples():
        if faults(event.parsed(), name):
            continue
        made = resource_in(event)
        for told in references_in(made, event, {}):
            point(told, event.source, None)
        bad += faults(orjson.loads(encode(served(event, made, None))), name)
        seen += 1
    assert seen > 500
    assert bad == []
