"""The NHS Booking and Referral Standard: which messages are of it, and what it asks of an answer.

Source: NHS Booking and Referral Standard, core 1.1: transactional integrity, error handling.
"""

from collections.abc import Mapping
from typing import Any, Final

from schemas.errors import Problem
from services.correlation import IDS

Resource = dict[str, Any]

# The first is the current one; both are in published messages.
EVENT_SYSTEMS: Final = (
    "https://fhir.nhs.uk/CodeSystem/message-events-bars",
    "https://fhir.nhs.uk/CodeSystem/message-event-servicerequest",
)
ERROR_SYSTEM: Final = "https://fhir.nhs.uk/Codesystem/http-error-codes"
ERRORS: Final = {
    400: "REC_BAD_REQUEST",
    401: "REC_UNAUTHORIZED",
    403: "REC_FORBIDDEN",
    404: "REC_NOT_FOUND",
    409: "REC_CONFLICT",
    422: "REC_UNPROCESSABLE_ENTITY",
    500: "REC_SERVER_ERROR",
    503: "REC_SERVICE_UNAVAILABLE",
}
_REQUEST, _RESPONSE = "-request", "-response"


def is_bars(header: Resource) -> bool:
    """True for a MessageHeader whose event is one of the standard's."""
    event = header.get("eventCoding")
    return isinstance(event, dict) and event.get("system") in EVENT_SYSTEMS


def missing_ids(headers: Mapping[str, str]) -> list[Problem]:
    """A problem for each id that a message of the standard must come with and has not."""
    return [
        Problem(f"http.{name}", "required", f"a message of BaRS needs the header {name}")
        for name in IDS
        if not headers.get(name, "").strip()
    ]


def answered(event: Resource) -> Resource:
    """The event of the answer to a message: `booking-response` to `booking-request`."""
    code = event.get("code")
    if not isinstance(code, str) or not code.endswith(_REQUEST):
        return event
    named = {name: value for name, value in event.items() if name != "display"}
    return {**named, "code": code.removesuffix(_REQUEST) + _RESPONSE}


def with_codes(outcome: Resource, status: int) -> Resource:
    """An OperationOutcome with the standard's own code for an HTTP status in each issue.

    What was refused, a repeat too, is an error there; what was taken is told as it is.
    """
    if status < min(ERRORS):
        return outcome
    code = ERRORS.get(status, ERRORS[400] if status < max(ERRORS) else ERRORS[500])
    details = {"coding": [{"system": ERROR_SYSTEM, "code": code}]}
    issues = [{**issue, "severity": "error", "details": details} for issue in outcome["issue"]]
    return {**outcome, "issue": issues}
