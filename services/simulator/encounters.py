"""A visit's state as a UK Core Encounter, alone or in a message Bundle with its Patient."""

from collections.abc import Iterator
from datetime import datetime

from services.simulator.fhir import (
    ACT_CODES,
    PLANNED_END_EXTENSION,
    SERVICE_SYSTEM,
    SITE_SYSTEM,
    UK_CORE,
    Resource,
    coded,
    fhir_time,
    local_system,
    organisation_reference,
    patient_reference,
    period,
    referral_reference,
    ward_reference,
)
from services.simulator.organisations import UNKNOWN_WARD
from services.simulator.services import Offer
from services.simulator.visits import Segment, Visit

_CLASS_DISPLAYS = {
    "IMP": "inpatient encounter",
    "ACUTE": "inpatient acute",
    "NONAC": "inpatient non-acute",
    "SS": "short stay",
    "EMER": "emergency",
    "AMB": "ambulatory",
    "HH": "home health",
    "VR": "virtual",
}
_DISPOSITIONS = {
    "home": "Home",
    "other-hcf": "Other healthcare facility",
    "long": "Long-term care",
    "exp": "Expired",
}
_DISPOSITION_SYSTEM = "http://terminology.hl7.org/CodeSystem/discharge-disposition"
_PHYSICAL_TYPES = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_NOTIFICATIONS = "http://hl7.org/fhir/us/davinci-alerts/CodeSystem/notification-event"
_WARD = {"coding": [{"system": _PHYSICAL_TYPES, "code": "wa"}]}
_SITE = {"coding": [{"system": _PHYSICAL_TYPES, "code": "si"}]}


def encounter(visit: Visit, version: int) -> Resource:
    """The full state of a visit as an Encounter."""
    source, code = visit.source, visit.class_code
    built: Resource = {
        "resourceType": "Encounter",
        "id": visit.visit,
        "meta": {
            "versionId": str(version),
            "lastUpdated": fhir_time(visit.recorded),
            "profile": [f"{UK_CORE}/UKCore-Encounter"],
        },
        "identifier": [{"system": local_system(source.source, "visit"), "value": visit.visit}],
        "status": visit.status,
        "class": {"system": ACT_CODES, "code": code, "display": _CLASS_DISPLAYS[code]},
        "subject": patient_reference(visit.patient_id, visit.person.nhs_number),
        "serviceProvider": organisation_reference(source),
    }
    built.update(_when_and_where(visit))
    built.update(_why(visit))
    return built


def _when_and_where(visit: Visit) -> Iterator[tuple[str, object]]:
    if visit.start is not None:
        yield "period", period(visit.start, visit.end if visit.tells_end else None)
    if visit.segments:
        yield "location", [_site(visit.segments[0]), *map(_place, _named(visit))]
    if visit.offer is not None:
        yield "location", [_service_place(visit.offer)]
    if visit.leaves and visit.start is not None:
        yield "statusHistory", list(_status_history(visit, visit.start))


def _why(visit: Visit) -> Iterator[tuple[str, object]]:
    if visit.expected is not None and visit.end is None:
        said = {"url": PLANNED_END_EXTENSION, "valueDateTime": fhir_time(visit.expected)}
        yield "extension", [said]
    if visit.offer is not None:
        yield "serviceType", coded(SERVICE_SYSTEM, visit.offer.code, visit.offer.name)
    if visit.reason:
        yield "reasonCode", [{"text": visit.reason}]
    if visit.referral is not None:
        yield "basedOn", [referral_reference(visit.referral[1])]
    if visit.part_of is not None:
        yield "partOf", {"reference": f"Encounter/{visit.part_of}"}
    if visit.disposition is not None:
        display = _DISPOSITIONS[visit.disposition]
        concept = coded(_DISPOSITION_SYSTEM, visit.disposition, display)
        yield "hospitalization", {"dischargeDisposition": concept}


def _place(segment: Segment) -> Resource:
    return {
        "location": ward_reference(segment.ward),
        "status": "active" if segment.end is None else "completed",
        "physicalType": _WARD,
        "period": period(segment.start, segment.end),
    }


def _named(visit: Visit) -> Iterator[Segment]:
    """The segments in wards that the source names."""
    return (segment for segment in visit.segments if segment.ward.code != UNKNOWN_WARD)


def _service_place(offer: Offer) -> Resource:
    """Where a service sees people, which a contact knows by the service's own code."""
    return {
        "location": {
            "reference": f"Location/{offer.code}",
            "display": offer.name,
            "identifier": {"system": SERVICE_SYSTEM, "value": offer.code},
        }
    }


def _site(segment: Segment) -> Resource:
    site = segment.ward.site
    identifier = {"system": SITE_SYSTEM, "value": site}
    return {
        "location": {"reference": f"Location/{site}", "identifier": identifier},
        "physicalType": _SITE,
    }


def _status_history(visit: Visit, start: datetime) -> Iterator[Resource]:
    """In the bed, away, in the bed: the only place where an Encounter tells of leave."""
    for leave in visit.leaves:
        yield {"status": "in-progress", "period": period(start, leave.start)}
        yield {"status": "onleave", "period": period(leave.start, leave.end)}
        if leave.end is not None:
            start = leave.end


def notification(visit: Visit, built: Resource, patient: Resource, message_id: str) -> Resource:
    """A message Bundle: MessageHeader first, then the Encounter it is about and its Patient."""
    base = local_system(visit.source.source, "fhir")
    header: Resource = {
        "resourceType": "MessageHeader",
        "id": message_id,
        "eventCoding": {"system": _NOTIFICATIONS, "code": _event(visit)},
        "source": {"name": visit.source.name, "endpoint": base},
        "sender": organisation_reference(visit.source),
        "focus": [{"reference": f"Encounter/{visit.visit}"}],
    }
    return {
        "resourceType": "Bundle",
        "id": message_id,
        "type": "message",
        "timestamp": fhir_time(visit.recorded),
        "entry": [
            {"fullUrl": f"{base}/{part['resourceType']}/{part['id']}", "resource": part}
            for part in (header, built, patient)
        ],
    }


def _event(visit: Visit) -> str:
    if visit.status == "finished":
        return "notification-discharge"
    return "notification-transfer" if len(visit.segments) > 1 else "notification-admit"
