"""Whether figures lag behind what has arrived: a dead worker must not look like a quiet night."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from time import monotonic

import structlog
from aiokafka.errors import KafkaError
from sqlalchemy.exc import SQLAlchemyError

from services.pages.board import Lag
from streams.runtime.progress import Reached

log = structlog.get_logger()

# What was there so long ago should be counted by now.
LOOK_EVERY_S = 10.0
# The stages between a message's arrival and a figure.
STAGES = ("intake", "timeline", "flow", "referrals")

Progress = Mapping[str, Mapping[int, Reached]]


class Watch:
    """Looks at the stages' progress, in the background, only while somebody asks.

    `reached` gives the progress by stage and partition.
    """

    def __init__(
        self, reached: Callable[[], Awaitable[Progress]], now: Callable[[], float] = monotonic
    ) -> None:
        self._reached, self._now = reached, now
        self._before: Progress = {}
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._lag = Lag.NONE

    def lag(self) -> Lag:
        """How it stood at the last look; a new look is begun where that is long ago."""
        if self._now() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = self._now()
            self._looking = asyncio.ensure_future(self.look())
        return self._lag

    async def look(self) -> None:
        """Compare what is done now with what was there at the look before."""
        try:
            now = await self._reached()
        except (KafkaError, SQLAlchemyError, OSError) as error:
            log.warning("lag-not-seen", error=type(error).__name__)
            self._lag, self._before = Lag.UNKNOWN, {}
            return
        self._lag = Lag.BEHIND if is_behind(self._before, now) else Lag.NONE
        self._before = now


def is_behind(before: Progress, now: Progress) -> bool:
    """Whether something that had arrived at the look before is still not done."""
    return any(
        reached.done < before[stage][partition].end
        for stage in STAGES
        for partition, reached in now.get(stage, {}).items()
        if partition in before.get(stage, {})
    )
