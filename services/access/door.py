"""What every request has: the viewer that its bearer token proves, and the database."""

from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.audit import note
from services.access.problems import RETRY_AFTER_S, Refused, ensure
from services.access.rules import Decision
from services.access.throttle import calm, refused
from services.access.tokens import BadToken, ProviderUnreachable, holds, read
from services.access.viewer import Viewer

REALM = 'Bearer realm="throughline"'
_bearer = HTTPBearer(auto_error=False, bearerFormat="JWT", description="`throughline token`")


async def viewer(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Viewer:
    """Who is asking. Raises Refused: 401 without a good token, 429 too often, 503 none checked."""
    if credentials is None:
        refused(request, "no-token")
        raise _unauthorized("send a bearer token", REALM)
    state = request.app.state
    try:
        found = await read(credentials.credentials, state.keys, state.settings)
    except BadToken as bad:
        refused(request, "bad-token")
        raise _unauthorized(str(bad), f'{REALM}, error="invalid_token"') from None
    except ProviderUnreachable:
        headers = {"Retry-After": RETRY_AFTER_S}
        detail = "the identity provider cannot be reached; try again"
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers) from None
    await calm(request, found)
    return found


async def ensure_noted(
    database: AsyncEngine,
    viewer: Viewer,
    view: str,
    decision: Decision,
    person: UUID | None = None,
) -> None:
    """Go on if the decision allows it. Raises Refused, and writes the denial down."""
    if not decision.allowed:
        async with database.begin() as tx:
            await note(tx, viewer, view, person, decision.allowed)
    ensure(decision)


async def _still(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Callable[[], Awaitable[bool]]:
    state, token = request.app.state, credentials.credentials if credentials else ""
    return partial(holds, token, state.keys, state.settings)


def _unauthorized(detail: str, challenge: str) -> Refused:
    """RFC 6750, section 3: the challenge says which credentials would do."""
    return Refused(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": challenge})


def own_address(request: Request) -> str:
    """Where we are found: as is set, and only where nothing is, as the request says."""
    return str(request.app.state.settings.public_url or request.base_url).rstrip("/")


# A plain function would be run in a thread, at each request.
async def _database(request: Request) -> AsyncEngine:
    database: AsyncEngine = request.app.state.database
    return database


CurrentViewer = Annotated[Viewer, Depends(viewer)]
# Whether the bearer token still proves who it proved, for answers that go on.
StillHolds = Annotated[Callable[[], Awaitable[bool]], Depends(_still)]
Database = Annotated[AsyncEngine, Depends(_database)]
