"""Who is signed in: a cookie that no script reads holds the token, and forms prove where they are.

A development token is put there by `sign_in.py`; an identity provider's, once it is asked for one,
by the same `begin`.
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
from services.access.tokens import LIFETIME, BadToken, ProviderUnreachable, holds, read
from services.access.viewer import Viewer

MOST_BYTES = 64 * 1024
# Of a form for a person's own words: every field full, of characters that take twelve bytes each.
MOST_BYTES_OF_WORDS = 1024 * 1024
FORM_FIELD = "csrf"
_TOO_LARGE = "the form is larger than any of ours"
_FORGED = "the form did not come from a page of this service; open the page again"


class SignInFirst(Exception):
    """Nobody is signed in, or no longer; the page shows how."""


def cookies(settings: Settings) -> tuple[str, str]:
    """The names of the session's cookie and of the forms'.

    Outside development the browser refuses them without TLS or from another host.
    """
    prefix = "" if settings.development else "__Host-"
    return f"{prefix}throughline", f"{prefix}throughline-form"


async def page_viewer(request: Request) -> Viewer:
    """Who is signed in. Raises SignInFirst, and Refused where no token can be checked now."""
    state = request.app.state
    token = request.cookies.get(cookies(state.settings)[0])
    if not token:
        raise SignInFirst
    try:
        viewer = await read(token, state.keys, state.settings)
    except BadToken:
        raise SignInFirst from None
    except ProviderUnreachable:
        detail = "the identity provider cannot be reached; try again"
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail) from None
    request.state.viewer = viewer
    return viewer


def still_signed_in(request: Request) -> Callable[[], Awaitable[bool]]:
    """Asks whether the session still is who it was, for answers that go on."""
    state = request.app.state
    token = request.cookies.get(cookies(state.settings)[0], "")
    return partial(holds, token, state.keys, state.settings)


def begin(request: Request, response: Response, token: str) -> None:
    """Sign the bearer of the token in, under a new secret for their forms."""
    session, forms = cookies(request.app.state.settings)
    for name, value in ((session, token), (forms, token_urlsafe(32))):
        _keep(request, response, name, value)


def end(request: Request, response: Response) -> None:
    """Sign out."""
    for name in cookies(request.app.state.settings):
        response.delete_cookie(name, path="/", secure=is_secure(request), httponly=True)


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
        _keep(request, response, cookies(request.app.state.settings)[1], made)


def form_proof(request: Request) -> str:
    """What a form of this browser and this session carries, and no other site can know."""
    session = request.cookies.get(cookies(request.app.state.settings)[0], "")
    return sha256(f"{form_secret(request)}|{session}".encode()).hexdigest()


async def form(request: Request) -> dict[str, str]:
    """The fields of a form that one of our pages sent. Raises Refused for any other."""
    return await _fields(request, MOST_BYTES)


async def long_form(request: Request) -> dict[str, str]:
    """The same of a form with room for a person's own words."""
    return await _fields(request, MOST_BYTES_OF_WORDS)


async def _fields(request: Request, most_bytes: int) -> dict[str, str]:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Refused(HTTPStatus.FORBIDDEN, _FORGED)
    fields = dict(parse_qsl((await _body(request, most_bytes)).decode("utf-8", "replace")))
    if not hmac.compare_digest(fields.pop(FORM_FIELD, "").encode(), form_proof(request).encode()):
        raise Refused(HTTPStatus.FORBIDDEN, _FORGED)
    return fields


async def _body(request: Request, most_bytes: int) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
    return bytes(body)


def _keep(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=int(LIFETIME.total_seconds()),
        path="/",
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )


def is_secure(request: Request) -> bool:
    """Whether the browser came by TLS: outside development always, whatever a proxy says."""
    return request.url.scheme == "https" or not request.app.state.settings.development


PageViewer = Annotated[Viewer, Depends(page_viewer)]
Form = Annotated[dict[str, str], Depends(form)]
LongForm = Annotated[dict[str, str], Depends(long_form)]
