"""By what a person is known, and who says that all of it is one person."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.access.door import Database
from services.access.relationships import ANY_CARE
from services.access.rules import may_view_record
from services.pages import identity_words
from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import PageViewer
from services.record import identity
from services.record.unknown import known

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/people/{person_id}/identities")
async def identities(
    request: Request, viewer: PageViewer, database: Database, person_id: UUID
) -> Response:
    """Every identity with whom it says that the person is, and what is said of each two."""
    found = known(await identity.identities_for(database, viewer, person_id))
    sees_record = may_view_record(viewer, ANY_CARE).allowed
    told = identity_words.identities(found, request.app.state.names, sees_originals=sees_record)
    back = f"/people/{found.person_id}" if sees_record else ""
    return page(request, "identities.jinja", {"person": told, "back": back})
