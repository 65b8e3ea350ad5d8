"""The operations board: the page, and the word that it has changed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from sse_starlette import EventSourceResponse

from services.access.door import Database
from services.access.measures import ensure_may_view
from services.access.rules import may_follow_figures
from services.access.viewer import Viewer
from services.operations.door import MeasuresEngine
from services.pages import board, place
from services.pages.board_words import LAG_WORDS, board_words
from services.pages.errors import PageRoute
from services.pages.figures import answers_and_sites
from services.pages.parts import Names
from services.pages.render import page
from services.pages.session import PageViewer
from streams.measures.engine import Engine

router = APIRouter(route_class=PageRoute, include_in_schema=False)


@router.get("/operations")
async def operations(
    request: Request,
    viewer: PageViewer,
    engine: MeasuresEngine,
    at: Annotated[str, Query(description="provider, or provider/site")] = "",
) -> Response:
    """The board of everywhere, or of one provider or site."""
    await ensure_may_view(engine.database, viewer)
    state, where = request.app.state, place.filters(at)
    # Looked at before the figures: what changes meanwhile is another mark.
    mark = await state.changes.look()
    board_now = partial(_board, engine, viewer, at, where, state.names)
    said = await state.boards.get((at, mark), board_now)
    follows = may_follow_figures(viewer).allowed
    more = {"mark": mark or "", "lag": LAG_WORDS[state.lag.lag()], "follows": follows}
    return page(request, "operations.jinja", {**said, **more})


async def _board(
    engine: Engine, viewer: Viewer, at: str, where: Mapping[str, str], names: Names
) -> dict[str, object]:
    """What the board says to anybody who may see it."""
    now = datetime.now(UTC)
    answers, sites = await answers_and_sites(engine, viewer, board.asks(where), where, now)
    choices = place.choices(sites, at, names)
    return {"board": board_words(answers, where, now, names), "at": at, "choices": choices}


@router.get("/operations/changes")
async def changes(request: Request, viewer: PageViewer, database: Database) -> Response:
    """Server-sent events: the mark of what the board should show."""
    await ensure_may_view(database, viewer)
    heard = request.app.state.changes.heard()
    return EventSourceResponse(heard, headers={"Cache-Control": "no-store"})
