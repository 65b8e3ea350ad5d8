"""A fact as the resource that is read: what its source published, named and versioned. Pure."""

from base64 import b64encode
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec

from schemas.events import CareEvent
from schemas.topics import HL7V2_TEXT
from services.fhir.ids import SOURCE_ID, SOURCE_VERSION, id_of, source_uri
from services.fhir.parameters import BINARY, PATIENT

Resource = dict[str, Any]

# 1.50 is not 1.5: a FHIR decimal keeps its digits.
_decode = msgspec.json.Decoder(dict[str, Any], float_hook=Decimal).decode
encode = msgspec.json.Encoder(decimal_format="number").encode


def resource_in(event: CareEvent) -> Resource:
    """The resource of a FHIR fact as its source published it."""
    return _decode(event.resource)


def instant(at: datetime) -> str:
    """A moment as a FHIR instant."""
    return at.isoformat()


def version_of(event_id: UUID) -> str:
    """The version that a fact is: a source may give two states one number, or none a number."""
    return str(event_id)


def served(event: CareEvent, published: Resource, person: UUID | None) -> Resource:
    """What is read of a FHIR fact, its references already those of this server.

    The id and the version are ours; those of the source stand in `meta`, beside what it says
    there. A source's own Patient leads to the one Patient of the person.
    """
    resource = {
        "resourceType": event.kind,
        "id": str(id_of(event.thread)),
        "meta": _meta(event, published),
        **{name: said for name, said in published.items() if name not in _OURS},
    }
    if event.kind == PATIENT and person:
        main = {"other": {"reference": f"{PATIENT}/{person}"}, "type": "refer"}
        resource["link"] = [*resource.get("link", ()), main]
    return resource


_OURS: Final = frozenset({"resourceType", "id", "meta"})


def _meta(event: CareEvent, published: Resource) -> Resource:
    meta = published.get("meta") or {}
    called = {"system": source_uri(event.source), "value": event.thread[len(event.source) + 1 :]}
    more = [{"url": SOURCE_ID, "valueIdentifier": called}]
    if "versionId" in meta:
        more.append({"url": SOURCE_VERSION, "valueString": meta["versionId"]})
    return {
        "source": source_uri(event.source),
        "lastUpdated": instant(event.recorded),
        **meta,
        "versionId": version_of(UUID(event.id)),
        "extension": [*meta.get("extension", ()), *more],
    }


def binary_of(event: CareEvent, person: UUID | None) -> Resource:
    """An HL7 v2 message, verbatim, and no FHIR that its source did not write."""
    context = {"securityContext": {"reference": f"{PATIENT}/{person}"}} if person else {}
    return {
        "resourceType": BINARY,
        "id": str(UUID(event.id)),
        "meta": {
            "versionId": version_of(UUID(event.id)),
            "lastUpdated": instant(event.recorded),
            "source": source_uri(event.source),
        },
        "contentType": HL7V2_TEXT,
        **context,
        "data": b64encode(event.text().encode()).decode(),
    }
