"""What was known at a moment is only told once nothing can be added to it any more."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.settings import Settings
from streams.runtime.database import WORKER, engine
from streams.runtime.horizon import NotYet, settled
from tests.builders import encounter, event_of
from tests.store.conftest import House


async def now(database: AsyncEngine) -> datetime:
    async with database.connect() as connection:
        at: datetime = (await connection.execute(text("select clock_timestamp()"))).scalar_one()
    return at


async def test_a_moment_waits_for_the_transactions_that_began_before_it(
    settings: Settings, database: AsyncEngine
) -> None:
    worker = engine(settings, WORKER)
    async with worker.connect() as storing:
        await storing.execute(text("select now()"))
        asked = asyncio.create_task(settled(database, await now(database)))
        done, _ = await asyncio.wait({asked}, timeout=0.5)
        assert not done
        await storing.rollback()
        await asyncio.wait_for(asked, 5)
    await worker.dispose()


async def test_a_moment_does_not_wait_for_what_began_after_it(
    settings: Settings, database: AsyncEngine
) -> None:
    before = await now(database)
    await asyncio.sleep(0.01)
    worker = engine(settings, WORKER)
    async with worker.connect() as storing:
        await storing.execute(text("select now()"))
        await asyncio.wait_for(settled(database, before), 5)
    await worker.dispose()


async def test_nobody_knows_what_will_be_known(database: AsyncEngine) -> None:
    with pytest.raises(NotYet):
        await settled(database, datetime.now(UTC) + timedelta(hours=1))


async def test_asking_for_a_moment_to_come_is_refused(
    house: House, clinician: httpx.AsyncClient
) -> None:
    await house.take(event_of(encounter()))
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    async with house.database.connect() as connection:
        person = (await connection.execute(text("select person_id from identities"))).scalar()
    path = f"/api/people/{person}/stays"
    answer = await clinician.get(path, params={"as_known_at": ahead})
    assert answer.status_code == 422
