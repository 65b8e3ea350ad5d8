"""A stay that HL7 v2 messages alone tell of, as an Encounter. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from services.fhir.ids import content_version, id_of, source_uri
from services.fhir.resource import instant
from services.record.models import StayOut

Resource = dict[str, Any]

ENCOUNTER: Final = "Encounter"
_ACT: Final = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
_UNKNOWN: Final = {"system": "http://terminology.hl7.org/CodeSystem/v3-NullFlavor", "code": "UNK"}
_IDENTIFIER_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
_PLACE_TYPE: Final = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_ODS: Final = "https://fhir.nhs.uk/Id/ods-organization-code"
_MADE: Final = {"system": "urn:throughline:made-of", "code": "hl7v2"}
_STATUSES: Final = {"open": "in-progress"}
_CODE_UNKNOWN: Final = "unknown"


def thread_of_stay(source: str, visit: str) -> str:
    """The thread that an Encounter of the visit would have: the stay is that thing."""
    return f"{source}|{ENCOUNTER}/{visit}"


def encounter_of(stay: StayOut, person: UUID | None, known_at: datetime) -> Resource:
    """The Encounter that says what the stay does; its version is its content.

    What the projection of stays does not keep is not in it: who attended, and why.
    """
    elements = {
        "identifier": [_number(stay)],
        "status": _status(stay),
        **_leaves(stay),
        "class": _class(stay.visit_class),
        **({"subject": {"reference": f"Patient/{person}"}} if person else {}),
        **_period("period", stay.admitted_at, stay.discharged_at),
        **({"location": places} if (places := list(_places(stay))) else {}),
        **_provider(stay.provider),
    }
    meta = {
        "versionId": content_version(elements),
        "lastUpdated": instant(known_at),
        "source": source_uri(stay.source),
        "tag": [_MADE],
    }
    own = str(id_of(thread_of_stay(stay.source, stay.visit)))
    return {"resourceType": ENCOUNTER, "id": own, "meta": meta, **elements}


def _number(stay: StayOut) -> Resource:
    coding = {"system": _IDENTIFIER_TYPE, "code": "VN"}
    return {
        "type": {"coding": [coding]},
        "system": source_uri(stay.source),
        "value": stay.visit,
    }


def _status(stay: StayOut) -> str:
    is_away = stay.status == "open" and any(leave.end is None for leave in stay.leaves)
    return "onleave" if is_away else _STATUSES.get(stay.status, stay.status)


def _leaves(stay: StayOut) -> Resource:
    told = [
        {"status": "onleave", **_period("period", leave.start, leave.end)} for leave in stay.leaves
    ]
    return {"statusHistory": told} if told else {}


def _class(code: str) -> Resource:
    return _UNKNOWN if code == _CODE_UNKNOWN else {"system": _ACT, "code": code}


def _places(stay: StayOut) -> Iterator[Resource]:
    kind = {"coding": [{"system": _PLACE_TYPE, "code": "wa"}]}
    for segment in stay.segments:
        yield {
            "location": {"identifier": {"value": segment.ward}, "display": segment.ward},
            "status": "active" if segment.end is None else "completed",
            "physicalType": kind,
            **_period("period", segment.start, segment.end),
        }


def _provider(code: str) -> Resource:
    if code == _CODE_UNKNOWN:
        return {}
    return {"serviceProvider": {"identifier": {"system": _ODS, "value": code}}}


def _period(name: str, start: datetime | None, end: datetime | None) -> Resource:
    said = {part: instant(at) for part, at in (("start", start), ("end", end)) if at is not None}
    return {name: said} if said else {}
