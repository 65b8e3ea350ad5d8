"""Breaking the glass as a page: what it means, why one does it, and then the record."""

from collections.abc import Sequence
from datetime import timedelta
from http import HTTPStatus
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.access.door import Database, ensure_noted
from services.access.rules import may_break_glass
from services.pages import glass_words
from services.pages.errors import PageRoute
from services.pages.forms import Wrong
from services.pages.glass_words import NOTHING_ASKED, Asked
from services.pages.render import page
from services.pages.session import Form, PageViewer
from services.record.broken_glass import break_glass
from services.record.broken_glass_models import BreakGlassIn
from services.record.unknown import known

router = APIRouter(route_class=PageRoute, include_in_schema=False)


def offer(request: Request, person: UUID, *, why: str) -> Response:
    """The page for who gives care and may not look, at the address of the record itself.

    It says nothing of the person: not even what the search said.
    """
    return _shown(request, person, NOTHING_ASKED, (), HTTPStatus.FORBIDDEN, why)


@router.get("/people/{person_id}/break-glass")
async def asked(viewer: PageViewer, database: Database, person_id: UUID) -> Response:
    """To the record, which asks for it where it takes a broken glass to look."""
    await ensure_noted(database, viewer, "break-glass", may_break_glass(viewer), person_id)
    return _to_record(person_id)


@router.post("/people/{person_id}/break-glass")
async def broken(
    request: Request, viewer: PageViewer, database: Database, person_id: UUID, form: Form
) -> Response:
    """Break the glass and open the record; the form again where a part of it is wrong."""
    said = glass_words.asked(form)
    reason = glass_words.reason(said)
    if not isinstance(reason, BreakGlassIn):
        await ensure_noted(database, viewer, "break-glass", may_break_glass(viewer), person_id)
        return _shown(request, person_id, said, reason, HTTPStatus.BAD_REQUEST)
    lasts = timedelta(minutes=_minutes(request))
    known(await break_glass(database, viewer, person_id, reason, lasts))
    return _to_record(person_id)


def _to_record(person: UUID) -> Response:
    headers = {"Cache-Control": "no-store"}
    return RedirectResponse(f"/people/{person}", HTTPStatus.SEE_OTHER, headers)


def _shown(
    request: Request,
    person: UUID,
    said: Asked,
    wrong: Sequence[Wrong],
    status: HTTPStatus,
    why: str = "",
) -> Response:
    form = glass_words.form(said, wrong, _minutes(request))
    words = {"path": f"/people/{person}/break-glass", "form": form, "why": why}
    return page(request, "glass.jinja", words, status)


def _minutes(request: Request) -> int:
    minutes: int = request.app.state.settings.break_glass_minutes
    return minutes
