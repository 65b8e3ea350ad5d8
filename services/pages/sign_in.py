"""Signing in at the identity provider, coming back from there, and signing out of both."""

from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode, urlsplit

import structlog
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from services.access.keys import ProviderUnreachable
from services.access.limits import Kind
from services.access.provider import CALLBACK, SIGNED_OUT, Asked, NotSetUp, Provider
from services.access.throttle import address_of, calm_at_address
from services.access.tokens import BadToken
from services.pages import pending, session, sign_in_words
from services.pages.errors import PageRoute, refusal
from services.pages.render import page
from services.pages.session import Form
from services.pages.sign_in_words import Wrong
from streams.runtime import metrics

log = structlog.get_logger()
router = APIRouter(route_class=PageRoute, include_in_schema=False)

HOME = "/"
# No address of ours is longer; it has to go into a cookie.
LONGEST = 1_000

Said = Annotated[str, Query(max_length=4_000)]


@router.get("/sign-in")
async def sign_in(request: Request, next: Said = HOME, ended: bool = False) -> Response:
    """Where signing in begins, and why one is asked to again."""
    idle = request.app.state.settings.session_idle_minutes
    return _shown(request, next, sign_in_words.ended(idle) if ended else None)


@router.get("/sign-in/start")
async def start(request: Request, next: Said = HOME) -> Response:
    """Off to the provider."""
    calm_at_address(request, Kind.SIGN_IN)
    if elsewhere := _where_people_are_led(request, next):
        return RedirectResponse(elsewhere, HTTPStatus.SEE_OTHER)
    asked = Asked.anew(local(next))
    try:
        there = await _provider(request).way_in(asked)
    except NotSetUp:
        return _shown(request, next)
    except ProviderUnreachable as away:
        return _away(request, away)
    answer = RedirectResponse(there, HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})
    pending.remember(request, answer, asked)
    return answer


@router.get(CALLBACK)
async def came_back(
    request: Request, state: Said = "", code: Said = "", error: Said = "", iss: Said = ""
) -> Response:
    """Who comes back from the provider is signed in, and goes where they were going."""
    calm_at_address(request, Kind.SIGN_IN)
    asked = pending.begun_with(request, state)
    if asked is None:
        return _refused(request, HOME, sign_in_words.NOT_BEGUN_HERE)
    if error or not code:
        return _over(request, asked, _refused(request, asked.towards, sign_in_words.of(error)))
    try:
        who = await _provider(request).signed_in(code, asked, iss)
    except (BadToken, NotSetUp) as bad:
        wrong = sign_in_words.not_believed(str(bad))
        return _over(request, asked, _refused(request, asked.towards, wrong))
    except ProviderUnreachable as away:
        return _over(request, asked, _away(request, away))
    answer = RedirectResponse(local(asked.towards), HTTPStatus.SEE_OTHER)
    answer.headers["Cache-Control"] = "no-store"
    await session.begin(request, answer, who)
    metrics.SIGNED_IN.inc()
    return _over(request, asked, answer)


@router.post("/sign-out")
async def sign_out(request: Request, form: Form) -> Response:
    """End the session of this browser, here and then at the provider."""
    answer: Response = RedirectResponse(SIGNED_OUT, HTTPStatus.SEE_OTHER)
    id_token = await session.end(request, answer)
    there = await _way_out(request) if id_token else None
    if id_token and there:
        said = {"action": there, "fields": _provider(request).goodbye(id_token)}
        leave = page(request, "leave.jinja", said, forms_to=_origin(there))
        leave.raw_headers += [header for header in answer.raw_headers if header[0] == b"set-cookie"]
        answer = leave
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@router.get(SIGNED_OUT)
async def signed_out(request: Request) -> Response:
    """That nobody is signed in at this browser any more."""
    return page(request, "signed-out.jinja", {})


def local(address: str) -> str:
    """The address if it is one of ours, else home: nobody is led elsewhere by signing in."""
    parts = urlsplit(address)
    plain = address.isprintable() and "\\" not in address and address.startswith("/")
    ours = plain and not address.startswith("//") and not parts.scheme and not parts.netloc
    return address if ours and len(address) <= LONGEST else HOME


def _provider(request: Request) -> Provider:
    found: Provider = request.app.state.provider
    return found


def _where_people_are_led(request: Request, towards: str) -> str | None:
    """In development one may come by another name of this machine, which cookies do not follow."""
    settings = request.app.state.settings
    if not settings.development or request.url.netloc == urlsplit(settings.address).netloc:
        return None
    return f"{settings.address}/sign-in/start?{urlencode({'next': local(towards)})}"


async def _way_out(request: Request) -> str | None:
    try:
        return await _provider(request).way_out()
    except (NotSetUp, ProviderUnreachable) as away:
        log.warning("provider-not-told-of-sign-out", error=type(away).__name__)
        return None


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _over(request: Request, asked: Asked, answer: Response) -> Response:
    pending.forget(request, answer, asked.state)
    return answer


def _shown(request: Request, towards: str, why: Wrong | None = None) -> Response:
    said = {
        "is_set_up": _provider(request).is_set_up,
        "development": request.app.state.settings.development,
        "start": "/sign-in/start?" + urlencode({"next": local(towards)}),
        "why": why,
    }
    return page(request, "sign-in.jinja", said)


def _refused(request: Request, towards: str, wrong: Wrong) -> Response:
    """Nobody was signed in: what to do, and a line for whoever looks after the service."""
    metrics.REFUSED.labels("sign-in").inc()
    log.warning("sign-in-refused", why=wrong.why, client=address_of(request))
    answer = _shown(request, towards, wrong)
    answer.status_code = HTTPStatus.FORBIDDEN
    return answer


def _away(request: Request, away: ProviderUnreachable) -> Response:
    log.warning("provider-unreachable", error=str(away))
    return refusal(request, HTTPStatus.SERVICE_UNAVAILABLE, "the sign-in service does not answer")
