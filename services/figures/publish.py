"""Sends each figure that moved since it was last sent; one replica at a time does."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.notices import Figure
from schemas.topics import Topic
from services.figures.values import Figures, changes
from streams.runtime.outbox import put

# Whoever does not get it leaves at once, and has another try at the next change.
_LEAD = text("select pg_try_advisory_xact_lock(7420002)")
_LAST = text("select figure, value from figures")
_SET = text(
    "insert into figures as f (figure, value)"
    " select * from unnest(cast(:figures as text[]), cast(:values as jsonb[]))"
    " on conflict (figure) do update set value = excluded.value, known_at = now()"
)


async def is_first(tx: AsyncConnection) -> bool:
    """Whether this transaction alone, of all replicas, may tell and keep figures."""
    return bool((await tx.execute(_LEAD)).scalar())


async def publish(database: AsyncEngine, figures: Figures) -> int:
    """Send what differs from what was sent last; returns how many figures that were."""
    async with database.begin() as tx:
        if not await is_first(tx):
            return 0
        stored = await tx.execute(_LAST)
        last = {row.figure: msgspec.convert(row.value, Figure) for row in stored}
        moved = changes(figures, last)
        await _send(tx, moved)
    return len(moved)


async def _send(tx: AsyncConnection, moved: Sequence[tuple[str, Figure]]) -> None:
    if not moved:
        return
    values = [msgspec.json.encode(figure).decode() for _, figure in moved]
    await tx.execute(_SET, {"figures": [key for key, _ in moved], "values": values})
    await put(tx, Topic.MEASURES, moved)
