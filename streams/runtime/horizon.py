"""Until when everything is known: a moment that nothing which is still being stored can belong to.

Rows are known from the start of the transaction that stores them. A transaction that has begun but
not committed may still add rows of the past: whoever asks for the past waits until it has ended.
"""

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.errors import Retry
from streams.runtime.database import SERVICE, WORKER
from streams.runtime.frozen import AT_MOST_S

POLL_S = 0.02
# A hanging worker is ended by the others (`streams.runtime.frozen`): a little after that.
GIVE_UP_S = AT_MOST_S + 5.0
# PostgreSQL shows a transaction's start a moment after it has been taken, and a service's first
# write is the first thing that its transaction does.
MARGIN = timedelta(milliseconds=50)
_WHO = {"worker": WORKER, "service": SERVICE}

_HORIZON = text("""
select clock_timestamp() as now, (
  select min(xact_start) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()
    and (application_name = :worker or application_name = :service and backend_xid is not null)
) as oldest
""")


class NotYet(Exception):
    """The moment is still to come: nobody can say what will be known then."""


async def settled(database: AsyncEngine, at: datetime) -> None:
    """Return once what was known at a moment can change no more.

    Raises NotYet for a moment to come, and Retry where a transaction does not end. Asked outside
    of a transaction: two that waited inside of theirs would wait for each other.
    """
    async with database.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await _wait(connection, at)


async def _wait(connection: AsyncConnection, at: datetime) -> None:
    for _ in range(int(GIVE_UP_S / POLL_S)):
        now, oldest = (await connection.execute(_HORIZON, _WHO)).one()
        if at > now:
            raise NotYet
        if at < now - MARGIN and (oldest is None or oldest > at):
            return
        await asyncio.sleep(POLL_S)
    raise Retry("a transaction from before that moment has not ended")
