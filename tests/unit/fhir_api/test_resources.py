"""Facts as they are read: ids and versions of this server, references that lead somewhere."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class

from schemas.events import CareEvent
from services.fhir.bundle import history, searchset
from services.fhir.encounter import encounter_of, thread_of_stay
from services.fhir.ids import SOURCE_ID, SOURCE_VERSION, id_of, uuid_of
from services.fhir.patient import Said, merged, summary
from services.fhir.references import Known, place_of, point, references_in
from services.fhir.resource import binary_of, encode, resource_in, served
from services.record.models import LeaveOut, SegmentOut, StayOut
from services.record.patients import Details
from tests.builders import (
    NHS_NUMBER,
    bundle,
    encounter,
    event_of,
    events_of,
    message_header,
    nhs_identifier,
    observation,
    patient,
    verified,
)
from tests.unit.hl7v2.made import adt, pid

Json = dict[str, Any]
PERSON = UUID("11111111-1111-4111-8111-111111111111")
KEYS = frozenset({"RX1/Patient/p1", f"nhs/{NHS_NUMBER}", "RX1/id/urn:mrn|7"})


def read(event: CareEvent, **held: str) -> Json:
    """What is read of a fact of the person, where these threads are held."""
    published = resource_in(event)
    known = Known(PERSON, KEYS, {thread.replace("_", "|", 1): to for thread, to in held.items()})
    for told in references_in(published, event, {}):
        point(told, event.source, place_of(told, event.source, known))
    return served(event, published, PERSON)


def test_an_id_is_of_the_source_and_what_it_calls_the_thing() -> None:
    first, second = (event_of(encounter(status=s)) for s in ("planned", "finished"))
    other = event_of(encounter(), source="RX2")
    assert id_of(first.thread) == id_of(second.thread) != id_of(other.thread)
    # As PostgreSQL makes it of the thread: select cast(md5('RX1|Encounter/7') as uuid).
    assert str(id_of("RX1|Encounter/7")) == "9365605a-ecbe-b02b-df46-15c68d2375f1"


def test_only_ids_of_this_server_are_any() -> None:
    assert uuid_of(str(PERSON)) == PERSON
    assert [
        uuid_of(said) for said in ("e1", PERSON.hex, f"{{{PERSON}}}", f"urn:uuid:{PERSON}")
    ] == [None] * 4


def test_what_a_source_says_is_kept_and_named_by_this_server() -> None:
    meta = {
        "versionId": "3",
        "lastUpdated": "2026-02-01T09:00:00+00:00",
        "source": "https://example.nhs.uk/pas",
        "security": [{"code": "R"}],
        "profile": ["https://example.nhs.uk/profile"],
    }
    event = event_of(encounter(meta=meta))
    found = read(event)
    get_fhir_model_class("Encounter").model_validate(found)
    assert list(found)[:3] == ["resourceType", "id", "meta"]
    assert found["id"] == str(id_of(event.thread))
    assert found["meta"]["versionId"] == str(UUID(event.id))
    assert {name: found["meta"][name] for name in meta if name != "versionId"} == {
        name: meta[name] for name in meta if name != "versionId"
    }
    said = {one["url"]: one for one in found["meta"]["extension"]}
    assert said[SOURCE_ID]["valueIdentifier"]["value"] == "Encounter/e1"
    assert said[SOURCE_VERSION]["valueString"] == "3"


def test_where_a_source_says_nothing_of_when_that_is_said() -> None:
    event = event_of(observation())
    meta = read(event)["meta"]
    assert datetime.fromisoformat(meta["lastUpdated"]) == event.recorded
    assert meta["source"] == "urn:throughline:source:RX1"
    assert SOURCE_VERSION not in {one["url"] for one in meta["extension"]}


def test_a_decimal_keeps_its_digits() -> None:
    raw = b'{"resourceType":"Observation","status":"final","code":{"text":"x"},'
    raw += b'"subject":{"reference":"Patient/p1"},"valueQuantity":{"value":1.50}}'
    assert b'"value":1.50}' in encode(read(event_of(raw)))


SUBJECTS = [
    {"reference": "Patient/p1"},
    {"reference": "Patient/p1/_history/2", "display": "Ada"},
    {"identifier": nhs_identifier()},
    {"identifier": {"system": "urn:mrn", "value": "7"}, "type": "Patient"},
    {"reference": f"https://api.service.nhs.uk/personal-demographics/FHIR/R4/Patient/{NHS_NUMBER}"},
    {"reference": "https://pas.rx1.nhs.uk/fhir/Patient/p1"},
]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_whoever_it_is_about_is_the_one_patient(subject: Json) -> None:
    found = read(event_of(observation(subject=subject)))["subject"]
    assert found == {**subject, "reference": f"Patient/{PERSON}"}


def test_a_reference_leads_to_what_is_held_and_names_what_is_not() -> None:
    performers = [
        {"reference": "Practitioner/7", "display": "Nurse Seven"},
        {"reference": "Practitioner/8", "display": "Nurse Eight"},
        {"identifier": {"system": "urn:gmc", "value": "9"}, "display": "Doctor Nine"},
        {"reference": "https://elsewhere.example/fhir/Practitioner/1"},
        {"reference": "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"},
    ]
    found = read(
        event_of(observation(performer=performers)), **{"RX1_Practitioner/7": "Practitioner/ours"}
    )["performer"]
    held, named, by_identifier, elsewhere, urn = found
    assert held == {"reference": "Practitioner/ours", "display": "Nurse Seven"}
    source = {"system": "urn:throughline:source:RX1", "value": "Practitioner/8"}
    assert named == {"display": "Nurse Eight", "type": "Practitioner", "identifier": source}
    assert by_identifier == performers[2]
    assert elsewhere == performers[3]
    assert urn["identifier"]["value"] == performers[4]["reference"]
    assert "reference" not in urn


def test_another_person_is_no_address_here() -> None:
    participant = [
        {"actor": {"reference": "Patient/p1"}, "status": "accepted"},
        {"actor": {"reference": "Patient/p2"}, "status": "accepted"},
    ]
    resource = {
        "resourceType": "Appointment",
        "id": "a1",
        "status": "booked",
        "start": "2026-02-01T09:00:00Z",
        "end": "2026-02-01T10:00:00Z",
        "participant": participant,
    }
    first, second = read(event_of(resource))["participant"]
    assert first["actor"]["reference"] == f"Patient/{PERSON}"
    assert "reference" not in second["actor"]


def test_what_is_contained_stays_where_it_is_and_leads_on() -> None:
    inner = {
        "resourceType": "PractitionerRole",
        "id": "r1",
        "practitioner": {"reference": "Practitioner/7"},
    }
    resource = observation(contained=[inner], performer=[{"reference": "#r1"}])
    found = read(event_of(resource), **{"RX1_Practitioner/7": "Practitioner/ours"})
    assert found["performer"] == [{"reference": "#r1"}]
    assert found["contained"][0]["practitioner"] == {"reference": "Practitioner/ours"}


def test_a_urn_of_a_message_leads_to_what_it_named_there() -> None:
    urn = "urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0"
    message = bundle("message", message_header(), verified(), encounter(subject={"reference": urn}))
    message["entry"][1]["fullUrl"] = urn
    event = next(one for one in events_of(message) if one.kind == "Encounter")
    assert read(event)["subject"]["reference"] == f"Patient/{PERSON}"


def test_a_sources_patient_leads_to_the_one_patient() -> None:
    found = read(
        event_of(patient(link=[{"other": {"reference": "Patient/p1"}, "type": "seealso"}]))
    )
    get_fhir_model_class("Patient").model_validate(found)
    assert found["link"][-1] == {"other": {"reference": f"Patient/{PERSON}"}, "type": "refer"}
    assert found["id"] != str(PERSON)


def said(resource: Json, day: int, link: str | None = None) -> Said:
    return Said(resource, datetime(2026, 2, day, tzinfo=UTC), link)


NOTHING = Details()


def test_the_one_patient_has_what_every_source_says_the_latest_first() -> None:
    unproven = nhs_identifier()
    proven = nhs_identifier(status="01")
    local = {"system": "urn:mrn", "value": "7"}
    old = {"use": "old", "family": "Brown"}
    now = {"use": "official", "family": "Smith"}
    found = merged(
        PERSON,
        [
            said(patient(identifier=[local, proven], gender="female"), 1, "Patient/a"),
            said(
                patient(identifier=[unproven], name=[now, old], birthDate="1948-03"), 2, "Patient/b"
            ),
            said({"name": [now], "address": [{"city": "Leeds"}]}, 3),
        ],
        NOTHING,
    )
    get_fhir_model_class("Patient").model_validate(found)
    assert found["identifier"] == [proven, local]
    assert found["name"] == [now, old]
    assert (found["gender"], found["birthDate"]) == ("female", "1948-03")
    assert found["address"] == [{"city": "Leeds"}]
    assert [one["other"]["reference"] for one in found["link"]] == ["Patient/a", "Patient/b"]
    assert found["meta"]["lastUpdated"].startswith("2026-02-03")


def test_the_one_patient_is_the_same_in_any_order_and_another_version_once_it_differs() -> None:
    one, other = said(patient(gender="male"), 1, "Patient/a"), said(patient(), 1, "Patient/b")
    assert merged(PERSON, [one, other], NOTHING) == merged(PERSON, [other, one], NOTHING)
    more = merged(PERSON, [one], NOTHING)
    assert more["meta"]["versionId"] != merged(PERSON, [other], NOTHING)["meta"]["versionId"]


def test_what_everybody_who_looks_is_told_is_there_where_no_source_may_be_seen() -> None:
    details = Details("Ada Brown", "1948-02-29", "female", NHS_NUMBER, True, died="unknown")
    for found in (merged(PERSON, [], details), summary(PERSON, details)):
        get_fhir_model_class("Patient").model_validate(found)
        assert found["name"] == [{"text": "Ada Brown"}]
        assert found["identifier"][0]["value"] == NHS_NUMBER
        assert found["deceasedBoolean"] is True
    assert summary(PERSON, details)["meta"]["tag"][0]["code"] == "SUBSETTED"


def stay(**elements: Any) -> StayOut:
    start, moved = (datetime(2026, 2, day, 9, tzinfo=UTC) for day in (1, 2))
    told: Json = {
        "visit": "V7",
        "source": "RX1",
        "person_id": PERSON,
        "status": "open",
        "class": "IMP",
        "setting": "bed",
        "provider": "RX1",
        "admitted_at": start,
        "discharged_at": None,
        "expected_discharge": None,
        "segments": [
            SegmentOut(ward="W1", site="S1", start=start, end=moved),
            SegmentOut(ward="W2", site="S1", start=moved, end=None),
        ],
        "leaves": [],
        "flags": [],
    }
    return StayOut(**{**told, **elements})


def test_a_stay_of_messages_alone_is_an_encounter() -> None:
    known_at = datetime(2026, 2, 3, tzinfo=UTC)
    found = encounter_of(stay(), PERSON, known_at)
    get_fhir_model_class("Encounter").model_validate(found)
    assert found["id"] == str(id_of(thread_of_stay("RX1", "V7")))
    assert found["id"] == str(id_of(event_of(encounter(id="V7")).thread))
    assert (found["status"], found["class"]["code"]) == ("in-progress", "IMP")
    assert found["subject"] == {"reference": f"Patient/{PERSON}"}
    assert [one["status"] for one in found["location"]] == ["completed", "active"]
    assert "end" not in found["period"]
    assert found["serviceProvider"]["identifier"]["value"] == "RX1"


def test_a_stay_says_what_is_not_known_of_it_and_who_is_away() -> None:
    known_at = datetime(2026, 2, 3, tzinfo=UTC)
    vague = {"class": "unknown", "provider": "unknown", "segments": [], "admitted_at": None}
    found = encounter_of(stay(**vague), None, known_at)
    get_fhir_model_class("Encounter").model_validate(found)
    assert found["class"]["code"] == "UNK"
    assert not {"period", "location", "serviceProvider", "subject"} & found.keys()
    away = [LeaveOut(start=known_at, end=None)]
    assert encounter_of(stay(leaves=away), PERSON, known_at)["status"] == "onleave"
    back = [LeaveOut(start=known_at, end=known_at)]
    found = encounter_of(stay(leaves=back, status="finished"), PERSON, known_at)
    assert (found["status"], found["statusHistory"][0]["status"]) == ("finished", "onleave")


def test_bundles_are_read_by_another_reader_of_fhir() -> None:
    message = event_of(adt("A01", pid(fields={5: "ZOË^山田"}), "ZXY|\\Zlocal\\").encode())
    resources = [read(event_of(verified())), binary_of(message, PERSON)]
    base = "https://example.nhs.uk/fhir"
    found = searchset(
        base,
        list(zip(resources, ["match", "include"], strict=True)),
        7,
        f"{base}/own",
        f"{base}/next",
        is_restricted=True,
    )
    made = orjson.loads(found)
    get_fhir_model_class("Bundle").model_validate(made)
    assert made["total"] == 7
    assert made["entry"][1]["fullUrl"] == f"{base}/Binary/{UUID(message.id)}"
    assert made["meta"]["security"][0]["code"] == "REDACTED"
    states = [read(event_of(encounter(status=s))) for s in ("finished", "in-progress")]
    told = orjson.loads(history(base, "Encounter/x", states, "2026-02-03T00:00:00+00:00"))
    get_fhir_model_class("Bundle").model_validate(told)
    assert [one["request"]["method"] for one in told["entry"]] == ["DELETE", "PUT", "PUT"]
    assert msgspec.json.decode(found)["type"] == "searchset"
