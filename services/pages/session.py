"""Who is signed in: a cookie that no script reads names their session, and forms prove where
they are from.

The session itself is kept in the database (`session_storage.py`): it ends when it is not used, or
signed out of, whoever holds the cookie then.
"""

import hmac
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from secrets import token_urlsafe
from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import Depends, Request, Response

from schemas.settings import Settings
from services.access.problems import Refused
from services.access.provider import SignedIn
from services.access.throttle import calm
from services.access.viewer import Viewer
from services.pages import session_storage

MOST_BYTES = 64 * 1024
# Of a form for a person's own words: every field full, of characters that take twelve bytes each.
MOST_BYTES_OF_WORDS = 1024 * 1024
FORM_FIELD = "csrf"
_TOO_LARGE = "the form is larger than any of ours"
_FORGED = "the form did not come from a page of this service; open the page again"
# Somebody opened a page, and it is not a script that keeps one up to date.
_OPENED = {"", "navigate"}


class SignInFirst(Exception):
    """Nobody is signed in; `was`: somebody was, and that is over. The page shows how."""

    def __init__(self, *, was: bool = False) -> None:
        super().__init__()
        self.was = was


class Forged(Refused):
    """A form that none of our pages sent, or of another session."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.FORBIDDEN, _FORGED)


def cookies(settings: Settings) -> tuple[str, str]:
    """The names of the session's cookie and of the forms'.

    Outside development the browser refuses them without TLS or from another host.
    """
    prefix = "" if settings.development else "__Host-"
    return f"{prefix}throughline", f"{prefix}throughline-form"


async def page_viewer(request: Request) -> Viewer:
    """Who is signed in. Raises SignInFirst, and Refused where they ask too often."""
    state, secret = request.app.state, _secret(request)
    if not secret:
        raise SignInFirst
    active = request.headers.get("sec-fetch-mode", "") in _OPENED
    viewer = await session_storage.viewer_of(state.database, state.settings, secret, active=active)
    if viewer is None:
        raise SignInFirst(was=True)
    request.state.viewer = viewer
    await calm(request, viewer)
    return viewer


def still_signed_in(request: Request) -> Callable[[], Awaitable[bool]]:
    """Asks whether the session goes on, for answers that do."""
    state = request.app.state
    return partial(session_storage.holds, state.database, state.settings, _secret(request))


async def begin(request: Request, response: Response, who: SignedIn) -> None:
    """Sign somebody in, under new secrets; whoever was signed in at this browser no longer is."""
    state = request.app.state
    if before := _secret(request):
        await session_storage.end(state.database, before)
    secret = await session_storage.begin(state.database, state.settings, who)
    session, forms = cookies(state.settings)
    keep(request, response, session, secret)
    keep(request, response, forms, token_urlsafe(32))


async def end(request: Request, response: Response) -> str | None:
    """Sign out; what the provider knows the session by, None where nobody was signed in."""
    for name in cookies(request.app.state.settings):
        forget(request, response, name)
    secret = _secret(request)
    return await session_storage.end(request.app.state.database, secret) if secret else None


def form_secret(request: Request) -> str:
    """The secret behind this browser's forms; a new one where it has none yet."""
    held = request.cookies.get(cookies(request.app.state.settings)[1])
    if not held:
        held = getattr(request.state, "form_secret", None) or token_urlsafe(32)
        request.state.form_secret = held
    return held


def remember_form_secret(request: Request, response: Response) -> None:
    """Give the browser the secret that the page's forms were made with, where it is new."""
    if made := getattr(request.state, "form_secret", None):
        keep(request, response, cookies(request.app.state.settings)[1], made)


def form_proof(request: Request) -> str:
    """What a form of this browser and this session carries, and no other site can know."""
    return sha256(f"{form_secret(request)}|{_secret(request)}".encode()).hexdigest()


async def form(request: Request) -> dict[str, str]:
    """The fields of a form that one of our pages sent. Raises Refused for any other."""
    return await _fields(request, MOST_BYTES)


async def long_form(request: Request) -> dict[str, str]:
    """The same of a form with room for a person's own words."""
    return await _fields(request, MOST_BYTES_OF_WORDS)


async def _fields(request: Request, most_bytes: int) -> dict[str, str]:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Forged
    fields = dict(parse_qsl((await _body(request, most_bytes)).decode("utf-8", "replace")))
    if not hmac.compare_digest(fields.pop(FORM_FIELD, "").encode(), form_proof(request).encode()):
        raise Forged
    return fields


async def _body(request: Request, most_bytes: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
    return bytes(body)


def _secret(request: Request) -> str:
    return request.cookies.get(cookies(request.app.state.settings)[0], "")


def keep(
    request: Request, response: Response, name: str, value: str, max_age_s: int | None = None
) -> None:
    """Let the browser hold a value, out of reach of scripts and of other sites."""
    longest = request.app.state.settings.session_minutes * 60
    response.set_cookie(
        name,
        value,
        max_age=longest if max_age_s is None else max_age_s,
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def forget(request: Request, response: Response, name: str) -> None:
    """Let the browser drop what it holds."""
    response.delete_cookie(name, path="/", secure=is_secure(request), httponly=True, samesite="lax")


def is_secure(request: Request) -> bool:
    """Whether the browser came by TLS: outside development always, whatever a proxy says."""
    return request.url.scheme == "https" or not request.app.state.settings.development


PageViewer = Annotated[Viewer, Depends(page_viewer)]
Form = Annotated[dict[str, str], Depends(form)]
LongForm = Annotated[dict[str, str], Depends(long_form)]
