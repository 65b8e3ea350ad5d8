"""What is in doubt about who is one person: the queue, one question, and its answer."""

from http import HTTPStatus
from typing import Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.door import Database
from services.access.problems import Refused
from services.access.relationships import ANY_CARE
from services.access.rules import may_view_record
from services.access.viewer import Viewer
from services.pages import decision_words, identity_words, review_words
from services.pages.errors import PageRoute
from services.pages.forms import Wrong
from services.pages.render import page
from services.pages.review_words import Answer, Given
from services.pages.session import Form, PageViewer
from services.record import identity_reviews
from services.record.identity_models import AnsweredOut, AnswerIn, FacingOut
from streams.identity.reviews import ReviewKind

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PATH = "/identities/reviews"
AT_ONCE = 25
Found = TypeVar("Found")


@router.get(PATH)
async def queue(
    request: Request,
    viewer: PageViewer,
    database: Database,
    kind: Literal[""] | ReviewKind = "",
    after: str = "",
    done: str = "",
) -> Response:
    """The questions that the viewer may decide, the oldest first."""
    asked = (kind or None, after or None, AT_ONCE)
    found = await identity_reviews.reviews_for(database, viewer, *asked)
    said = {
        "reviews": review_words.queue(found.reviews, request.app.state.names),
        "kinds": review_words.kinds(kind),
        "more": review_words.more(PATH, kind, found.next),
        "is_part": bool(kind or after),
        "is_left": bool(done),
    }
    return page(request, "reviews.jinja", said)


@router.get(f"{PATH}/{{review_id}}")
async def question(
    request: Request, viewer: PageViewer, database: Database, review_id: UUID
) -> Response:
    """A question, with those whom it is about side by side."""
    found = await _question(database, viewer, review_id)
    return _asked(request, viewer, found, Given())


@router.post(f"{PATH}/{{review_id}}")
async def answered(
    request: Request, viewer: PageViewer, database: Database, review_id: UUID, form: Form
) -> Response:
    """What the answer will do; once that is confirmed, off to what it did."""
    found, given = await _question(database, viewer, review_id), review_words.given(form)
    answer = review_words.answer(given, found)
    if isinstance(answer, Wrong):
        return _asked(request, viewer, found, given, answer)
    if "confirmed" not in form:
        return _confirming(request, found, given, answer)
    body = AnswerIn(decision=answer.decision, reason=answer.reason, pair=answer.pair)
    done = still_open(await identity_reviews.answer(database, viewer, review_id, body))
    return RedirectResponse(_towards(done), HTTPStatus.SEE_OTHER)


async def _question(database: AsyncEngine, viewer: Viewer, review_id: UUID) -> FacingOut:
    return still_open(await identity_reviews.review_for(database, viewer, review_id))


def still_open(found: Found | None) -> Found:
    """What was found. Raises Refused where it was answered, or what was said has changed."""
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "this question is not open, or no longer")
    return found


def _asked(
    request: Request, viewer: Viewer, found: FacingOut, given: Given, wrong: Wrong | None = None
) -> Response:
    names, sees_records = request.app.state.names, may_view_record(viewer, ANY_CARE).allowed
    said = {
        "review": review_words.facing(found, given, names, sees_records=sees_records),
        "path": f"{PATH}/{found.review_id}",
        "given": given,
        "wrong": wrong,
    }
    return page(request, "review.jinja", said, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK)


def _confirming(request: Request, found: FacingOut, given: Given, answer: Answer) -> Response:
    sides = review_words.concerned(found, answer.pair)
    said = {
        "effect": decision_words.effect(answer.decision, sides),
        "about": [identity_words.known(side, request.app.state.names) for side in sides],
        "path": f"{PATH}/{found.review_id}",
        "given": given,
    }
    return page(request, "review-confirm.jinja", said)


def _towards(done: AnsweredOut) -> str:
    """Where one sees what an answer did."""
    state = "open" if done.is_open else "yes"
    if not done.links:
        return f"{PATH}?done={state}"
    if len(done.links) > 1:
        return f"/identities/decisions?done={state}"
    return f"{identity_words.word_address(done.links[0])}?done={state}"
