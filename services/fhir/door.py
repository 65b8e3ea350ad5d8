"""What the doors of the record over FHIR share: answers in JSON alone, and how a search is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPMethod, HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request, Response
from fastapi.routing import APIRoute

from services.access.door import own_address
from services.access.problems import FHIR_JSON, Refused, documented
from services.fhir.asking import NotAsked, Pairs
from services.fhir.content import is_lenient, takes_json
from services.gateway.body import body_of

_FORM: Final = "application/x-www-form-urlencoded"
_ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {FHIR_JSON: {"schema": {"type": "object"}}}},
    406: {"description": "only JSON is given"},
}
TAKES_FORM: Final[dict[str, Any]] = {
    "requestBody": {"content": {_FORM: {"schema": {"type": "object"}}}}
}


class Fhir(Response):
    """A FHIR answer that is encoded already."""

    media_type = FHIR_JSON


async def _in_json(request: Request) -> None:
    """Refuse (406) who takes no JSON."""
    if not takes_json(request.headers.get("accept"), request.query_params.get("_format")):
        raise Refused(HTTPStatus.NOT_ACCEPTABLE, "this server gives application/fhir+json alone")


def door(prefix: str, tag: str, answers: dict[int | str, dict[str, Any]]) -> APIRouter:
    """A door for FHIR reads; `answers`: what it may say beside what every one says."""
    return APIRouter(
        prefix=prefix,
        tags=[tag],
        responses=documented(FHIR_JSON) | _ANSWERS | answers,
        dependencies=[Depends(_in_json)],
        default_response_class=Fhir,
    )


def answer_head(router: APIRouter) -> None:
    """Answer HEAD wherever GET is answered."""
    read = [
        one for one in router.routes if isinstance(one, APIRoute) and "GET" in (one.methods or ())
    ]
    for one in read:
        path = one.path.removeprefix(router.prefix)
        router.add_api_route(path, one.endpoint, methods=[HTTPMethod.HEAD], include_in_schema=False)


def base_of(request: Request) -> str:
    """Where this server's resources are, as whoever asks reaches it."""
    return f"{own_address(request)}/fhir"


def in_query(request: Request) -> Pairs:
    """What the address asks."""
    return request.query_params.multi_items()


async def posted(request: Request) -> Pairs:
    """What the address and the form ask. Raises Refused (415) where it is no form."""
    if request.headers.get("content-type", _FORM).partition(";")[0].strip() != _FORM:
        raise Refused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"a search is posted as {_FORM}")
    form = (await body_of(request)).decode(errors="replace")
    return [*in_query(request), *parse_qsl(form, keep_blank_values=True)]


def lenient(request: Request) -> bool:
    """Whether parameters that are not supported are to be left out."""
    return is_lenient(request.headers.get("prefer"))


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse (400) a question that is not understood, with every parameter that is not."""
    try:
        yield
    except NotAsked as refused:
        raise Refused(HTTPStatus.BAD_REQUEST, str(refused), problems=refused.problems) from None
