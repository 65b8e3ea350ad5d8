"""What staff decided of who is one person: the last of it, one of it, and taking it back."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.access.door import Database
from services.access.problems import Refused
from services.pages import decision_words, identity_words
from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import Form, PageViewer
from services.record import identity, identity_decisions

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PATH = "/identities/decisions"


@router.get(PATH)
async def decisions(
    request: Request, viewer: PageViewer, database: Database, done: str = ""
) -> Response:
    """What staff said last, the newest first."""
    names = request.app.state.names
    found = await identity_decisions.words_for(database, viewer)
    said = {"words": [decision_words.word(one, names) for one in found], "done": done}
    return page(request, "decisions.jinja", said)


@router.get(f"{PATH}/{{link_id}}")
async def decision(
    request: Request, viewer: PageViewer, database: Database, link_id: UUID, done: str = ""
) -> Response:
    """What one member of staff said, what came of it, and the way to take it back."""
    found = await identity_decisions.word_for(database, viewer, link_id)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "no member of staff said so")
    said = {"word": decision_words.word(found, request.app.state.names), "done": done}
    return page(request, "decision.jinja", said)


@router.post(f"{PATH}/{{link_id}}")
async def taken_back(
    request: Request, viewer: PageViewer, database: Database, link_id: UUID, form: Form
) -> Response:
    """Take it back, and see what came of that."""
    await identity.unlink(database, viewer, link_id)
    there = f"{identity_words.word_address(link_id)}?done=yes"
    return RedirectResponse(there, HTTPStatus.SEE_OTHER)
