"""A record as a file to take away: all of it that one may see, as a FHIR Bundle."""

from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from services.access.door import Database, own_address
from services.access.problems import FHIR_JSON
from services.pages.errors import PageRoute
from services.pages.session import PageViewer
from services.record.bundle import searchset_in_parts
from services.record.everything import parts_for, whole_for
from services.record.unknown import known

router = APIRouter(route_class=PageRoute, include_in_schema=False)

# Its name says nothing of whose it is: it stays in a folder, in a list, in a log.
_HEADERS = {
    "Content-Disposition": 'attachment; filename="record.json"',
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/people/{person_id}/record.json")
async def record(
    request: Request, viewer: PageViewer, database: Database, person_id: UUID
) -> Response:
    """Every fact that holds and may be shown, however many, sent as they are read."""
    whole = known(await whole_for(database, viewer, person_id))
    parts = parts_for(database, viewer, person_id, whole)
    bundle = searchset_in_parts(
        parts,
        len(whole.facts),
        own_address(request) + request.url.path,
        is_restricted=whole.is_restricted,
    )
    return StreamingResponse(bundle, media_type=FHIR_JSON, headers=_HEADERS)
