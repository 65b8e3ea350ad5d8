"""Facts as a FHIR searchset Bundle, each resource verbatim as its source published it. Pure."""

from base64 import b64encode
from collections.abc import Sequence
from urllib.parse import urlencode
from uuid import UUID

import msgspec

from schemas.events import CareEvent
from schemas.topics import ContentType

# FHIR R4, security labels: a client that reads this knows that it has not got all.
REDACTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "REDACTED",
}
HL7V2_TEXT = f"{ContentType.HL7V2}; charset=utf-8"


def everything_path(person: UUID, count: int, after: str | None) -> str:
    """The address of a page of a person's record, from the service's root."""
    values = {"_count": str(count)} | ({"after": after} if after else {})
    return f"/fhir/Patient/{person}/$everything?{urlencode(values)}"


def _resource(fact: CareEvent) -> object:
    """The resource, verbatim; an HL7 v2 message as the bytes that it is."""
    if not fact.is_hl7v2:
        return fact.resource
    return {
        "resourceType": "Binary",
        "id": fact.id,
        "contentType": HL7V2_TEXT,
        "data": b64encode(fact.text().encode()).decode(),
    }


def searchset(
    facts: Sequence[CareEvent],
    total: int,
    own: str,
    following: str | None,
    *,
    is_restricted: bool = False,
) -> bytes:
    """The Bundle as JSON: `total` over all pages, links to itself and to the next page.

    Two sources may give two things one id, so an entry's fullUrl is the fact's own id.
    An HL7 v2 message is a Binary: verbatim too, and no FHIR that its source did not write.
    `is_restricted`: the Bundle says that there are others, which are not shown.
    """
    links = [{"relation": "self", "url": own}]
    links += [{"relation": "next", "url": following}] if following else []
    entries = [
        {
            "fullUrl": f"urn:uuid:{UUID(fact.id)}",
            "resource": _resource(fact),
            "search": {"mode": "match" if fact.kind == "Patient" else "include"},
        }
        for fact in facts
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": total, "link": links}
    if is_restricted:
        bundle |= {"meta": {"security": [REDACTED]}}
    return msgspec.json.encode(bundle | ({"entry": entries} if entries else {}))
