"""The privacy officer's home, and the review of broken glass."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.door import Database
from services.access.problems import Refused
from services.access.viewer import Viewer
from services.pages import privacy_words
from services.pages.errors import PageRoute
from services.pages.forms import Wrong
from services.pages.privacy_words import Answers
from services.pages.render import page
from services.pages.session import Form, PageViewer
from services.record import audit, broken_glass
from services.record.audit_models import AuditLook, AuditSearch
from services.record.broken_glass_models import BrokenGlassOut

router = APIRouter(route_class=PageRoute, include_in_schema=False)

After = Annotated[str | None, Query(max_length=200)]

# Of one page: who works through them takes the oldest first.
LINES = 20
MOST_LOOKS = 200
CHECK, KEEP = "check", "keep"


@router.get("/privacy")
async def privacy(
    request: Request, viewer: PageViewer, database: Database, after: After = None
) -> Response:
    """What waits for a review, who looked most today, and whether the audit is whole."""
    waiting = await broken_glass.to_review_for(database, viewer, after, LINES, reviewed=False)
    found = await audit.overview_for(database, viewer)
    names, seals = request.app.state.names, found.seals
    said = {
        "glass": privacy_words.glass_list(waiting, names, found.at, "/privacy", reviewed=False),
        "busy": privacy_words.busy(found.busiest, names),
        "seals": privacy_words.seals(
            seals.until, seals.waiting, seals.checked_at, seals.faults, found.at
        ),
    }
    return page(request, "privacy.jinja", said)


@router.get("/privacy/reviewed")
async def reviewed(
    request: Request, viewer: PageViewer, database: Database, after: After = None
) -> Response:
    """Broken glass that was reviewed."""
    found = await broken_glass.to_review_for(database, viewer, after, LINES, reviewed=True)
    names, now = request.app.state.names, datetime.now(UTC)
    glass = privacy_words.glass_list(found, names, now, "/privacy/reviewed", reviewed=True)
    return page(request, "reviewed.jinja", {"glass": glass})


@router.get("/privacy/broken-glass/{break_glass_id}")
async def one_glass(
    request: Request, viewer: PageViewer, database: Database, break_glass_id: UUID
) -> Response:
    """A broken glass: why, what was looked at behind it, and the form of its review."""
    one = await _known(database, viewer, break_glass_id)
    return await _shown(request, viewer, database, one, {"answers": Answers()})


@router.post("/privacy/broken-glass/{break_glass_id}")
async def review(
    request: Request, viewer: PageViewer, database: Database, break_glass_id: UUID, form: Form
) -> Response:
    """What was found: shown once more, then kept for good."""
    said = privacy_words.answers(form)
    given = privacy_words.review_of(said)
    step = form.get("step", CHECK)
    if step == KEEP and not isinstance(given, Wrong):
        kept = await broken_glass.review(database, viewer, break_glass_id, given)
        if kept is None:
            raise Refused(HTTPStatus.CONFLICT, "it was reviewed already, or is not there")
        there = f"/privacy/broken-glass/{break_glass_id}"
        return RedirectResponse(there, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    one = await _known(database, viewer, break_glass_id)
    wrong = isinstance(given, Wrong)
    more = {"answers": said, "wrong": given if wrong and step in {CHECK, KEEP} else None}
    is_checked = not wrong and step == CHECK
    status = HTTPStatus.BAD_REQUEST if more["wrong"] else HTTPStatus.OK
    return await _shown(request, viewer, database, one, {**more, "is_checked": is_checked}, status)


async def _known(database: AsyncEngine, viewer: Viewer, break_glass_id: UUID) -> BrokenGlassOut:
    one = await broken_glass.one_for(database, viewer, break_glass_id)
    if one is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no broken glass of that id")
    return one


async def _shown(
    request: Request,
    viewer: Viewer,
    database: AsyncEngine,
    one: BrokenGlassOut,
    said: dict[str, object],
    status: int = HTTPStatus.OK,
) -> Response:
    looks = await _looks_under(database, viewer, one)
    answers = said["answers"]
    chosen = answers.finding if isinstance(answers, Answers) else ""
    words = {
        "glass": privacy_words.glass(one, request.app.state.names, datetime.now(UTC)),
        "path": f"/privacy/broken-glass/{one.break_glass_id}",
        "who_looked": f"/people/{one.person_id}/access-log",
        "looks": privacy_words.looks_under(looks),
        "choices": privacy_words.choices(chosen),
    }
    return page(request, "broken-glass.jinja", {**words, **said}, status)


async def _looks_under(
    database: AsyncEngine, viewer: Viewer, one: BrokenGlassOut
) -> list[AuditLook]:
    """What the viewer looked at of that person while the glass was broken."""
    asked = AuditSearch(
        person_id=one.person_id,
        viewer=one.viewer,
        org=one.org,
        since=one.at,
        until=one.until,
        limit=MOST_LOOKS,
    )
    return (await audit.searched_for(database, viewer, asked)).looks
