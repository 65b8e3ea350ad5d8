"""Finding a person: what is asked stands in no address, and each look is noted."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from services.access.door import Database, ensure_noted
from services.access.rules import may_search_people
from services.pages import find_words
from services.pages.errors import PageRoute
from services.pages.find_words import NOTHING_ASKED
from services.pages.forms import Wrong
from services.pages.render import page
from services.pages.session import Form, PageViewer
from services.record import reading

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PATH = "/find"


@router.get(PATH)
async def find(request: Request, viewer: PageViewer, database: Database) -> Response:
    """The form, empty."""
    await ensure_noted(database, viewer, "search", may_search_people(viewer))
    return _shown(request, {"asked": NOTHING_ASKED})


@router.post(PATH)
async def found(request: Request, viewer: PageViewer, database: Database, form: Form) -> Response:
    """Whom the form fits, under the form as it was filled in."""
    asked = find_words.asked(form)
    search = find_words.search(asked)
    if isinstance(search, Wrong):
        await ensure_noted(database, viewer, "search", may_search_people(viewer))
        return _shown(request, {"asked": asked, "wrong": search}, HTTPStatus.BAD_REQUEST)
    people = await reading.people_for(database, viewer, search)
    return _shown(request, {"asked": asked, "found": find_words.found(people)})


def _shown(request: Request, said: dict[str, object], status: int = HTTPStatus.OK) -> Response:
    return page(request, "find.jinja", said, status)
