"""The figures of now, worked out again whenever what they are made of has moved on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from time import monotonic

import structlog
from sqlalchemy import text

from schemas.notices import Figure
from services.figures.asking import figures_now
from services.figures.gauges import show, up_to_date
from services.figures.publish import publish
from services.figures.snapshots import keep
from services.figures.values import Figures, changes
from services.logs import where
from streams.measures.engine import Engine
from streams.runtime.retry import is_the_world, wait_s

log = structlog.get_logger()

LOOK_EVERY_S = 0.25
# Days pass and stays grow long without an event.
AT_LEAST_EVERY_S = 60.0
# Working figures out takes no more than this part of the time: under load they come less often.
SHARE = 0.1
TELL_EVERY_S = 10.0
KEEP_EVERY_S = 15.0
LONGEST_PAUSE_S = 15.0
# The moment is the database's: replicas compare theirs.
_MARK = text(
    "select coalesce(sum(next_offset), 0) as mark, clock_timestamp() as now from positions"
)


class Live:
    """This process's figures of now. `as_of`: what was stored before that moment is in them."""

    def __init__(self, measures: Engine) -> None:
        self.measures, self.database = measures, measures.database
        self.figures: Figures = {}
        self.as_of: datetime | None = None
        self._mark: int | None = None
        self._worked_out, self._took = float("-inf"), 0.0
        self._kept = float("-inf")
        self._changed = asyncio.Event()
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Let every listener go: the process is about to stop."""
        self._ended.set()
        self._changed.set()

    async def run(self) -> None:
        """Look again and again until the process ends.

        What fails is tried again: an answer of the services must not hang on a gauge. A bug is
        logged as one, and figures that stand still are seen by their age.
        """
        tries = 0
        while not self._ended.is_set():
            try:
                await self.look()
                tries = 0
            except Exception as error:
                _report(error)
                tries += 1
            pause_s = wait_s(tries, LONGEST_PAUSE_S) if tries else LOOK_EVERY_S
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), pause_s)

    async def look(self) -> None:
        """Work the figures out again, if there is anything new, and tell what moved.

        Now and then see to the snapshots.
        """
        async with self.database.connect() as connection:
            mark, now = (await connection.execute(_MARK)).one()
        if self._is_due(mark):
            is_told = await self._work_out(now)
            self._mark = mark if is_told else None
        if mark == self._mark:
            self.as_of = now
            up_to_date(now)
        if monotonic() - self._kept >= KEEP_EVERY_S:
            self._kept = monotonic()
            await keep(self.database, now)

    def _is_due(self, mark: int) -> bool:
        since = monotonic() - self._worked_out
        if mark == self._mark:
            return since >= AT_LEAST_EVERY_S
        return since >= self._took / SHARE

    async def _work_out(self, now: datetime) -> bool:
        """Show and tell the figures of now; False where another replica told of a later moment."""
        began = monotonic()
        figures = await figures_now(self.measures, now)
        show(figures.values())
        if changes(figures, self.figures):
            self.figures = figures
            self._changed.set()
            self._changed = asyncio.Event()
        is_told = await publish(self.database, figures, now)
        self._worked_out = monotonic()
        self._took = self._worked_out - began
        return is_told

    async def heard(self, listen_for_s: float) -> AsyncIterator[list[Figure]]:
        """All figures at first, then those that moved; nothing, now and then, while none does."""
        began, seen = monotonic(), dict[str, Figure]()
        while monotonic() - began < listen_for_s and not self._ended.is_set():
            changed = self._changed
            moved = changes(self.figures, seen)
            seen.update(moved)
            yield [figure for _, figure in moved]
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), TELL_EVERY_S)


def _report(error: Exception) -> None:
    if is_the_world(error):
        log.warning("figures-held", error=type(error).__name__)
    else:
        log.error("bug", **where(error))
