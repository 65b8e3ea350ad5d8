"""Sends each figure that moved since it was last sent; one replica at a time does."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.notices import Figure
from schemas.topics import Topic
from services.figures.values import Figures, changes
from streams.runtime.outbox import put

# Whoever does not get it leaves at once, and has another try a little later.
_LEAD = text("select pg_try_advisory_xact_lock(7420002)")
_LAST = text("select figure, value, known_at from figures")
_SET = text(
    "insert into figures as f (figure, value, known_at)"
    " select figure, value, clock_timestamp()"
    " from unnest(cast(:figures as text[]), cast(:values as jsonb[])) as n(figure, value)"
    " on conflict (figure) do update set value = excluded.value, known_at = clock_timestamp()"
)


async def is_first(tx: AsyncConnection) -> bool:
    """Whether this transaction alone, of all replicas, may tell and keep figures."""
    return bool((await tx.execute(_LEAD)).scalar())


async def publish(database: AsyncEngine, figures: Figures, as_of: datetime) -> bool:
    """Send what differs from what was sent last. `as_of`: the moment that the figures are of.

    False where another replica has sent since then: these may be older than what it sent.
    """
    async with database.begin() as tx:
        if not await is_first(tx):
            return False
        stored = (await tx.execute(_LAST)).all()
        if any(row.known_at > as_of for row in stored):
            return False
        last = {row.figure: msgspec.convert(row.value, Figure) for row in stored}
        await _send(tx, changes(figures, last))
    return True


async def _send(tx: AsyncConnection, moved: Sequence[tuple[str, Figure]]) -> None:
    if not moved:
        return
    values = [msgspec.json.encode(figure).decode() for _, figure in moved]
    await tx.execute(_SET, {"figures": [key for key, _ in moved], "values": values})
    await put(tx, Topic.MEASURES, moved)
