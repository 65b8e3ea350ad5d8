"""The engine: a columnar copy of what measures are made of, kept up to date, asked in SQL.

PostgreSQL stays the truth. Before each answer the engine looks at what was stored since it looked
last, so an answer holds all that was committed before it was asked for.
"""

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import duckdb
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from streams.measures import pulls, reference, shape
from streams.measures.figures import Statement
from streams.measures.takes import take
from streams.runtime.retry import is_the_world, wait_s

Row = dict[str, Any]
Rows = list[Row]

log = structlog.get_logger()

LONGEST_WAIT_S: Final = 5.0
# Nothing is fetched from anywhere, and what does not fit in memory fails: no file of people's data.
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 2,
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
    "temp_directory": "",
}


class Engine:
    """One process's copy. `as_of`: everything stored before that moment is in it."""

    def __init__(self, database: AsyncEngine, folder: Path = reference.PACKAGED) -> None:
        self.database = database
        self.as_of: datetime | None = None
        self._store = duckdb.connect(config=_CONFIG)
        self._store.execute("set global TimeZone = 'UTC'")
        self._store.execute(shape.TABLES)
        reference.load(self._store, folder)
        self._busy = asyncio.Lock()
        self._began = 0.0

    async def warm(self) -> None:
        """Load everything, as soon as PostgreSQL can be reached: the first answer need not wait."""
        tries = 0
        while True:
            try:
                return await self.refresh()
            except Exception as error:
                if not is_the_world(error):
                    raise
                tries += 1
                log.warning("measures-wait", error=type(error).__name__)
                await asyncio.sleep(wait_s(tries, LONGEST_WAIT_S))

    async def refresh(self) -> None:
        """Return once all that was committed before the call is in the engine."""
        called = time.monotonic()
        # Whoever stops waiting leaves the others what has begun.
        await asyncio.shield(asyncio.ensure_future(self._refresh_since(called)))

    async def rows(self, asked: Statement) -> Rows:
        """The rows that a statement gives, of what is in the engine."""
        return (await self.all_rows(asked))[0]

    async def all_rows(self, *asked: Statement) -> list[Rows]:
        """The rows of each statement, all of one moment: a figure and its parts add up."""
        return await asyncio.to_thread(_rows, self._store, asked)

    def close(self) -> None:
        """Give the memory back; nothing can be asked any more."""
        self._store.close()

    async def _refresh_since(self, called: float) -> None:
        async with self._busy:
            if self._began < called:
                self._began = time.monotonic()
                await self._pull()

    async def _pull(self) -> None:
        until = await pulls.horizon(self.database)
        with TemporaryDirectory(prefix="throughline-measures-") as folder:
            async with self.database.connect() as connection:
                # One moment of the database for all of it, later than the horizon.
                tx = await connection.execution_options(isolation_level="REPEATABLE READ")
                files = {
                    table: await pulls.pull(tx, table, self.as_of, Path(folder))
                    for table in await pulls.changed(tx, self.as_of)
                }
            if files:
                await asyncio.to_thread(take, self._store, files)
        self.as_of = until


def _rows(store: duckdb.DuckDBPyConnection, asked: Sequence[Statement]) -> list[Rows]:
    with store.cursor() as cursor:
        cursor.begin()
        try:
            return [_named(cursor.execute(one.sql, one.values)) for one in asked]
        finally:
            cursor.rollback()


def _named(found: duckdb.DuckDBPyConnection) -> Rows:
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
