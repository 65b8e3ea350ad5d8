"""Who asks too often is told to wait, and that is noted; so is whoever proves nothing."""

from http import HTTPStatus
from math import ceil

import structlog
from fastapi import FastAPI, Request

from schemas.settings import Settings
from services.access.audit import note
from services.access.limits import Kind, Limiter, Wait, kind_of, neighbourhood
from services.access.problems import Refused
from services.access.viewer import Role, Viewer
from streams.runtime import metrics

log = structlog.get_logger()

TOO_OFTEN = "too many requests in a minute; wait, and go on"


def limiters_of(settings: Settings) -> dict[Kind, Limiter]:
    """What is counted, as it is set."""
    return {
        Kind.SEARCH: Limiter(settings.searches_a_minute),
        Kind.GLASS: Limiter(settings.glasses_a_minute),
        Kind.REQUEST: Limiter(settings.requests_a_minute),
        Kind.SIGN_IN: Limiter(settings.sign_ins_a_minute),
        Kind.REFUSAL: Limiter(settings.refusals_a_minute),
    }


async def calm(request: Request, viewer: Viewer) -> None:
    """Go on unless this viewer asks too often. Raises Refused (429), and notes the first time."""
    if viewer.role is Role.PUBLISHER:
        return
    kind = kind_of(request.method, request.scope["path"])
    wait = _limiter(request.app, kind).ask(viewer.user) if kind else None
    if wait is None or kind is None:
        return
    if wait.is_first:
        async with request.app.state.database.begin() as tx:
            await note(tx, viewer, f"too-often-{kind}", None, allowed=False)
    raise _held_back(kind, wait)


def calm_at_address(request: Request, kind: Kind) -> None:
    """Go on unless too many ask from there. Raises Refused (429)."""
    wait = _limiter(request.app, kind).ask(neighbourhood(address_of(request)))
    if wait is not None:
        raise _held_back(kind, wait)


def refused(request: Request, why: str) -> None:
    """Note that a request proves nothing, and of whom is not known. Raises Refused (429).

    Neither the token nor the address that was asked for is logged: both may be a person's.
    """
    metrics.REFUSED.labels(why).inc()
    calm_at_address(request, Kind.REFUSAL)
    log.warning("request-refused", why=why, client=address_of(request))


def address_of(request: Request) -> str:
    """Where the request came from, as far as our proxies are believed."""
    return request.client.host if request.client else ""


def _limiter(app: FastAPI, kind: Kind) -> Limiter:
    """The application's own, made when it is first asked for."""
    found: dict[Kind, Limiter] | None = getattr(app.state, "limiters", None)
    if found is None:
        found = app.state.limiters = limiters_of(app.state.settings)
    return found[kind]


def _held_back(kind: Kind, wait: Wait) -> Refused:
    metrics.REFUSED.labels("too-often").inc()
    if wait.is_first:
        log.warning("too-often", kind=kind.value)
    headers = {"Retry-After": str(max(1, ceil(wait.seconds)))}
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, TOO_OFTEN, headers=headers)
