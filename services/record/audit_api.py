"""The audit over HTTP: a search for the privacy officer, and AuditEvents as FHIR has them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Request, Response

from services.access.door import CurrentViewer, Database, own_address
from services.access.problems import FHIR_JSON, Refused, documented
from services.gateway.body import body_of
from services.record import audit
from services.record.audit_dates import NoDate, span_of
from services.record.audit_event import audit_event
from services.record.audit_models import AuditPage, AuditSearch

router = APIRouter(tags=["audit"])

_EVENTS = documented(FHIR_JSON) | {200: {"content": {FHIR_JSON: {"schema": {"type": "object"}}}}}
_FORM = "application/x-www-form-urlencoded"
_TAKES_FORM: dict[str, Any] = {"requestBody": {"content": {_FORM: {"schema": {"type": "object"}}}}}
# Of one page.
USUAL, MOST = 100, 500
_KNOWN = frozenset({"patient", "date", "_count", "after"})

Pairs = list[tuple[str, str]]


@router.post("/api/audit/search", responses=documented())
async def search_audit(asked: AuditSearch, viewer: CurrentViewer, database: Database) -> AuditPage:
    """Who looked at what, and who was refused: for the privacy officer. Itself a look."""
    return await audit.searched_for(database, viewer, asked)


@router.get("/fhir/AuditEvent", responses=_EVENTS, response_class=Response)
async def search_events(request: Request, viewer: CurrentViewer, database: Database) -> Response:
    """The looks at one person's record, newest first: `patient`, `date`, `_count`; `link` next."""
    return await _searched(request, viewer, database, list(request.query_params.multi_items()))


@router.post(
    "/fhir/AuditEvent/_search",
    responses=_EVENTS,
    response_class=Response,
    openapi_extra=_TAKES_FORM,
)
async def post_search(request: Request, viewer: CurrentViewer, database: Database) -> Response:
    """The same by a form."""
    said = (await body_of(request)).decode("utf-8", "replace")
    return await _searched(request, viewer, database, parse_qsl(said))


@router.get("/fhir/AuditEvent/{number}", responses=_EVENTS, response_class=Response)
async def read_event(
    number: str, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """One look."""
    known = number.isdecimal() and int(number) < 2**63
    noted = await audit.one_noted_for(database, viewer, int(number)) if known else None
    if noted is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such AuditEvent")
    return Response(orjson.dumps(audit_event(noted, _base(request))), media_type=FHIR_JSON)


async def _searched(
    request: Request, viewer: CurrentViewer, database: Database, pairs: Pairs
) -> Response:
    person, count, asked = _person(pairs), _count(pairs), dict(pairs)
    try:
        span = span_of([value for name, value in pairs if name == "date"])
    except NoDate:
        detail = "`date` is a FHIR date with eq, ge, gt, le or lt"
        raise Refused(HTTPStatus.BAD_REQUEST, detail) from None
    found = await audit.noted_for(database, viewer, person, span, asked.get("after"), count)
    bundle = searchset(found, _base(request), pairs)
    return Response(orjson.dumps(bundle), media_type=FHIR_JSON)


def _person(pairs: Pairs) -> UUID:
    """Whose record; one alone, since each is decided. Raises Refused."""
    if unknown := sorted({name for name, _ in pairs} - _KNOWN):
        raise Refused(HTTPStatus.BAD_REQUEST, f"not a parameter of AuditEvent: {unknown[0][:40]}")
    said = [value.removeprefix("Patient/") for name, value in pairs if name == "patient"]
    try:
        (one,) = said
        return UUID(one)
    except ValueError:
        raise Refused(HTTPStatus.BAD_REQUEST, "say whose: patient=<id> of one Patient") from None


def _count(pairs: Pairs) -> int:
    said = dict(pairs).get("_count", str(USUAL))
    if not said.isdecimal() or not int(said[:6]):
        raise Refused(HTTPStatus.BAD_REQUEST, "`_count` is a number of entries, 1 or more")
    return min(int(said[:6]), MOST)


def _base(request: Request) -> str:
    return f"{own_address(request)}/fhir"


def searchset(found: audit.NotedPage, base: str, asked: Pairs) -> Mapping[str, Any]:
    """The Bundle of a page: `total` over all pages, links to itself and to the next one."""
    links = [{"relation": "self", "url": _address(base, asked)}]
    if found.next:
        following = [pair for pair in asked if pair[0] != "after"] + [("after", found.next)]
        links.append({"relation": "next", "url": _address(base, following)})
    entries = [
        {
            "fullUrl": f"{base}/AuditEvent/{noted.id}",
            "resource": audit_event(noted, base),
            "search": {"mode": "match"},
        }
        for noted in found.noted
    ]
    bundle = {"resourceType": "Bundle", "type": "searchset", "total": found.total, "link": links}
    return bundle | ({"entry": entries} if entries else {})


def _address(base: str, asked: Pairs) -> str:
    return f"{base}/AuditEvent?{urlencode(asked)}"
