"""FHIR over HTTP, inwards: messages, Bundles, single resources and deletions."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson
from aiokafka.errors import KafkaError
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from schemas.errors import Problem, Reason
from schemas.events import Sector
from schemas.inbound import Inbound, content_id, inbound
from schemas.topics import ContentType
from services.access.door import CurrentViewer, ensure_noted
from services.access.problems import (
    FHIR_JSON,
    RETRY_AFTER_S,
    Refused,
    documented,
    response_of,
)
from services.access.rules import may_publish
from services.access.viewer import Viewer
from services.gateway.answers import (
    RESPONSE_TYPES,
    Fhir,
    bundle_response,
    operation_outcome,
    outcome_of,
    status_of,
)
from services.gateway.bars import is_bars, missing_ids
from services.gateway.body import TooLarge, body_of
from services.gateway.messages import Went, header_of, message_response
from services.gateway.receive import Outcome, Receipt

_REFUSALS: dict[int | str, dict[str, Any]] = {
    409: {"description": "every fact of the message is known already"},
    413: {"description": "larger than this server takes"},
    415: {"description": "a format that is not read"},
}

router = APIRouter(prefix="/fhir", tags=["publish"], responses=documented(FHIR_JSON) | _REFUSALS)

AWAY = "the event log cannot be reached; send this again later"
_MESSAGE_STATUS = {Outcome.ACCEPTED: 200, Outcome.DUPLICATE: 409}
_TAKES: dict[str, Any] = {
    "requestBody": {"required": True, "content": {FHIR_JSON: {"schema": {"type": "object"}}}}
}
_TAKES_ANYTHING: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            FHIR_JSON: {"schema": {"type": "object"}},
            ContentType.HL7V2.value: {
                "schema": {"type": "string", "description": "an HL7 v2 message, or a batch"}
            },
        },
    }
}


@router.post("/$process-message", response_class=Fhir, openapi_extra=_TAKES)
async def process_message(request: Request, publisher: CurrentViewer) -> Response:
    """Take a message Bundle. 200 taken; 409 known already; 4xx refused: see response.code.

    A message of BaRS without X-Request-ID and X-Correlation-ID is not kept: 400.
    """
    body = await body_of(request)
    said, name = _loaded(body), content_id(body)
    missing = missing_ids(request.headers) if is_bars(header_of(said)) else []
    if missing:
        answer = message_response(said, outcome_of(*missing), Went.FATAL, status=400, name=name)
        return Fhir(answer, 400, headers={"X-Outcome": Outcome.REJECTED})
    try:
        receipt = await _receive(request, publisher, body)
    except KafkaError:
        outcome = outcome_of(Problem("", "transient", AWAY))
        answer = message_response(said, outcome, Went.TRANSIENT, status=503, name=name)
        return Fhir(answer, 503, headers={"Retry-After": RETRY_AFTER_S})
    status = _MESSAGE_STATUS.get(receipt.outcome) or status_of(receipt)
    went = Went.FATAL if receipt.outcome is Outcome.REJECTED else Went.OK
    outcome = operation_outcome(receipt)
    answer = message_response(said, outcome, went, status=status, name=receipt.message_id)
    return _answer(answer, status, receipt)


@router.post("", response_class=Fhir, openapi_extra=_TAKES_ANYTHING)
async def bundle(request: Request, publisher: CurrentViewer) -> Response:
    """Take a Bundle, or any message as it is: what it holds is decided by its content.

    An HL7 v2 message is one, whatever it is labelled; its problems have paths such as `MSH-9`.
    """
    body = await body_of(request)
    receipt = await _receive(request, publisher, body)
    if receipt.outcome is Outcome.REJECTED:
        return _answer(operation_outcome(receipt), status_of(receipt), receipt)
    found = _loaded(body)
    asks_for_answers = found.get("resourceType") == "Bundle" and found["type"] in RESPONSE_TYPES
    if asks_for_answers:
        return _answer(bundle_response(found, receipt), 200, receipt)
    return _answer(operation_outcome(receipt), status_of(receipt), receipt)


@router.post("/{kind}", response_class=Fhir, openapi_extra=_TAKES)
async def create(kind: str, request: Request, publisher: CurrentViewer) -> Response:
    """Take one resource of the type in the path; with If-None-Exist, as if none were there yet."""
    return await _resource(request, publisher, kind, None)


@router.put("/{kind}/{identity}", response_class=Fhir, openapi_extra=_TAKES)
async def update(kind: str, identity: str, request: Request, publisher: CurrentViewer) -> Response:
    """Take a new state of one resource."""
    return await _resource(request, publisher, kind, identity)


@router.delete("/{kind}/{identity}", response_class=Fhir)
async def delete(kind: str, identity: str, request: Request, publisher: CurrentViewer) -> Response:
    """Take the fact that a source deleted a resource: its entry stays, struck through."""
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    gone = {
        "resourceType": "Bundle",
        "type": "history",
        "entry": [
            {
                "fullUrl": f"urn:uuid:{uuid4()}",
                "request": {"method": "DELETE", "url": f"{kind}/{identity}"},
                "response": {"status": "204", "lastModified": now},
            }
        ],
    }
    receipt = await _receive(request, publisher, orjson.dumps(gone), FHIR_JSON)
    return _answer(operation_outcome(receipt), status_of(receipt), receipt)


async def _resource(
    request: Request, publisher: CurrentViewer, kind: str, identity: str | None
) -> Response:
    body = await body_of(request)
    found = _loaded(body)
    for name, wanted in (("resourceType", kind), ("id", identity)):
        if wanted is not None and "resourceType" in found and found.get(name) != wanted:
            problem = Problem(name, "invalid", f"not the {name} that the path names")
            return Fhir(outcome_of(problem), 400)
    if_none = request.headers.get("if-none-exist") if identity is None else None
    if if_none:
        receipt = await _receive(request, publisher, _only_if_none(body, kind, if_none), FHIR_JSON)
    else:
        receipt = await _receive(request, publisher, body)
    return _answer(operation_outcome(receipt), status_of(receipt), receipt)


def _only_if_none(body: bytes, kind: str, search: str) -> bytes:
    """A conditional creation as the transaction that says the same, the resource verbatim."""
    asked = orjson.dumps({"method": "POST", "url": kind, "ifNoneExist": search})
    start = b'{"resourceType":"Bundle","type":"transaction","entry":[{"request":'
    return start + asked + b',"resource":' + body + b"}]}"


async def _receive(
    request: Request, publisher: Viewer, body: bytes, content_type: str | None = None
) -> Receipt:
    """The receipt of a message. The source is the publisher's organisation: nobody else's.

    `content_type`: the body's, where that is not the request's own.
    """
    source = request.headers.get("x-source") or publisher.org
    await ensure_noted(
        request.app.state.database, publisher, "publish", may_publish(publisher, source)
    )
    message = Inbound(
        body,
        source,
        request.headers.get("x-sector", Sector.UNKNOWN),
        content_type or request.headers.get("content-type", ContentType.FHIR),
        request.headers.get("x-message-id") or content_id(body),
        datetime.now(UTC),
    )
    # As intake will have it: what a header may hold is for one place to say.
    as_kept = inbound(body, message.headers(), message.received)
    receipt: Receipt = await request.app.state.door.receive(as_kept)
    return receipt


def _loaded(body: bytes) -> dict[str, Any]:
    """The JSON object in a body; empty where there is none: the receipt says what is wrong."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _answer(content: dict[str, Any], status: int, receipt: Receipt) -> Response:
    """The answer, with what a program needs of the receipt in headers."""
    headers = {
        "X-Outcome": receipt.outcome,
        "X-Message-ID": receipt.message_id,
        "X-Position": f"{receipt.partition}:{receipt.offset}",
    }
    if receipt.reason:
        headers["X-Reason"] = receipt.reason
    return Fhir(content, status, headers=headers)


def unavailable(request: Request, _: Exception) -> Response:
    """Kafka cannot take the message now: it was not kept, and is to be sent again."""
    headers = {"Retry-After": RETRY_AFTER_S}
    refused = Refused(HTTPStatus.SERVICE_UNAVAILABLE, AWAY, headers=headers)
    return response_of(request.url.path, refused)


def too_large(request: Request, error: Exception) -> Response:
    """The body is over the limit; the connection ends, since the rest of it is not read."""
    headers = {"X-Outcome": Outcome.REJECTED, "X-Reason": Reason.TOO_LARGE}
    refused = Refused(413, f"{error}; nothing was kept", headers=headers)
    return response_of(request.url.path, refused)


def gone(request: Request, _: Exception) -> Response:
    """The client went away before its body was whole: nothing was kept, nobody reads this."""
    return response_of(request.url.path, Refused(HTTPStatus.BAD_REQUEST, "the body broke off"))


ERRORS = {KafkaError: unavailable, TooLarge: too_large, ClientDisconnect: gone}
