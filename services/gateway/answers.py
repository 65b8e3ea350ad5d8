"""Receipts as FHIR answers: an OperationOutcome, a message Bundle, a Bundle of responses."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from schemas.errors import Problem, Reason
from schemas.fhir import outcome
from services.gateway.receive import Outcome, Receipt

Resource = dict[str, Any]

STATUS_OF = {Outcome.ACCEPTED: 202, Outcome.DUPLICATE: 200}
REFUSED_STATUS = {
    Reason.TOO_LARGE: 413,
    Reason.HL7V2_NOT_READ: 415,
    Reason.UNKNOWN_CONTENT_TYPE: 415,
    Reason.INVALID: 422,
}
RESPONSE_TYPES = {"transaction": "transaction-response", "batch": "batch-response"}


def status_of(receipt: Receipt) -> int:
    """The HTTP status: 202 taken, 200 known already, 4xx refused."""
    if receipt.outcome is Outcome.REJECTED:
        return REFUSED_STATUS.get(Reason(receipt.reason or Reason.INVALID), 400)
    return STATUS_OF[receipt.outcome]


def operation_outcome(receipt: Receipt) -> Resource:
    """What is to be said of a message as a whole."""
    if receipt.outcome is Outcome.REJECTED:
        return outcome(list(receipt.problems))
    if receipt.outcome is Outcome.DUPLICATE:
        return _said("information", "duplicate", "every fact of this message is known already")
    return _said("information", "informational", "taken in; nothing of it can be lost now")


def outcome_of(problem: Problem) -> Resource:
    """One problem as an OperationOutcome."""
    return outcome([problem])


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
        **_event_of(header),
        "source": {"name": "Throughline", "endpoint": "urn:throughline"},
        "response": {
            "identifier": header.get("id") or receipt.message_id,
            "code": code,
            "details": {"reference": detail},
        },
    }
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


def _event_of(header: Resource) -> Resource:
    """The event that is answered; a message without one gets a code that says so."""
    for name in ("eventCoding", "eventUri"):
        if header.get(name):
            return {name: header[name]}
    return {"eventUri": "urn:throughline:unknown-event"}


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
