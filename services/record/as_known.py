"""`as_known_at`, for every question that can be asked of the past."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.errors import Retry
from services.access.door import Database
from services.access.problems import RETRY_AFTER_S, Refused
from services.record.models import Moment
from streams.runtime.horizon import NotYet, settled

_Asked = Annotated[Moment | None, Query(description="the answer as it was known at this moment")]


async def _as_known_at(database: Database, as_known_at: _Asked = None) -> Moment | None:
    """The moment, once the answer for it can change no more. Raises Refused."""
    await ensure_known(database, as_known_at)
    return as_known_at


async def ensure_known(database: AsyncEngine, as_known_at: datetime | None) -> None:
    """Go on once what was known then can change no more; at once for now. Raises Refused."""
    if as_known_at is None:
        return
    try:
        await settled(database, as_known_at)
    except NotYet:
        detail = "`as_known_at` is still to come: nobody can say what will be known then"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from None
    except Retry:
        headers = {"Retry-After": RETRY_AFTER_S}
        detail = "what was known then is still being stored; try again"
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers) from None


AsKnownAt = Annotated[Moment | None, Depends(_as_known_at)]
