"""One HL7 v2 message in two readings: ours, and another converter's FHIR of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from schemas.events import CareEvent
from schemas.hl7v2 import parse
from schemas.hl7v2.demographics import patient_in
from schemas.hl7v2.patients import patients_of
from schemas.inbound import Inbound, content_id
from schemas.times import moment
from schemas.topics import ContentType
from streams.flow.changes import changes_of
from streams.flow.stay import stay_of
from streams.intake.read import Limits, read

EXAMPLES = Path(__file__).parents[3] / "shared" / "examples"
MESSAGES = EXAMPLES / "hl7v2-microsoft"
THEIRS = EXAMPLES / "hl7v2-microsoft-expected-fhir"
# After the latest time in the messages: none of them is from the future.
RECEIVED = datetime(2030, 1, 1, tzinfo=UTC)
LIMITS = Limits(max_bytes=1_000_000, max_depth=64)
STATUSES = {"open": "in-progress"}

Json = dict[str, Any]
# Who, where, when and what, by element: one text for each patient or visit.
Reading = dict[str, tuple[str, ...]]


def names() -> list[str]:
    """The messages of which there is another reading."""
    return sorted(path.name.removesuffix("-expected.json") for path in THEIRS.glob("*.json"))


def ours(name: str) -> Reading:
    """What our readers and folds make of the message, and of nothing else."""
    events = events_of(name)
    patients = [patient_in(event) for event in events]
    message = parse(events[0].text())
    visits = [(key.visit, change) for event in events for key, change in changes_of(event, 0)]
    stays = [stay_of([change]) for _, change in visits]
    return {
        **_who(patients),
        "merged": tuple(
            f"{old.value} into {patient.identifiers[0].value}"
            for patient in patients_of(message)
            for old in patient.prior
        ),
        "visit": tuple(number for number, _ in visits),
        "ward": tuple(change.ward for _, change in visits),
        "class": tuple(stay.visit_class for stay in stays),
        "status": tuple(STATUSES.get(stay.status, stay.status) for stay in stays),
        "admitted": tuple(_moment(stay.admitted_at) for stay in stays),
        "discharged": tuple(_moment(stay.discharged_at) for stay in stays),
        "occurred": (_moment(events[0].occurred_start),),
        "recorded": (_moment(events[0].recorded),),
        "trigger": (events[0].kind.partition("^")[2],),
    }


def events_of(name: str) -> list[CareEvent]:
    body = (MESSAGES / f"{name}.hl7").read_bytes()
    message = Inbound(body, "RX1", "acute", ContentType.HL7V2, content_id(body), RECEIVED)
    return read(message, LIMITS)


def theirs(name: str) -> Reading:
    """What the other converter's Bundle says of the same."""
    bundle = orjson.loads((THEIRS / f"{name}-expected.json").read_bytes())
    resources: list[Json] = [entry["resource"] for entry in bundle["entry"]]
    by_name = {f"{one['resourceType']}/{one.get('id')}": one for one in resources}
    visits = [one for one in resources if one["resourceType"] == "Encounter"]
    periods = [one.get("period", {}) for one in visits]
    (header,) = (one for one in resources if one["resourceType"] == "MessageHeader")
    # The first tells of the conversion, the last of the event; sometimes there is only one.
    told = [one for one in resources if one["resourceType"] == "Provenance"][-1]
    return {
        **_who([one for one in resources if one["resourceType"] == "Patient"]),
        "merged": tuple(_merged(resources)),
        "visit": tuple(_first_number(one) for one in visits),
        "ward": tuple(_ward(one, by_name) for one in visits),
        "class": tuple(one["class"]["code"] for one in visits),
        "status": tuple(one["status"] for one in visits),
        "admitted": tuple(_moment(moment(one.get("start"))) for one in periods),
        "discharged": tuple(_moment(moment(one.get("end"))) for one in periods),
        "occurred": (_moment(moment(told.get("occurredDateTime") or told.get("recorded"))),),
        "recorded": (_moment(moment(told.get("recorded"))),),
        "trigger": (header["eventCoding"]["code"],),
    }


def _who(patients: Iterable[Json]) -> Reading:
    patients = list(patients)
    return {
        "numbers": tuple(
            " ".join(sorted(one["value"] for one in patient.get("identifier", ())))
            for patient in patients
        ),
        "born": tuple(patient.get("birthDate", "") for patient in patients),
        "sex": tuple(patient.get("gender", "") for patient in patients),
        "names": tuple(
            ", ".join(sorted(_words(name) for name in patient.get("name", ())))
            for patient in patients
        ),
    }


def _words(name: Json) -> str:
    return name.get("text") or " ".join([name.get("family", ""), *name.get("given", ())]).strip()


def _merged(resources: Iterable[Json]) -> Iterable[str]:
    """What a Linkage says of two patients, each source followed by what it was before."""
    source = ""
    for linkage in (one for one in resources if one["resourceType"] == "Linkage"):
        for item in linkage["item"]:
            if item["resource"]["type"] == "Patient":
                number = item["resource"]["identifier"]["value"]
                if item["type"] == "source":
                    source = number
                else:
                    yield f"{number} into {source}"


def _first_number(visit: Json) -> str:
    numbers = [one["value"] for one in visit.get("identifier", ())]
    return numbers[0] if numbers else ""


def _ward(visit: Json, by_name: dict[str, Json]) -> str:
    """The name of the place that is active, else of the first: PV1-3 is written first."""
    places = visit.get("location", ())
    active = [place for place in places if place.get("status") == "active"]
    for place in (*active, *places):
        name: str = by_name.get(place["location"].get("reference", ""), {}).get("name", "")
        return name
    return ""


def _moment(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds") if at else ""
