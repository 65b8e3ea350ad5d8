"""A search of the audit: what is asked stands in no address, and is itself a look."""

from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import APIRouter, Request, Response

from services.access.door import Database, ensure_noted
from services.access.rules import may_search_audit
from services.pages import audit_search_words
from services.pages.errors import PageRoute
from services.pages.forms import Wrong
from services.pages.render import page
from services.pages.session import Form, PageViewer
from services.record import audit
from services.record.audit_models import AuditLook

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PATH = "/privacy/search"
LINES, PAGES_IN_A_FILE, IN_A_FILE = 50, 50, 200


@router.get(PATH)
async def form_of(request: Request, viewer: PageViewer, database: Database) -> Response:
    """The form, empty."""
    await ensure_noted(database, viewer, "audit-search", may_search_audit(viewer))
    return _shown(request, audit_search_words.asked({}), {})


@router.post(PATH)
async def found(request: Request, viewer: PageViewer, database: Database, form: Form) -> Response:
    """What the form fits, above the form as it was filled in."""
    asked = audit_search_words.asked(form)
    search = audit_search_words.search(asked, form.get("after") or None, LINES)
    if isinstance(search, Wrong):
        await ensure_noted(database, viewer, "audit-search", may_search_audit(viewer))
        return _shown(request, asked, {"wrong": search}, HTTPStatus.BAD_REQUEST)
    result = await audit.searched_for(database, viewer, search)
    names, is_later = request.app.state.names, search.after is not None
    told = audit_search_words.result(result, names)
    return _shown(request, asked, {"result": told, "is_later": is_later})


@router.post(f"{PATH}.csv")
async def file_of(request: Request, viewer: PageViewer, database: Database, form: Form) -> Response:
    """The same as a file, the newest lines up to a limit."""
    asked = audit_search_words.asked(form)
    search = audit_search_words.search(asked, None, IN_A_FILE)
    if isinstance(search, Wrong):
        await ensure_noted(database, viewer, "audit-search", may_search_audit(viewer))
        return _shown(request, asked, {"wrong": search}, HTTPStatus.BAD_REQUEST)
    looks = list[AuditLook]()
    for _ in range(PAGES_IN_A_FILE):
        part = await audit.searched_for(database, viewer, search)
        looks += part.looks
        search = search.model_copy(update={"after": part.next})
        if part.next is None:
            break
    name = audit_search_words.file_name(datetime.now(UTC))
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(audit_search_words.as_csv(looks), media_type="text/csv", headers=headers)


def _shown(
    request: Request, asked: dict[str, str], said: dict[str, object], status: int = HTTPStatus.OK
) -> Response:
    offered = {
        "asked": asked,
        "views": audit_search_words.views(asked["view"]),
        "only": audit_search_words.only(asked["only"]),
    }
    return page(request, "audit-search.jinja", {**offered, **said}, status)
