"""What signing in began with, kept by the browser that began until it comes back: once, and soon.

A cookie for each, so that two windows may sign in at once, and nobody fills a store of ours.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from fastapi import Request, Response

from schemas.settings import Settings
from services.access.provider import Asked
from services.pages import session

LASTS_S = 600


def remember(request: Request, response: Response, asked: Asked) -> None:
    """Let the browser hold what it has to know when it comes back."""
    said = urlsafe_b64encode(msgspec.json.encode(asked)).decode()
    session.keep(request, response, _name(request, asked.state), said, LASTS_S)


def begun_with(request: Request, state: str) -> Asked | None:
    """What this browser began with under that name; None where it did not, or has come back."""
    said = request.cookies.get(_name(request, state), "")
    try:
        asked = msgspec.json.decode(urlsafe_b64decode(said), type=Asked)
    except (ValueError, msgspec.DecodeError):
        return None
    return asked if asked.state == state else None


def forget(request: Request, response: Response, state: str) -> None:
    """Nobody comes back with it again."""
    session.forget(request, response, _name(request, state))


def _name(request: Request, state: str) -> str:
    settings: Settings = request.app.state.settings
    known = "".join(one for one in state[:16] if one.isascii() and (one.isalnum() or one in "-_"))
    return f"{session.cookies(settings)[0]}-asked-{known}"
