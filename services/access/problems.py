"""Errors as clients read them: problem details, or an OperationOutcome under `/fhir`."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from schemas.fhir.outcome import outcome
from schemas.fhir.problem import Problem
from services.access.rules import Decision
from services.correlation import echoed
from services.headers import secured
from services.logs import where
from streams.runtime.retry import is_the_world

log = structlog.get_logger()

PROBLEM_JSON = "application/problem+json"
FHIR_JSON = "application/fhir+json"
RETRY_AFTER_S = "5"
DOCUMENTED = (400, 401, 403, 404, 422, 429, 503)
# FHIR R4 IssueType for each status; what is not here is `processing`.
ISSUE_CODES = {
    400: "invalid",
    401: "login",
    403: "forbidden",
    404: "not-found",
    405: "not-supported",
    406: "not-supported",
    409: "conflict",
    410: "deleted",
    413: "too-long",
    415: "not-supported",
    429: "throttled",
    500: "exception",
    503: "transient",
}


class Refused(Exception):
    """This request gets no answer but the status and the words. Never holds a person's data.

    `problems`: what is wrong with each part of the request, where that is known.
    """

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        problems: Sequence[Problem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail
        self.problems, self.headers = tuple(problems), dict(headers or {})


class Wrong(BaseModel):
    """One part of a request that is wrong: where, and why."""

    path: str
    text: str


class ProblemDetails(BaseModel):
    """RFC 9457 problem details, as every error under `/api` has them."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    problems: list[Wrong] = []


def documented(kind: str = PROBLEM_JSON) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the errors that any read may give; `kind` is their media type."""
    schema = _problem_schema() if kind == PROBLEM_JSON else {"type": "object"}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {kind: {"schema": schema}}}
        for status in DOCUMENTED
    }


def _problem_schema() -> dict[str, Any]:
    """In one piece: OpenAPI keeps shared definitions elsewhere than JSON Schema does."""
    schema = ProblemDetails.model_json_schema()
    del schema["$defs"]
    schema["properties"]["problems"]["items"] = Wrong.model_json_schema()
    return schema


def ensure(decision: Decision) -> None:
    """Go on if the decision allows it. Raises Refused (403) with its reason."""
    if not decision.allowed:
        raise Refused(HTTPStatus.FORBIDDEN, decision.reason)


def install(app: FastAPI) -> None:
    """Make every error of the app a problem document."""
    app.add_exception_handler(Refused, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    for error in (DBAPIError, PoolTimeout, OSError):
        app.add_exception_handler(error, _held)
    app.add_exception_handler(Exception, _failed)


def response_of(path: str, refused: Refused) -> Response:
    """The response to a request for `path`: OperationOutcome under /fhir, else problem details."""
    if path == "/fhir" or path.startswith("/fhir/"):
        body, kind = _outcome(refused), FHIR_JSON
    else:
        body, kind = _details(refused), PROBLEM_JSON
    return Response(orjson.dumps(body), refused.status, refused.headers, kind)


def _details(refused: Refused) -> dict[str, Any]:
    details = ProblemDetails(
        title=HTTPStatus(refused.status).phrase,
        status=refused.status,
        detail=refused.detail,
        problems=[Wrong(path=problem.path, text=problem.text) for problem in refused.problems],
    )
    return details.model_dump(exclude_defaults=True) | {"type": details.type}


def _outcome(refused: Refused) -> dict[str, Any]:
    if refused.problems:
        return outcome(refused.problems)
    code = ISSUE_CODES.get(refused.status, "processing")
    issue = {"severity": "error", "code": code, "diagnostics": refused.detail}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 (registered for it alone)
    return response_of(request.url.path, error)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (registered for it alone)
    refused = Refused(error.status_code, str(error.detail), headers=error.headers)
    return response_of(request.url.path, refused)


async def _invalid(request: Request, error: Exception) -> Response:
    """Where and why, without the value: it may be a person's."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 (registered for it alone)
    problems = [
        Problem(".".join(str(part) for part in found["loc"]), "invalid", str(found["msg"]))
        for found in error.errors()
    ]
    detail = "a part of the request is missing or wrong"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return response_of(request.url.path, Refused(status, detail, problems=problems))


async def _held(request: Request, error: Exception) -> Response:
    """Try again later, where that can help; anything else is a bug and goes on as one."""
    if not is_the_world(error):
        raise error
    log.warning("request-held", error=type(error).__name__)
    detail = "something that this service needs cannot be reached; try again"
    headers = {"Retry-After": RETRY_AFTER_S}
    refused = Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers)
    return response_of(request.url.path, refused)


async def _failed(request: Request, error: Exception) -> Response:
    log.error("bug", **where(error))
    detail = "an error of this service; it has been logged"
    answer = response_of(request.url.path, Refused(HTTPStatus.INTERNAL_SERVER_ERROR, detail))
    # Made outside of everything that is around the app, and so outside of what does this else.
    answer.raw_headers = secured(answer.raw_headers + echoed(request.headers.raw), https=False)
    return answer
