"""FHIR over HTTP, inwards: messages, Bundles, single resources and deletions."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import orjson
from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, Request, Response

from schemas.errors import Problem
from schemas.events import Sector
from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType
from services.access.door import viewer
from services.access.problems import ensure
from services.access.rules import may_publish
from services.access.viewer import Viewer
from services.gateway.answers import (
    RESPONSE_TYPES,
    bundle_response,
    message_response,
    operation_outcome,
    outcome_of,
    status_of,
)
from services.gateway.body import TooLarge, body_of
from services.gateway.receive import Outcome, Receipt

router = APIRouter(prefix="/fhir", tags=["publish"])

Publisher = Annotated[Viewer, Depends(viewer)]


class Fhir(Response):
    """A FHIR answer."""

    media_type = "application/fhir+json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


@router.post("/$process-message", response_class=Fhir)
async def process_message(request: Request, publisher: Publisher) -> Response:
    """Take a message Bundle. 200 taken; 409 known already; 4xx refused: see response.code."""
    body, receipt = await _receive(request, publisher)
    status = {Outcome.ACCEPTED: 200, Outcome.DUPLICATE: 409}.get(receipt.outcome)
    answer = message_response(_loaded(body), receipt)
    return _answer(answer, status or status_of(receipt), receipt)


@router.post("", response_class=Fhir)
async def bundle(request: Request, publisher: Publisher) -> Response:
    """Take a Bundle, or any message as it is: what it holds is decided by its content."""
    body, receipt = await _receive(request, publisher)
    if receipt.outcome is Outcome.REJECTED:
        return _answer(operation_outcome(receipt), status_of(receipt), receipt)
    found = _loaded(body)
    asks_for_answers = found.get("resourceType") == "Bundle" and found["type"] in RESPONSE_TYPES
    if asks_for_answers:
        return _answer(bundle_response(found, receipt), 200, receipt)
    return _answer(operation_outcome(receipt), status_of(receipt), receipt)


@router.post("/{kind}", response_class=Fhir)
async def create(kind: str, request: Request, publisher: Publisher) -> Response:
    """Take one resource of the type in the path."""
    return await _resource(request, publisher, kind, None)


@router.put("/{kind}/{identity}", response_class=Fhir)
async def update(kind: str, identity: str, request: Request, publisher: Publisher) -> Response:
    """Take a new state of one resource."""
    return await _resource(request, publisher, kind, identity)


@router.delete("/{kind}/{identity}", response_class=Fhir)
async def delete(kind: str, identity: str, request: Request, publisher: Publisher) -> Response:
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
    _, receipt = await _receive(request, publisher, orjson.dumps(gone))
    return _answer(operation_outcome(receipt), status_of(receipt), receipt)


async def _resource(
    request: Request, publisher: Publisher, kind: str, identity: str | None
) -> Response:
    body = await body_of(request)
    found = _loaded(body)
    for name, wanted in (("resourceType", kind), ("id", identity)):
        if wanted is not None and name in found and found[name] != wanted:
            problem = Problem(name, "invalid", f"the {name} in the path is another one")
            return Fhir(outcome_of(problem), 400)
    _, receipt = await _receive(request, publisher, body)
    return _answer(operation_outcome(receipt), status_of(receipt), receipt)


async def _receive(
    request: Request, publisher: Viewer, body: bytes | None = None
) -> tuple[bytes, Receipt]:
    """The message and its receipt. The source is the publisher's organisation: nobody else's."""
    body = await body_of(request) if body is None else body
    source = request.headers.get("x-source") or publisher.org
    ensure(may_publish(publisher, source))
    given = request.headers.get("content-type", ContentType.FHIR)
    message = Inbound(
        body,
        source,
        request.headers.get("x-sector", Sector.UNKNOWN),
        given,
        request.headers.get("x-message-id") or content_id(body),
        datetime.now(UTC),
    )
    return body, await request.app.state.door.receive(message)


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


def unavailable(_: Request, __: Exception) -> Response:
    """Kafka cannot take the message now: it was not kept, and is to be sent again."""
    problem = Problem("", "transient", "the event log cannot be reached; send this again later")
    return Fhir(outcome_of(problem), 503, headers={"Retry-After": "5"})


def too_large(_: Request, error: Exception) -> Response:
    problem = Problem("", "too-long", f"larger than {error.limit} bytes; nothing was kept")  # type: ignore[attr-defined]
    return Fhir(
        outcome_of(problem), 413, headers={"X-Outcome": "rejected", "X-Reason": "too-large"}
    )


ERRORS = {KafkaError: unavailable, TooLarge: too_large}
