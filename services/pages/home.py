"""The first page: where to go."""

from fastapi import APIRouter, Request, Response

from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import PageViewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/")
async def home(request: Request, viewer: PageViewer) -> Response:
    """The places that this viewer may go to."""
    return page(request, "home.jinja", {})
