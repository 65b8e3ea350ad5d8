"""`GET /fhir/metadata`: what this server does, as a CapabilityStatement."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Response

from schemas.fhir import SUPPORTED
from services.gateway.answers import Fhir

router = APIRouter(prefix="/fhir", tags=["publish"])

STARTED = datetime.now(UTC)


@router.get("/metadata", response_class=Fhir)
async def metadata() -> Response:
    """Types that are checked against FHIR R4; any other type is taken too, by its shape."""
    return Fhir(_capabilities())


def _capabilities() -> dict[str, Any]:
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": STARTED.isoformat(timespec="seconds"),
        "kind": "instance",
        "software": {"name": "Throughline"},
        "implementation": {"description": "Care events in, one timeline per person out"},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [
            {
                "mode": "server",
                "resource": [_resource(kind) for kind in SUPPORTED if kind != "Bundle"],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "operation": [
                    {
                        "name": "process-message",
                        "definition": "http://hl7.org/fhir/OperationDefinition/MessageHeader-process-message",
                    }
                ],
            }
        ],
    }


def _resource(kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": code} for code in ("create", "update", "delete")],
        "conditionalCreate": True,
    }
    if kind == "Patient":
        found["operation"] = [
            {
                "name": "everything",
                "definition": "http://hl7.org/fhir/OperationDefinition/Patient-everything",
            }
        ]
    return found
