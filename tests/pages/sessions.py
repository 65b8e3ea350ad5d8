"""Sessions of whomever a test needs, who is no demo user."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from services.access.provider import SignedIn
from services.access.viewer import Viewer
from services.pages import session_storage
from streams.runtime.database import engine
from tests.pages.browser import Visitor
from tests.pages.town import Town
from tests.running import development


def is_signed_in(someone: Visitor, place: Town, viewer: Viewer) -> None:
    """As somebody whom no demo user is. The browser's event loop is this thread's: in another."""
    with ThreadPoolExecutor(1) as aside:
        secret = aside.submit(asyncio.run, begun(str(place.running.said["database"]), viewer))
    cookie: Any = {"name": "throughline", "value": secret.result(), "url": place.url}
    someone.page.context.add_cookies([cookie])


async def begun(database: str, viewer: Viewer) -> str:
    settings = development().model_copy(update={"database": database})
    reached = engine(settings)
    try:
        return await session_storage.begin(reached, settings, SignedIn(viewer, "an id token"))
    finally:
        await reached.dispose()
