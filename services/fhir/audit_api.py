"""Who looked at a record, as FHIR R4 AuditEvents: for the person and the privacy officer."""

from http import HTTPStatus

from fastapi import Request, Response

from services.access.door import CurrentViewer, Database
from services.access.problems import Refused
from services.fhir.asking import Pairs
from services.fhir.audit_event import audit_event
from services.fhir.bundle import MATCH, searchset
from services.fhir.door import (
    TAKES_FORM,
    Fhir,
    answer_head,
    base_of,
    door,
    in_query,
    lenient,
    posted,
    refusing,
)
from services.fhir.looks import looks_of
from services.fhir.resource import encode
from services.record import audit

router = door("/fhir/AuditEvent", "audit", {})


@router.get("")
async def search(request: Request, viewer: CurrentViewer, database: Database) -> Response:
    """The looks at one person's record, newest first: `patient`, `date`, `_count`; `link` next."""
    return await _found(request, viewer, database, in_query(request))


@router.post("/_search", openapi_extra=TAKES_FORM)
async def search_by_post(request: Request, viewer: CurrentViewer, database: Database) -> Response:
    """The same by a form."""
    return await _found(request, viewer, database, await posted(request))


@router.get("/{number}")
async def read(
    number: str, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """One look."""
    known = number.isdecimal() and int(number) < 2**63
    noted = await audit.one_noted_for(database, viewer, int(number)) if known else None
    if noted is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no such AuditEvent")
    return Fhir(encode(audit_event(noted, base_of(request))))


answer_head(router)


async def _found(
    request: Request, viewer: CurrentViewer, database: Database, pairs: Pairs
) -> Response:
    base = base_of(request)
    with refusing():
        person, asked = looks_of(pairs, lenient=lenient(request), base=base)
    found = await audit.noted_for(database, viewer, person, asked.span, asked.after, asked.limit)
    events = [(audit_event(noted, base), MATCH) for noted in found.noted]
    own = f"{base}/{asked.address(asked.after)}"
    following = f"{base}/{asked.address(found.next)}" if found.next else None
    return Fhir(searchset(base, events, found.total, own, following))
