"""The record over FHIR R4: read, history and search of what is held, and `$everything`."""

import re
from datetime import UTC
from email.utils import format_datetime
from http import HTTPStatus
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response

from schemas.times import moment
from services.access.door import CurrentViewer, Database
from services.access.problems import Refused
from services.fhir import bundle, reading, searching
from services.fhir.asking import Pairs
from services.fhir.content import is_unchanged
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
from services.fhir.ids import uuid_of
from services.fhir.parameters import is_read
from services.fhir.question import question_of
from services.fhir.resource import encode
from services.fhir.searching import Found
from services.fhir.whole import whole_of

Resource = dict[str, Any]

_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")

router = door("/fhir", "record", {410: {"description": "its source deleted it"}})


async def _known_type(kind: str, _: CurrentViewer) -> str:
    """The type in the path, once it is known who asks. Raises Refused (404) where none is read."""
    if not _TYPE.fullmatch(kind) or not is_read(kind):
        raise Refused(HTTPStatus.NOT_FOUND, "resources of this type are not read here")
    return kind


Kind = Annotated[str, Depends(_known_type)]


@router.get("/Patient/{identity}/$everything")
async def everything(
    identity: str, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """Everything that holds of a person: `_type`, `_since`, `start`, `end`, `_count`; `link` next.

    First their one Patient, then what their sources published, the messages of HL7 v2 as Binary,
    and the stays that only those tell of as Encounter.
    """
    person = uuid_of(identity)
    with refusing():
        asked = whole_of(in_query(request), lenient=lenient(request))
        found = await searching.everything(database, viewer, person, asked) if person else None
    if found is None:
        raise reading.not_found()
    base = base_of(request)
    own = f"{base}/{asked.address(identity, asked.after)}"
    following = f"{base}/{asked.address(identity, found.next)}" if found.next else None
    return _searchset(base, found, own, following)


@router.get("/{kind}/{identity}/_history/{version}")
async def read_state(
    kind: Kind,
    identity: str,
    version: str,
    request: Request,
    viewer: CurrentViewer,
    database: Database,
) -> Response:
    """A resource as it was in a version."""
    found = await reading.state(database, viewer, kind, uuid_of(identity), version)
    return _resource(request, found)


@router.get("/{kind}/{identity}/_history")
async def read_history(
    kind: Kind, identity: str, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """Every version of a resource, the latest first."""
    seen = await reading.history(database, viewer, kind, uuid_of(identity))
    path = f"{kind}/{identity}"
    return Fhir(bundle.history(base_of(request), path, seen.states, seen.deleted_at))


@router.get("/{kind}/{identity}")
async def read(
    kind: Kind, identity: str, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """A resource as it is now, by the id that it has here; 304 to who has this version."""
    found = await reading.read(database, viewer, kind, uuid_of(identity))
    return _resource(request, found)


@router.get("/{kind}")
async def search(
    kind: Kind, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """What a search finds, paged by `link` next: of one patient, but for types about nobody."""
    return await _found(kind, request, viewer, database, in_query(request), is_posted=False)


@router.post("/{kind}/_search", openapi_extra=TAKES_FORM)
async def search_by_post(
    kind: Kind, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """The same in a body, where identifiers, names and dates of birth may stand."""
    pairs = await posted(request)
    return await _found(kind, request, viewer, database, pairs, is_posted=True)


answer_head(router)


async def _found(
    kind: str,
    request: Request,
    viewer: CurrentViewer,
    database: Database,
    pairs: Pairs,
    *,
    is_posted: bool,
) -> Response:
    base = base_of(request)
    with refusing():
        asked = question_of(kind, pairs, posted=is_posted, lenient=lenient(request), base=base)
        found = await searching.search(database, viewer, asked)
    following = f"{base}/{asked.address(found.next)}" if found.next else None
    if found.rest:
        following = f"{base}/{asked.address_of(found.rest)}"
    return _searchset(base, found, f"{base}/{asked.address(asked.after)}", following)


def _searchset(base: str, found: Found, own: str, following: str | None) -> Response:
    said = bundle.searchset(
        base, found.resources, found.total, own, following, is_restricted=found.is_restricted
    )
    return Fhir(said)


def _resource(request: Request, found: Resource) -> Response:
    version = found["meta"]["versionId"]
    headers = {"ETag": f'W/"{version}"'}
    updated = moment(found["meta"].get("lastUpdated"))
    if updated is not None:
        headers["Last-Modified"] = format_datetime(updated.astimezone(UTC), usegmt=True)
    if is_unchanged(request.headers.get("if-none-match"), version):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Fhir(encode(found), headers=headers)
