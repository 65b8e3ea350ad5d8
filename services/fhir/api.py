"""The record over FHIR R4: read, history and search of what is held, and `$everything`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from email.utils import format_datetime
from http import HTTPMethod, HTTPStatus
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response

from schemas.times import moment
from services.access.door import CurrentViewer, Database, own_address
from services.access.problems import FHIR_JSON, Refused, documented
from services.fhir import bundle, reading, searching
from services.fhir.asking import NotAsked, Pairs
from services.fhir.content import is_lenient, is_unchanged, takes_json
from services.fhir.ids import uuid_of
from services.fhir.parameters import is_read
from services.fhir.question import question_of
from services.fhir.resource import encode
from services.fhir.searching import Found
from services.fhir.whole import whole_of
from services.gateway.body import body_of

Resource = dict[str, Any]

_TYPE: Final = re.compile(r"[A-Z][A-Za-z]{1,63}")
_FORM: Final = "application/x-www-form-urlencoded"
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {FHIR_JSON: {"schema": {"type": "object"}}}},
    406: {"description": "only JSON is given"},
    410: {"description": "its source deleted it"},
}
_TAKES_FORM: Final[dict[str, Any]] = {
    "requestBody": {"content": {_FORM: {"schema": {"type": "object"}}}}
}


class Fhir(Response):
    """A FHIR answer that is encoded already."""

    media_type = FHIR_JSON


async def _in_json(request: Request) -> None:
    """Refuse (406) who takes no JSON."""
    if not takes_json(request.headers.get("accept"), request.query_params.get("_format")):
        raise Refused(HTTPStatus.NOT_ACCEPTABLE, "this server gives application/fhir+json alone")


async def _known_type(kind: str, _: CurrentViewer) -> str:
    """The type in the path, once it is known who asks. Raises Refused (404) where none is read."""
    if not _TYPE.fullmatch(kind) or not is_read(kind):
        raise Refused(HTTPStatus.NOT_FOUND, "resources of this type are not read here")
    return kind


Kind = Annotated[str, Depends(_known_type)]

router = APIRouter(
    prefix="/fhir",
    tags=["record"],
    responses=documented(FHIR_JSON) | _ANSWERS,
    dependencies=[Depends(_in_json)],
    default_response_class=Fhir,
)


@router.get("/Patient/{identity}/$everything")
async def everything(
    identity: str, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """Everything that holds of a person: `_type`, `_since`, `start`, `end`, `_count`; `link` next.

    First their one Patient, then what their sources published, the messages of HL7 v2 as Binary,
    and the stays that only those tell of as Encounter.
    """
    person = uuid_of(identity)
    with _refusing():
        asked = whole_of(_in_query(request), lenient=_lenient(request))
        found = await searching.everything(database, viewer, person, asked) if person else None
    if found is None:
        raise reading.not_found()
    base = _base(request)
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
    return Fhir(bundle.history(_base(request), path, seen.states, seen.deleted_at))


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
    return await _found(kind, request, viewer, database, _in_query(request), posted=False)


@router.post("/{kind}/_search", openapi_extra=_TAKES_FORM)
async def search_by_post(
    kind: Kind, request: Request, viewer: CurrentViewer, database: Database
) -> Response:
    """The same in a body, where identifiers, names and dates of birth may stand."""
    if request.headers.get("content-type", _FORM).partition(";")[0].strip() != _FORM:
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"a search is posted as {_FORM}")
    posted = parse_qsl((await body_of(request)).decode(errors="replace"), keep_blank_values=True)
    pairs = [*_in_query(request), *posted]
    return await _found(kind, request, viewer, database, pairs, posted=True)


for _path, _answer in (
    ("/Patient/{identity}/$everything", everything),
    ("/{kind}/{identity}/_history/{version}", read_state),
    ("/{kind}/{identity}/_history", read_history),
    ("/{kind}/{identity}", read),
    ("/{kind}", search),
):
    router.add_api_route(_path, _answer, methods=[HTTPMethod.HEAD], include_in_schema=False)


async def _found(
    kind: str,
    request: Request,
    viewer: CurrentViewer,
    database: Database,
    pairs: Pairs,
    *,
    posted: bool,
) -> Response:
    base = _base(request)
    with _refusing():
        asked = question_of(kind, pairs, posted=posted, lenient=_lenient(request), base=base)
        found = await searching.search(database, viewer, asked)
    following = f"{base}/{asked.address(found.next)}" if found.next else None
    if found.rest:
        following = f"{base}/{asked.address_of(found.rest)}"
    return _searchset(base, found, f"{base}/{asked.address(asked.after)}", following)


def _base(request: Request) -> str:
    """Where this server's resources are, as whoever asks reaches it."""
    return f"{own_address(request)}/fhir"


def _in_query(request: Request) -> Pairs:
    return request.query_params.multi_items()


def _lenient(request: Request) -> bool:
    return is_lenient(request.headers.get("prefer"))


@contextmanager
def _refusing() -> Iterator[None]:
    """Refuse (400) a question that is not understood, with every parameter that is not."""
    try:
        yield
    except NotAsked as refused:
        raise Refused(HTTPStatus.BAD_REQUEST, str(refused), problems=refused.problems) from None


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
