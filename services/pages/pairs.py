"""Two identities side by side, and parting them."""

from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.door import Database
from services.access.problems import Refused
from services.access.viewer import Viewer
from services.pages import decision_words, identity_words, review_words
from services.pages.compared_words import compared
from services.pages.errors import PageRoute
from services.pages.forms import Wrong
from services.pages.render import page
from services.pages.session import Form, PageViewer
from services.record import identity, identity_decisions
from services.record.identity_models import LinkIn, PairFacingOut, Saying

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PAIR = "/identities/pairs/{one}/{other}"


@router.get(PAIR)
async def pair(
    request: Request, viewer: PageViewer, database: Database, one: UUID, other: UUID
) -> Response:
    """Two identities of a person side by side, and what it would do to part them."""
    return _parting(request, await _pair(database, viewer, one, other))


@router.post(PAIR)
async def parted(
    request: Request, viewer: PageViewer, database: Database, one: UUID, other: UUID, form: Form
) -> Response:
    """Part them, and see what came of that; what is wrong is said in the form."""
    reason = form.get("reason", "").strip()
    wrong = decision_words.reason_wrong(reason)
    if wrong is not None:
        return _parting(request, await _pair(database, viewer, one, other), reason, wrong)
    asked = LinkIn(one=one, other=other, kind=Saying.PART, reason=reason)
    told = await identity.link(database, viewer, asked)
    there = f"{identity_words.word_address(told.link_id)}?done=yes"
    return RedirectResponse(there, HTTPStatus.SEE_OTHER)


async def _pair(database: AsyncEngine, viewer: Viewer, one: UUID, other: UUID) -> PairFacingOut:
    found = await identity_decisions.pair_for(database, viewer, one, other)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is nobody of one of these ids")
    return found


def _parting(
    request: Request, found: PairFacingOut, reason: str = "", wrong: Wrong | None = None
) -> Response:
    names, one, other = request.app.state.names, found.one, found.other
    called = [identity_words.name(each.identity, names) for each in (one, other)]
    said = {
        "pair": identity_words.both(*called),
        "sides": review_words.sides(found.sides),
        "rows": compared(found.sides, names),
        "effects": decision_words.parted(found.sides),
        "path": identity_words.pair_address(one.identity_id, other.identity_id),
        "back": identity_words.address(one.person_id),
        "reason": reason,
        "wrong": wrong,
    }
    return page(request, "part.jinja", said, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK)
