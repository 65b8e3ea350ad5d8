"""Signing in and out. In development one chooses who to be; elsewhere the provider says."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.door import Database
from services.access.tokens import NotInDevelopment, issue
from services.access.viewer import Viewer
from services.pages import session, words
from services.pages.demo_users import DEMO_USERS, THEMSELF, WORK, themself
from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import Form

router = APIRouter(route_class=PageRoute, include_in_schema=False)

HOME = "/"
_LONGEST = 200
NOTHING_ASKED: Final[Mapping[str, str]] = {}
_CHOOSE = "Choose who to be"
_WHOSE_NUMBER = "Enter the NHS number of somebody who has a record here"


@router.get("/sign-in")
async def sign_in(request: Request, next: str = HOME) -> Response:
    """Who to be, in development; elsewhere that signing in is not set up."""
    return _shown(request, next)


@router.post("/sign-in")
async def signed_in(request: Request, form: Form, database: Database) -> Response:
    """Sign in as the demo user that was chosen, and go where one was going."""
    settings = request.app.state.settings
    if not settings.development:
        return _shown(request, HOME)
    viewer = await _chosen(database, form)
    if viewer is None:
        return _mistaken(request, form)
    try:
        token = issue(settings, viewer)
    except NotInDevelopment:
        return _shown(request, HOME)
    answer = RedirectResponse(local(form.get("next", HOME)), HTTPStatus.SEE_OTHER)
    session.begin(request, answer, token)
    return answer


async def _chosen(database: AsyncEngine, form: Mapping[str, str]) -> Viewer | None:
    user = form.get("user", "")
    if user == THEMSELF:
        return await themself(database, form.get("number", ""))
    return DEMO_USERS.get(user)


def _mistaken(request: Request, form: Mapping[str, str]) -> Response:
    """The form again, with what is wrong in it."""
    user, number = form.get("user", ""), form.get("number", "").strip()
    wrong = _WHOSE_NUMBER if user == THEMSELF else _CHOOSE
    asked = {"user": user, "number": number[:_LONGEST]}
    return _shown(request, form.get("next", HOME), wrong, asked)


@router.post("/sign-out")
async def signed_out(request: Request, form: Form) -> Response:
    """End the session of this browser."""
    answer = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    session.end(request, answer)
    return answer


def local(address: str) -> str:
    """The address if it is one of ours, else home: nobody is led elsewhere by signing in."""
    parts = urlsplit(address)
    plain = address.isprintable() and "\\" not in address and address.startswith("/")
    ours = plain and not address.startswith("//") and not parts.scheme and not parts.netloc
    return address if ours else HOME


def _shown(
    request: Request, towards: str, wrong: str = "", asked: Mapping[str, str] = NOTHING_ASKED
) -> Response:
    development = request.app.state.settings.development
    users = [
        {
            "value": user,
            "text": f"{viewer.name}, {words.spaced(viewer.role)}",
            "hint": {"text": WORK[user]},
        }
        for user, viewer in DEMO_USERS.items()
        if development
    ]
    said: dict[str, object] = {
        "users": users,
        "next": local(towards),
        "wrong": wrong,
        "asked": asked,
    }
    said |= {"themself": THEMSELF, "is_number": wrong == _WHOSE_NUMBER}
    return page(request, "sign-in.jinja", said, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK)
