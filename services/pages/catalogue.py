"""The catalogue of measures as a page."""

from fastapi import APIRouter, Request, Response

from schemas.measure import Measure
from schemas.measures import MEASURES
from services.access.door import Database
from services.access.measures import ensure_may_view
from services.pages import words
from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import PageViewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/measures")
async def measures(request: Request, viewer: PageViewer, database: Database) -> Response:
    """Every measure with its definition, source, version and dimensions."""
    await ensure_may_view(database, viewer)
    listed = sorted(MEASURES.values(), key=lambda measure: measure.title)
    return page(request, "measures.jinja", {"measures": [_said(measure) for measure in listed]})


def _said(measure: Measure) -> dict[str, str]:
    return {
        "id": measure.id,
        "title": measure.title,
        "definition": words.plain(measure.definition),
        "unit": measure.unit,
        "source": measure.source,
        "version": measure.version,
        "cut_by": words.listed([dimension.value for dimension in measure.dimensions]),
        "api": f"/api/measures/{measure.id}",
    }
