"""`GET /fhir/metadata`: what this server does, as a CapabilityStatement."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter

from schemas.fhir import SUPPORTED

router = APIRouter(prefix="/fhir", tags=["publish"])

STARTED = datetime.now(UTC)


@router.get("/metadata")
async def metadata() -> dict[str, Any]:
    """Types that are checked against FHIR R4; any other type is taken too, by its shape."""
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
                "resource": [
                    {
                        "type": kind,
                        "interaction": [{"code": c} for c in ("create", "update", "delete")],
                    }
                    for kind in SUPPORTED
                    if kind != "Bundle"
                ],
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
