"""What a frozen worker holds is given back, however it froze."""

import asyncio
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.settings import Settings
from streams.runtime.database import WORKER, engine
from streams.runtime.frozen import end_frozen

PLACE = "insert into outbox (topic, messages) values ('t', '')"
HOLD = text("update outbox set topic = 'held'")
# More than socket buffers hold, so that PostgreSQL has to wait for the reader.
MUCH = "select repeat('x', 1000) from generate_series(1, 50000)"


async def test_a_transaction_stuck_in_sending_to_its_worker_is_ended(
    database: AsyncEngine, settings: Settings
) -> None:
    workers = engine(settings, WORKER)
    async with database.begin() as tx:
        await tx.execute(text(PLACE))
    async with workers.connect() as frozen:
        await frozen.execute(HOLD)
        driver: Any = (await frozen.get_raw_connection()).driver_connection
        driver._transport.pause_reading()
        reading = asyncio.create_task(driver.fetch(MUCH))
        async with asyncio.timeout(30):
            while not await ended(database):
                await asyncio.sleep(0.02)
        async with database.begin() as tx:
            await tx.execute(HOLD)
        driver._transport.resume_reading()
        await asyncio.wait({reading})
        assert reading.exception() is not None
        await frozen.invalidate()
    await workers.dispose()


async def test_a_transaction_of_its_time_is_left_alone(
    database: AsyncEngine, settings: Settings
) -> None:
    workers = engine(settings, WORKER)
    async with workers.begin() as busy:
        await busy.execute(text("select 1"))
        async with database.begin() as tx:
            assert await end_frozen(tx) == 0
        assert (await busy.execute(text("select 2"))).scalar() == 2
    await workers.dispose()


async def ended(database: AsyncEngine) -> int:
    async with database.begin() as tx:
        return await end_frozen(tx, at_most_s=0.1)
