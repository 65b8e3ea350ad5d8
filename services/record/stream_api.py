"""A record's changes as server-sent events: that there is something new, and in which parts."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine
from sse_starlette import EventSourceResponse

from schemas.times import moment
from services.access.door import CurrentViewer, Database, StillHolds
from services.access.problems import documented
from services.access.viewer import Viewer
from services.record.following import Told
from services.record.look import Record, look_at
from services.record.models import Moment
from services.record.unknown import known

router = APIRouter(tags=["record"], responses=documented())

HEADERS = {"Cache-Control": "no-store"}

# A browser that comes back says which event it heard last; any other text says nothing.
LastHeard = Annotated[str, Header(alias="Last-Event-ID", include_in_schema=False)]
Since = Annotated[Moment | None, Query(description="begin with what has changed since then")]


@router.get("/api/people/{person_id}/stream", response_class=EventSourceResponse)
async def stream(
    person_id: UUID,
    request: Request,
    viewer: CurrentViewer,
    database: Database,
    still: StillHolds,
    since: Since = None,
    last_heard: LastHeard = "",
) -> EventSourceResponse:
    """Events `changed`, one as soon as something of the record has changed.

    Its data is `{"mark", "changed"}`: until when, and which parts, as their addresses name them;
    `identity` is who is one person, which may change all of them. An event in which nothing
    changed says that the stream is alive. What is withheld from the viewer is told by none. The
    stream ends after a while, and with what lets the viewer look: connect again, with the last
    `mark` as `since` or `Last-Event-ID`.
    """
    begun = await following_since(database, viewer, person_id, since, last_heard)
    told = request.app.state.following.told(viewer, person_id, begun, still)
    return EventSourceResponse(_events(told), headers=HEADERS)


async def following_since(
    database: AsyncEngine, viewer: Viewer, person: UUID, since: datetime | None, heard: str
) -> datetime:
    """From when on a viewer is told of a record, as one look at it. Raises Refused."""
    now = known(await look_at(database, viewer, person, "stream", _moment_of))
    return moment(heard) or since or now


async def _moment_of(record: Record) -> datetime:
    return record.at


async def _events(heard: AsyncIterator[Told]) -> AsyncIterator[dict[str, str]]:
    async for told in heard:
        data = msgspec.json.encode({"mark": told.mark, "changed": told.parts}).decode()
        yield {"event": "changed", "id": told.mark, "data": data}
