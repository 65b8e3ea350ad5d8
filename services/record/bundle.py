"""Facts as a FHIR searchset Bundle, each resource verbatim as its source published it. Pure."""

from base64 import b64encode
from collections.abc import AsyncIterator, Iterable, Sequence
from uuid import UUID

import msgspec

from schemas.events import CareEvent
from schemas.topics import HL7V2_TEXT

# FHIR R4, security labels: a client that reads this knows that it has not got all.
REDACTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "REDACTED",
}

_encode = msgspec.json.Encoder().encode


async def searchset_in_parts(
    parts: AsyncIterator[Sequence[CareEvent]], total: int, own: str, *, is_restricted: bool
) -> AsyncIterator[bytes]:
    """The Bundle as JSON, piece by piece as the facts come; `total`: how many there will be.

    `is_restricted`: the Bundle says that there are others, which are not shown.
    """
    head = _head(total, [{"relation": "self", "url": own}], is_restricted=is_restricted)
    if not total:
        yield _encode(head)
        return
    is_first = True
    async for facts in parts:
        yield b"".join(_begun(head, facts) if is_first else _entries(facts, b","))
        is_first = False
    yield b"]}"


def _head(total: int, links: Sequence[dict[str, str]], *, is_restricted: bool) -> dict[str, object]:
    head = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links}
    return head | ({"meta": {"security": [REDACTED]}} if is_restricted else {})


def _begun(head: dict[str, object], facts: Sequence[CareEvent]) -> Iterable[bytes]:
    """The Bundle up to where its entries may go on: an empty list is no FHIR."""
    return (_encode(head)[:-1], b',"entry":[', *_entries(facts, b""))


def _entries(facts: Iterable[CareEvent], before: bytes) -> Iterable[bytes]:
    for fact in facts:
        yield before
        yield _encode(_entry(fact))
        before = b","


def _entry(fact: CareEvent) -> dict[str, object]:
    """Two sources may give two things one id, so an entry's fullUrl is the fact's own id."""
    return {
        "fullUrl": f"urn:uuid:{UUID(fact.id)}",
        "resource": _resource(fact),
        "search": {"mode": "match" if fact.kind == "Patient" else "include"},
    }


def _resource(fact: CareEvent) -> object:
    """The resource, verbatim; an HL7 v2 message as the bytes that it is.

    That is a Binary: verbatim too, and no FHIR that its source did not write.
    """
    if not fact.is_hl7v2:
        return fact.resource
    return {
        "resourceType": "Binary",
        "id": fact.id,
        "contentType": HL7V2_TEXT,
        "data": b64encode(fact.text().encode()).decode(),
    }
