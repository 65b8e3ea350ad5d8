"""The answer to `$process-message`: a message that names the request and says how it went.

Source: FHIR R4 messaging, MessageHeader.response; definitions, section 2.
"""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from schemas.fhir import is_valid
from schemas.inbound import content_id
from services.gateway.bars import answered, is_bars, with_codes

Resource = dict[str, Any]

_FHIR_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
UNKNOWN_EVENT = {"eventUri": "urn:throughline:unknown-event"}
OURSELVES = {"name": "Throughline", "endpoint": "urn:throughline"}


class Went(StrEnum):
    """How it went: MessageHeader.response.code."""

    OK = "ok"
    TRANSIENT = "transient-error"
    FATAL = "fatal-error"


def header_of(request: Resource) -> Resource:
    """The MessageHeader of a message; an empty one where it has none."""
    entries = request.get("entry")
    first = entries[0] if isinstance(entries, list) and entries else None
    header = first.get("resource") if isinstance(first, dict) else None
    return header if isinstance(header, dict) else {}


def message_response(
    request: Resource, said: Resource, went: Went, *, status: int, name: str
) -> Resource:
    """The answer as a message Bundle. `said`: an OperationOutcome; `name`: the request's, if none.

    A message of BaRS is answered with that standard's event and error codes.
    """
    header = header_of(request)
    details = f"urn:uuid:{uuid4()}"
    answer = {
        "resourceType": "MessageHeader",
        "id": str(uuid4()),
        **UNKNOWN_EVENT,
        "source": OURSELVES,
        "response": {
            "identifier": _identifier(request, header, name),
            "code": went,
            "details": {"reference": details},
        },
    }
    answer = _addressed(header, answer)
    outcome = with_codes(said, status) if is_bars(header) else said
    return {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "type": "message",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "entry": [
            {"fullUrl": f"urn:uuid:{answer['id']}", "resource": answer},
            {"fullUrl": details, "resource": outcome},
        ],
    }


def _identifier(request: Resource, header: Resource, name: str) -> str:
    """What the request called itself, else its Bundle, else what it is called here: a FHIR id."""
    for said in (header.get("id"), request.get("id"), name):
        if isinstance(said, str) and _FHIR_ID.fullmatch(said):
            return said
    return content_id(name.encode())


def _addressed(header: Resource, answer: Resource) -> Resource:
    """The answer under the event that is answered, sent to its source, as far as that is valid."""
    for name in ("eventCoding", "eventUri"):
        if name in header:
            event = answered(header[name]) if is_bars(header) else header[name]
            others = {key: value for key, value in answer.items() if key not in UNKNOWN_EVENT}
            answer = _if_valid({**others, name: event}, answer)
            break
    source = header.get("source")
    endpoint = source.get("endpoint") if isinstance(source, dict) else None
    return _if_valid({**answer, "destination": [{"endpoint": endpoint}]}, answer)


def _if_valid(answer: Resource, otherwise: Resource) -> Resource:
    return answer if is_valid(answer) else otherwise
