"""Receipts as FHIR answers: an OperationOutcome, a Bundle of responses."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import Response

from schemas.errors import Problem, Reason
from schemas.fhir import outcome
from services.access.problems import FHIR_JSON
from services.gateway.receive import Outcome, Receipt
from streams.intake.requests import Deed, asked_of

Resource = dict[str, Any]

STATUS_OF = {Outcome.ACCEPTED: 202, Outcome.DUPLICATE: 200}
REFUSED_STATUS = {
    Reason.TOO_LARGE: 413,
    Reason.UNKNOWN_CONTENT_TYPE: 415,
    Reason.INVALID: 422,
}
NOT_READ = "405"
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


def outcome_of(*problems: Problem) -> Resource:
    """Problems as an OperationOutcome."""
    return _outcome(problems)


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


def bundle_response(request: Resource, receipt: Receipt) -> Resource:
    """The answer to a transaction or batch: a status for each entry, all the same.

    But for what asks to read: nothing is read by the way that events come in.
    """
    taken = f"{status_of(receipt)}"
    return {
        "resourceType": "Bundle",
        "type": RESPONSE_TYPES[request["type"]],
        "entry": [
            {"response": {"status": NOT_READ if _asks_to_read(entry) else taken}}
            for entry in request.get("entry", ())
        ],
    }


def _asks_to_read(entry: Resource) -> bool:
    return asked_of(entry, "", is_history=False).deed is Deed.READ
