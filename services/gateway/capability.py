"""`GET /fhir/metadata`: what this server does, as a CapabilityStatement."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Response

from schemas.fhir import SUPPORTED
from services.fhir.parameters import AUDIT_EVENT, BINARY, PATIENT, READ, parameters_of
from services.fhir.question import is_private
from services.gateway.answers import Fhir

Resource = dict[str, Any]

router = APIRouter(prefix="/fhir", tags=["publish"])

STARTED = datetime.now(UTC)
WRITTEN: Final = ("create", "update", "delete")
_READ: Final = ("read", "vread", "history-instance", "search-type")
# What is made here: there are no numbered states of that.
_MADE: Final = frozenset({PATIENT, AUDIT_EVENT})
_MADE_READ: Final = ("read", "search-type")
_UNWRITTEN: Final = frozenset({BINARY, AUDIT_EVENT})
_LOOKS: Final = (
    "Who looked at a record, for the person and privacy officers. A date takes every prefix but ne."
)
_DEFINITIONS: Final = "http://hl7.org/fhir/OperationDefinition/"
_IDS: Final = (
    "Ids are this server's own; meta has the source's own id and version as extensions. "
    "A search is about one patient, but for types that are about nobody. Parameters that are not "
    "supported are refused, and left out with Prefer: handling=lenient."
)
_BY_POST: Final = "only by POST [type]/_search"


@router.get("/metadata", response_class=Fhir)
async def metadata() -> Response:
    """What is taken in and what is read, by type; any other type is taken too, by its shape."""
    return Fhir(capabilities())


def capabilities() -> Resource:
    """The CapabilityStatement of this server."""
    kinds = dict.fromkeys([*(kind for kind in SUPPORTED if kind != "Bundle"), *READ, AUDIT_EVENT])
    rest = {
        "mode": "server",
        "documentation": _IDS,
        "security": {"description": "OAuth 2.0 bearer tokens (JWT) of the identity provider"},
        "resource": [_resource(kind) for kind in kinds],
        "interaction": [{"code": "transaction"}, {"code": "batch"}],
        "operation": [_operation("process-message", "MessageHeader-process-message")],
    }
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": STARTED.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "Throughline"},
        "implementation": {"description": "Care events in, one timeline per person out"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [rest],
    }


def _operation(name: str, definition: str) -> Resource:
    return {"name": name, "definition": f"{_DEFINITIONS}{definition}"}


def _resource(kind: str) -> Resource:
    written = () if kind in _UNWRITTEN else WRITTEN
    read = _reads(kind)
    found: Resource = {
        "type": kind,
        "interaction": [{"code": code} for code in (*read, *written)],
    }
    if written:
        found["conditionalCreate"] = True
    if read:
        found |= _as_read(kind)
    if kind == PATIENT:
        found["operation"] = [_operation("everything", "Patient-everything")]
    return found


def _reads(kind: str) -> tuple[str, ...]:
    if kind in _MADE:
        return _MADE_READ
    return _READ if kind in READ else ()


def _as_read(kind: str) -> Resource:
    asked = {"searchParam": list(_parameters(kind))}
    if kind == AUDIT_EVENT:
        return {"documentation": _LOOKS, "versioning": "no-version", **asked}
    return {
        "versioning": "versioned",
        "readHistory": kind not in _MADE,
        "conditionalRead": "not-match",
        **asked,
    }


def _parameters(kind: str) -> Iterator[Resource]:
    for name, parameter in parameters_of(kind).items():
        found = {"name": name, "type": parameter.how.value}
        yield found | ({"documentation": _BY_POST} if is_private(kind, name) else {})
