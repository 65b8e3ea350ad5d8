"""`as_known_at`, for every question that can be asked of the past."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Query

from schemas.errors import Retry
from services.access.door import Database
from services.access.problems import RETRY_AFTER_S, Refused
from services.record.models import Moment
from streams.runtime.horizon import NotYet, settled

_Asked = Annotated[Moment | None, Query(description="the answer as it was known at this moment")]


async def _as_known_at(database: Database, as_known_at: _Asked = None) -> Moment | None:
    """The moment, once the answer for it can change no more. Raises Refused."""
    if as_known_at is not None:
        with refusing():
            await settled(database, as_known_at)
    return as_known_at


@contextmanager
def refusing() -> Iterator[None]:
    """Refuse a question about a moment that is still to come, or that is still being stored."""
    try:
        yield
    except NotYet:
        detail = "`as_known_at` is still to come: nobody can say what will be known then"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail) from None
    except Retry:
        headers = {"Retry-After": RETRY_AFTER_S}
        detail = "what was known then is still being stored; try again"
        raise Refused(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers=headers) from None


AsKnownAt = Annotated[Moment | None, Depends(_as_known_at)]
