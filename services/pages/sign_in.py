"""Signing in and out. In development one chooses who to be; elsewhere the provider says."""

from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from services.access.tokens import NotInDevelopment, issue
from services.pages import session, words
from services.pages.demo_users import DEMO_USERS, WORK
from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import Form

router = APIRouter(route_class=PageRoute, include_in_schema=False)

HOME = "/"
_CHOOSE = "Choose who to be"


@router.get("/sign-in")
async def sign_in(request: Request, next: str = HOME) -> Response:
    """Who to be, in development; elsewhere that signing in is not set up."""
    return _shown(request, next)


@router.post("/sign-in")
async def signed_in(request: Request, form: Form) -> Response:
    """Sign in as the demo user that was chosen, and go where one was going."""
    viewer = DEMO_USERS.get(form.get("user", ""))
    if viewer is None:
        return _shown(request, form.get("next", HOME), _CHOOSE)
    try:
        token = issue(request.app.state.settings, viewer)
    except NotInDevelopment:
        return _shown(request, HOME)
    answer = RedirectResponse(local(form.get("next", HOME)), HTTPStatus.SEE_OTHER)
    session.begin(request, answer, token)
    return answer


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


def _shown(request: Request, towards: str, wrong: str = "") -> Response:
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
    said = {"users": users, "next": local(towards), "wrong": wrong}
    return page(request, "sign-in.jinja", said, HTTPStatus.BAD_REQUEST if wrong else HTTPStatus.OK)
