"""Receipts as FHIR answers: an OperationOutcome, a message Bundle, a Bundle of responses."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson
from fastapi import Response

from schemas.errors import Problem, Reason
from schemas.fhir import is_valid, outcome
from schemas.inbound import content_id
from services.access.problems import FHIR_JSON
from services.gateway.receive import Outcome, Receipt

Resource = dict[str, Any]

STATUS_OF = {Outcome.ACCEPTED: 202, Outcome.DUPLICATE: 200}
REFUSED_STATUS = {
    Reason.TOO_LARGE: 413,
    Reason.UNKNOWN_CONTENT_TYPE: 415,
    Reason.INVALID: 422,
}
_FHIR_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")
UNKNOWN_EVENT = {"eventUri": "urn:throughline:unknown-event"}
RESPONSE_TYPES = {"transaction": "transaction-response", "batch": "batch-response"}


class Fhir(Response):
    """A FHIR answer."""

    media_type = FHIR_JSON

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def status_of(receipt: Receipt) -> int:
    """The HTTP status: 202 taken, 200 known already, 4xx refused."""
    if receipt.outcome is Outcome.REJECTED:
        return REFUSED_STATUS.get(Reason(receipt.reason or Reason.INVALID), 400)
    return STATUS_OF[receipt.outcome]


def operation_outcome(receipt: Receipt) -> Resource:
    """What is to be said of a message as a whole."""
    if receipt.outcome is Outcome.REJECTED:
        return _outcome(receipt.problems)
    if receipt.outcome is Outcome.DUPLICATE:
        return _said("information", "duplicate", "every fact of this message is known already")
    return _said("information", "informational", "taken in; nothing of it can be lost now")


def outcome_of(problem: Problem) -> Resource:
    """One problem as an OperationOutcome."""
    return _outcome([problem])


def _outcome(problems: Sequence[Problem]) -> Resource:
    """The problems as issues; one with the message as a whole has no path, not an empty one."""
    said = outcome(problems)
    for issue in said["issue"]:
        if issue.get("expression") == [""]:
            del issue["expression"]
    return said


def _said(severity: str, code: str, text: str) -> Resource:
    issue = {"severity": severity, "code": code, "diagnostics": text}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def message_response(request: Resource, receipt: Receipt) -> Resource:
    """The answer to `$process-message`: a message that names the request and how it went.

    Source: FHIR R4 messaging, MessageHeader.response.
    """
    header = _header_of(request)
    said = operation_outcome(receipt)
    code = "fatal-error" if receipt.outcome is Outcome.REJECTED else "ok"
    detail = f"urn:uuid:{uuid4()}"
    answer = {
        "resourceType": "MessageHeader",
        "id": str(uuid4()),
        **UNKNOWN_EVENT,
        "source": {"name": "Throughline", "endpoint": "urn:throughline"},
        "response": {
            "identifier": _identifier(header, receipt),
            "code": code,
            "details": {"reference": detail},
        },
    }
    answer = _with_event_of(header, answer)
    return {
        "resourceType": "Bundle",
        "id": str(uuid4()),
        "type": "message",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "entry": [
            {"fullUrl": f"urn:uuid:{answer['id']}", "resource": answer},
            {"fullUrl": detail, "resource": said},
        ],
    }


def _identifier(header: Resource, receipt: Receipt) -> str:
    """What the request called itself, else what it is called here; any name is a FHIR id."""
    for name in (header.get("id"), receipt.message_id):
        if isinstance(name, str) and _FHIR_ID.fullmatch(name):
            return name
    return content_id(receipt.message_id.encode())


def _with_event_of(header: Resource, answer: Resource) -> Resource:
    """The answer under the event that is answered, where the request names one that is valid."""
    for name in ("eventCoding", "eventUri"):
        if name in header:
            others = {key: value for key, value in answer.items() if key not in UNKNOWN_EVENT}
            echoed = {**others, name: header[name]}
            return echoed if is_valid(echoed) else answer
    return answer


def _header_of(request: Resource) -> Resource:
    entries = request.get("entry")
    first = entries[0] if isinstance(entries, list) and entries else None
    header = first.get("resource") if isinstance(first, dict) else None
    return header if isinstance(header, dict) else {}


def bundle_response(request: Resource, receipt: Receipt) -> Resource:
    """The answer to a transaction or batch: a status for each entry, all the same."""
    response = {"status": f"{status_of(receipt)}"}
    return {
        "resourceType": "Bundle",
        "type": RESPONSE_TYPES[request["type"]],
        "entry": [{"response": response} for _ in request.get("entry", ())],
    }
