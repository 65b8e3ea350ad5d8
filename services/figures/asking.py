"""The measures' answers for what is told: the one place here that asks them."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.measures import MEASURES
from schemas.notices import Figure
from schemas.times import london_date
from services.figures.told import TOLD, Told
from services.figures.values import figures_of
from services.operations import storage
from services.operations.question import Asked, question


async def figures_now(database: AsyncEngine, now: datetime) -> dict[str, Figure]:
    """Every figure that is told, by its key, all of one moment of the database."""
    found: dict[str, Figure] = {}
    async with database.connect() as tx:
        await tx.execution_options(isolation_level="REPEATABLE READ")
        for told in TOLD:
            for part in _parts(told) if told.can_be_told else ():
                rows = await _rows(tx, told, part, now)
                found.update(figures_of(told, MEASURES[told.measure], rows, part))
    return found


def _parts(told: Told) -> Sequence[dict[str, str]]:
    return [{told.each[0]: value} for value in told.each[1]] if told.each else [{}]


async def _rows(
    tx: AsyncConnection, told: Told, part: Mapping[str, str], now: datetime
) -> Sequence[Mapping[str, Any]]:
    today = london_date(now)
    days = {"from": today, "to": today + timedelta(days=1)} if told.today else {}
    cut = {"by": told.by} if told.by else {}
    asked = question(MEASURES[told.measure], Asked.model_validate({**days, **cut, **part}), now)
    if asked.by is None:
        return [await storage.figures(tx, asked)]
    return await storage.rows(tx, asked, asked.by)
