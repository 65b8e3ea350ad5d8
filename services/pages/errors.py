"""Pages for what cannot be shown: nobody signed in, no access, not found, held, broken."""

from collections.abc import Callable, Coroutine, Mapping
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import urlencode

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from services.access.audit import note
from services.access.problems import RETRY_AFTER_S, Refused
from services.access.throttle import refused as note_refused
from services.access.viewer import Viewer
from services.logs import where
from services.pages.place import NoSuchPlace
from services.pages.render import page
from services.pages.session import Forged, SignInFirst, form
from services.pages.timeline_words import NoSuchDay
from streams.runtime.retry import is_the_world

log = structlog.get_logger()

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Said(NamedTuple):
    """What a page of an error says: what is so, and what to do now."""

    title: str
    advice: str


_SAID = {
    HTTPStatus.FORBIDDEN: Said(
        "You do not have access to this page",
        "Your attempt has been noted. If your work needs this page, ask your organisation's"
        " administrator for the role that it takes.",
    ),
    HTTPStatus.NOT_FOUND: Said(
        "Page not found", "If you typed the address, check it. Otherwise start from the home page."
    ),
    HTTPStatus.UNPROCESSABLE_ENTITY: Said(
        "This cannot be answered", "A part of the address is wrong. Start from the home page."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: Said(
        "You have asked too often",
        "Wait for a minute and try again. This keeps records from being searched by machines.",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: Said(
        "The service is busy or being mended",
        "Nothing is lost. Try again in a few seconds.",
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: Said(
        "Sorry, there is a problem with the service",
        "It has been logged. Try again later.",
    ),
}
_OTHERWISE = Said("This cannot be done", "Go back and try again.")


class PageRoute(APIRoute):
    """A route whose every failure is a page too."""

    def get_route_handler(self) -> Handler:
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await answer(request)
            except SignInFirst as nobody:
                return await to_sign_in(request, was=nobody.was)
            except Refused as refused:
                return await _refused(request, refused)
            except HTTPException as error:
                return refusal(request, error.status_code)
            except (RequestValidationError, NoSuchPlace, NoSuchDay):
                return refusal(request, HTTPStatus.UNPROCESSABLE_ENTITY)
            except Exception as error:
                return _failed(request, error)

        return answered


def install(app: FastAPI) -> None:
    """A page for whoever follows an address that is none; programs are answered as before."""
    before: Any = app.exception_handlers.get(HTTPException, http_exception_handler)

    async def not_found(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 (registered for it alone)
        if error.status_code == HTTPStatus.NOT_FOUND and _is_a_person(request):
            return refusal(request, error.status_code)
        answer: Response = await before(request, error)
        return answer

    app.add_exception_handler(HTTPException, not_found)


def _is_a_person(request: Request) -> bool:
    """Whether a browser asks, for what is no program's."""
    of_programs = request.url.path.startswith(("/api/", "/fhir/", "/assets/"))
    return "text/html" in request.headers.get("accept", "") and not of_programs


async def to_sign_in(request: Request, *, was: bool) -> Response:
    """Off to sign in, and then back to here; `was`: one was signed in before.

    What was typed into a form is shown again: it has gone nowhere, and would be lost.
    """
    typed = await _typed(request) if request.method == "POST" else {}
    back = {"next": _here(request)} if _here(request) != "/" else {}
    there = "/sign-in?" + urlencode(back | ({"ended": "true"} if was else {}))
    if typed:
        said = {"typed": typed, "there": there}
        return page(request, "not-sent.jinja", said, HTTPStatus.FORBIDDEN)
    return RedirectResponse(there.rstrip("?"), HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})


def _here(request: Request) -> str:
    """The page that is asked for, or that a form was sent from: that of the same address."""
    query = f"?{request.url.query}" if request.url.query and request.method == "GET" else ""
    return request.url.path + query if request.method in {"GET", "POST"} else "/"


async def _typed(request: Request) -> dict[str, str]:
    """What was typed into one of our forms; nothing where it is not sure that it is ours."""
    try:
        fields = await form(request)
    except (Refused, RuntimeError):
        return {}
    return {name: value for name, value in fields.items() if value.strip()}


async def _refused(request: Request, why: Refused) -> Response:
    if isinstance(why, Forged):
        await _note_forged(request)
    return refusal(request, why.status, why.detail, why.headers)


async def _note_forged(request: Request) -> None:
    """A form that is not ours: counted, and noted where somebody is signed in."""
    note_refused(request, "forged-form")
    viewer: Viewer | None = getattr(request.state, "viewer", None)
    if viewer is not None:
        async with request.app.state.database.begin() as tx:
            await note(tx, viewer, "forged-form", None, allowed=False)


def refusal(
    request: Request, status: int, why: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """The page that says that this is not to be had, and why where that helps."""
    said = _SAID.get(HTTPStatus(status), _OTHERWISE)
    words = {"title": said.title, "advice": said.advice, "why": why}
    answer = page(request, "error.jinja", words, status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        answer.headers["Retry-After"] = RETRY_AFTER_S
    answer.headers.update(headers or {})
    return answer


def _failed(request: Request, error: Exception) -> Response:
    """Try again where that can help; anything else is a bug, logged without its words."""
    if isinstance(error, DBAPIError | PoolTimeout | OSError) and is_the_world(error):
        log.warning("page-held", error=type(error).__name__)
        return refusal(request, HTTPStatus.SERVICE_UNAVAILABLE)
    log.error("bug", **where(error))
    return refusal(request, HTTPStatus.INTERNAL_SERVER_ERROR)
