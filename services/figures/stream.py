"""The board's figures as server-sent events."""

from collections.abc import AsyncIterator

import msgspec
from fastapi import APIRouter, Request
from sse_starlette import EventSourceResponse

from services.access.door import CurrentViewer, Database
from services.access.measures import ensure_may_view
from services.access.problems import documented
from services.figures.live import Live

# Then the client asks again, and is asked again who it is.
LISTEN_FOR_S = 300.0

router = APIRouter(prefix="/api/operations", tags=["measures"], responses=documented())


@router.get("/stream", response_class=EventSourceResponse)
async def stream(
    request: Request, viewer: CurrentViewer, database: Database
) -> EventSourceResponse:
    """Events `figures`: all of them at first, then each that moved, as soon as it is worked out.

    Its data is `{"as_of", "figures"}`, each figure as `care.measures.v1` carries it. An event
    without figures says that nothing moved. The stream ends after a while: connect again.
    """
    await ensure_may_view(database, viewer)
    return EventSourceResponse(_told(request.app.state.live), headers={"Cache-Control": "no-store"})


async def _told(live: Live) -> AsyncIterator[dict[str, str]]:
    async for moved in live.heard(LISTEN_FOR_S):
        data = msgspec.json.encode({"as_of": live.as_of, "figures": moved}).decode()
        yield {"event": "figures", "data": data}
