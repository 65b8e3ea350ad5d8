"""Every projection against the facts: what differs, and building one anew."""

import asyncio
from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from streams.flow import check as flow
from streams.identity import check as identity
from streams.referrals import check as referrals
from streams.runtime.difference import Difference
from streams.timeline import check as timeline
from streams.traits import check as traits

CHECKS = (
    timeline.differences,
    flow.differences,
    referrals.differences,
    identity.differences,
    traits.differences,
)

# Projections follow the events at their own pace: what differs now may be right a moment later.
LOOKS, PAUSE_S = 3, 2.0


async def verify(
    database: AsyncEngine, told: Callable[[str], None] = lambda _: None
) -> list[Difference]:
    """The rows that differ at every one of a few looks; empty where every projection agrees."""
    lasting = await _look(database, told)
    for _ in range(LOOKS - 1):
        if not lasting:
            break
        await asyncio.sleep(PAUSE_S)
        lasting &= await _look(database, told)
    return sorted(lasting)


async def _look(database: AsyncEngine, told: Callable[[str], None]) -> set[Difference]:
    found: set[Difference] = set()
    for check in CHECKS:
        told(check.__module__)
        async with database.connect() as connection:
            found |= {difference async for difference in check(connection)}
    return found


async def _rebuild_record(reading: AsyncConnection, tx: AsyncConnection) -> int:
    rebuilds = (timeline.rebuild, identity.rebuild, traits.rebuild)
    return sum([await rebuild(reading, tx) for rebuild in rebuilds])


REBUILDS = {"record": _rebuild_record, "flow": flow.rebuild, "referrals": referrals.rebuild}


async def rebuild(database: AsyncEngine, projection: str) -> int:
    """Fold a projection anew, compare with the live one, put right what differs.

    Returns the rows that were put right, all in one transaction. Raises Retry where the workers
    changed one of them meanwhile: then nothing is changed.
    """
    async with database.connect() as reading, database.begin() as tx:
        return await REBUILDS[projection](reading, tx)
