"""Small valid FHIR resources and messages with defaults; a test names only what it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from hypothesis import strategies as st

from schemas.events import CareEvent
from schemas.identity import NHS_NUMBER_SYSTEM, VERIFICATION_EXTENSION
from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType
from streams.intake.read import Limits, read

Json = dict[str, Any]

RECEIVED = datetime(2026, 3, 1, 12, tzinfo=UTC)
LIMITS = Limits(max_bytes=100_000, max_depth=64)
WARD_SYSTEM = "https://example.nhs.uk/ward"
CHECK_MODULUS, CHECK_OF_ELEVEN = 11, 0


def nhs_number(serial: int) -> str | None:
    """The number of the 999 test range with this serial; None where it has none that is valid.

    Source: NHS Data Dictionary, nhs_number: weights 10 to 2, modulus 11.
    """
    digits = f"999{serial:06d}"
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(10, 1, -1), strict=True))
    check = CHECK_MODULUS - total % CHECK_MODULUS
    if check == CHECK_MODULUS - 1:
        return None
    number = digits + str(CHECK_OF_ELEVEN if check == CHECK_MODULUS else check)
    return number if len(set(number)) > 1 else None


def nhs_numbers() -> st.SearchStrategy[str]:
    """Any number of the test range."""
    made = st.integers(0, 999_999).map(nhs_number)
    return made.filter(lambda number: number is not None).map(str)


def wrong_check_digit(number: str) -> str:
    """The same number, but for its last digit."""
    return number[:-1] + str((int(number[-1]) + 1) % 10)


NHS_NUMBER = nhs_number(2) or ""
OTHER_NHS_NUMBER = nhs_number(17) or ""


def nhs_identifier(value: str = NHS_NUMBER, *, status: str | None = None) -> Json:
    """An NHS number with its UK Core verification status, if it has one."""
    identifier: Json = {"system": NHS_NUMBER_SYSTEM, "value": value}
    if status:
        system = "https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatusEngland"
        concept = {"coding": [{"system": system, "code": status}]}
        extension = {"url": VERIFICATION_EXTENSION, "valueCodeableConcept": concept}
        identifier["extension"] = [extension]
    return identifier


def patient(**elements: Any) -> Json:
    return {"resourceType": "Patient", "id": "p1", "birthDate": "1948-02-29", **elements}


def verified(number: str = NHS_NUMBER, **elements: Any) -> Json:
    """A Patient whose NHS number is present and verified."""
    return patient(identifier=[nhs_identifier(number, status="01")], **elements)


def encounter(**elements: Any) -> Json:
    return {
        "resourceType": "Encounter",
        "id": "e1",
        "meta": {"versionId": "1", "lastUpdated": "2026-02-01T09:00:00Z"},
        "status": "in-progress",
        "class": {"code": "IMP"},
        "subject": {"reference": "Patient/p1"},
        "period": {"start": "2026-02-01T09:00:00Z"},
        **elements,
    }


def at_ward(code: str, start: str | None = None, end: str | None = None, **elements: Any) -> Json:
    """An Encounter.location."""
    location: Json = {
        "location": {"identifier": {"system": WARD_SYSTEM, "value": code}},
        **elements,
    }
    period = {name: at for name, at in (("start", start), ("end", end)) if at}
    return {**location, "period": period} if period else location


def of_kind(code: str) -> Json:
    """A Location's physicalType: `wa` ward, `si` site, `bd` bed."""
    return {"coding": [{"code": code}]}


def observation(**elements: Any) -> Json:
    return {
        "resourceType": "Observation",
        "id": "o1",
        "status": "final",
        "code": {"text": "Weight"},
        "subject": {"reference": "Patient/p1"},
        **elements,
    }


def message_header(**elements: Any) -> Json:
    return {
        "resourceType": "MessageHeader",
        "id": "m1",
        "eventCoding": {"system": "https://example.nhs.uk/event", "code": "admit"},
        "source": {"endpoint": "https://example.nhs.uk/fhir"},
        **elements,
    }


def bundle(kind: str, *resources: Json, **elements: Any) -> Json:
    """A Bundle of these resources, each with the request that its type asks for."""
    entries = [{"resource": resource} for resource in resources]
    if kind in {"transaction", "batch"}:
        for entry, resource in zip(entries, resources, strict=True):
            entry["request"] = {"method": "POST", "url": resource["resourceType"]}
    found: Json = {"resourceType": "Bundle", "type": kind, **elements}
    return {**found, "entry": entries} if entries else found


def history(*entries: Json, **elements: Any) -> Json:
    """A history Bundle; an entry without a response is given one."""
    answered = [{"response": {"status": "200"}, **entry} for entry in entries]
    return {"resourceType": "Bundle", "type": "history", "entry": answered, **elements}


def put(resource: Json) -> Json:
    url = f"{resource['resourceType']}/{resource['id']}"
    return {"resource": resource, "request": {"method": "PUT", "url": url}}


def delete(url: str) -> Json:
    return {"request": {"method": "DELETE", "url": url}}


def received(body: object, **beside: Any) -> Inbound:
    """A message as it came in: the bytes given, or the JSON of anything else."""
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    as_received: Json = {
        "source": "RX1",
        "sector": "acute",
        "content_type": ContentType.FHIR,
        "message_id": content_id(raw),
        "received": RECEIVED,
        **beside,
    }
    return Inbound(raw, **as_received)


def events_of(body: object, **beside: Any) -> list[CareEvent]:
    """What intake reads in a message."""
    return read(received(body, **beside), LIMITS)


def event_of(body: object, **beside: Any) -> CareEvent:
    """The one event of a message."""
    (event,) = events_of(body, **beside)
    return event


def moments(*, hours: int = 24 * 60, since: datetime) -> st.SearchStrategy[datetime]:
    """Any quarter of an hour from `since` on."""
    return st.integers(0, hours * 4).map(lambda quarters: since + timedelta(minutes=15 * quarters))


def in_batches(count: int) -> st.SearchStrategy[Sequence[int]]:
    """For each of `count` messages the number of the batch that it comes in."""
    return st.lists(st.integers(0, 4), min_size=count, max_size=count)
