"""What has changed, told to every open page: a few looks a second, only while any is open."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from time import monotonic

import structlog
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from services.pages.lag import Watch

log = structlog.get_logger()

LOOK_EVERY_S = 0.25
# A page that hears nothing for longer says that it may be out of date.
TELL_EVERY_S = 10.0
# Then the browser asks again, and is asked again who it is.
LISTEN_FOR_S = 300.0

Mark = str
# Measures are made of stays, referrals, people and what else is said: any stage may change them.
_MARK = text("select coalesce(sum(next_offset), 0)::text from positions")


class Changes:
    """Tells its listeners when what is stored has moved on.

    `mark` gives a text that is another one after every change. Raises nothing: what cannot be
    looked at has not changed, and listeners hear nothing until it can.
    """

    def __init__(self, mark: Callable[[], Awaitable[Mark]]) -> None:
        self._mark, self._looking = mark, asyncio.Lock()
        self._last: Mark | None = None
        self._looked_at = float("-inf")
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Let every listener go: the process is about to stop, and another one is there."""
        self._ended.set()

    async def look(self) -> Mark | None:
        """The mark now, or of a moment ago; None where it cannot be looked at."""
        async with self._looking:
            if monotonic() - self._looked_at >= LOOK_EVERY_S:
                self._last = await self._look()
                self._looked_at = monotonic()
        return self._last

    async def _look(self) -> Mark | None:
        with suppress(SQLAlchemyError, OSError):
            return await self._mark()
        log.warning("changes-not-seen")
        return None

    async def heard(self) -> AsyncIterator[dict[str, str]]:
        """The mark for one page, at first, after each change, and now and then without one.

        A page that shows another mark is out of date, whatever it missed.
        """
        began, told = monotonic(), float("-inf")
        before: Mark | None = None
        while monotonic() - began < LISTEN_FOR_S and not self._ended.is_set():
            mark = await self.look()
            if mark is not None and (mark != before or monotonic() - told >= TELL_EVERY_S):
                yield {"event": "mark", "data": mark}
                before, told = mark, monotonic()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), LOOK_EVERY_S)


def changes_of(database: AsyncEngine, lag: Watch) -> Changes:
    """The changes of what the measures are made of, and of whether they are up to date."""

    async def mark() -> Mark:
        async with database.connect() as connection:
            done = (await connection.execute(_MARK)).scalar_one()
        return f"{done} {lag.lag()}"

    return Changes(mark)
