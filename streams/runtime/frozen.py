"""Ends what a frozen worker left open: its transaction holds rows that its successor needs."""

import structlog
from mode import Service
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from streams.runtime.database import WORKER
from streams.runtime.retry import is_the_world

log = structlog.get_logger()

LOOK_EVERY_S = 2.0
# A batch takes a second or so. PostgreSQL's own time limits do not reach a session that is
# sending to a client, or is in the middle of a message from one: ending it is what does.
AT_MOST_S = 10.0

_END = text("""
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and usename = current_user and application_name = :worker
  and pid <> pg_backend_pid() and wait_event_type = 'Client'
  and xact_start < clock_timestamp() - make_interval(secs => :at_most_s)
""")


async def end_frozen(tx: AsyncConnection, at_most_s: float = AT_MOST_S) -> int:
    """End workers' transactions that have waited on their worker too long; returns how many."""
    return len((await tx.execute(_END, {"worker": WORKER, "at_most_s": at_most_s})).all())


class FrozenWatch(Service):
    """Every worker looks after all the others."""

    def __init__(self, database: AsyncEngine) -> None:
        super().__init__()
        self.database = database

    @Service.timer(LOOK_EVERY_S)
    async def _look(self) -> None:
        try:
            async with self.database.begin() as tx:
                ended = await end_frozen(tx)
        except Exception as error:
            if not is_the_world(error):
                raise
            return
        if ended:
            log.warning("frozen-ended", transactions=ended)
