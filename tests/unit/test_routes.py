"""No request waits for a thread: FastAPI runs in one whatever is a plain function.

A thread costs more than most of these do, and a process has 40 of them.
"""

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from inspect import isasyncgenfunction, isclass, iscoroutinefunction, unwrap
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts

from schemas.settings import Settings
from services.issuer.app import create_issuer
from services.web import create_app

KEY = "a development key of forty-two characters."
SETTINGS = Settings(
    kafka="none:1", database="postgresql+asyncpg://none/none", development=True, development_key=KEY
)


def calls_of(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    if dependant.call is not None:
        yield dependant.call
    for one in dependant.dependencies:
        yield from calls_of(one)


def is_awaited(call: Callable[..., Any]) -> bool:
    while isinstance(call, partial):
        call = call.func
    found = unwrap(call)
    if not isclass(found) and not hasattr(found, "__code__"):
        found = type(found).__call__
    return iscoroutinefunction(found) or isasyncgenfunction(found)


def plain(app: FastAPI) -> tuple[int, set[str]]:
    """How many routes there are, and what of them, or of what they depend on, needs a thread."""
    routes = [one.route for one in iter_route_contexts(app.routes)]
    found = [one.dependant for one in routes if isinstance(one, APIRoute)]
    calls = {call for one in found for call in calls_of(one)}
    return len(found), {repr(call) for call in calls if not is_awaited(call)}


async def test_nothing_of_the_services_needs_a_thread() -> None:
    app = create_app(SETTINGS)
    many, found = plain(app)
    await app.state.engine.close()
    await app.state.database.dispose()
    assert many > 100
    assert found == set()


def test_nothing_of_the_issuer_needs_a_thread() -> None:
    many, found = plain(create_issuer("http://issuer", "http://here", development=True))
    assert many
    assert found == set()


def test_what_needs_a_thread_would_be_seen() -> None:
    class Plain:
        def __init__(self) -> None:
            pass

        def __call__(self) -> None:
            pass

    async def awaited() -> None:
        await asyncio.sleep(0)

    app = FastAPI()

    @app.get("/")
    async def route(
        a: Annotated[None, Depends(Plain)],
        b: Annotated[None, Depends(Plain())],
        c: Annotated[None, Depends(partial(lambda: None))],
        d: Annotated[None, Depends(partial(awaited))],
    ) -> None:
        pass

    assert len(plain(app)[1]) == 3
