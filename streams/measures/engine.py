"""The engine: a columnar copy of what measures are made of, kept up to date, asked in SQL.

PostgreSQL stays the truth. Before each answer the engine looks at what was stored since it looked
last, so an answer holds all that was committed before it was asked for.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import duckdb
from sqlalchemy.ext.asyncio import AsyncEngine

from streams.measures import pulls, shape, traits
from streams.measures.figures import Statement

Rows = list[dict[str, Any]]
Answer = TypeVar("Answer")

_READ = {"stays": shape.STAYS, "requests": shape.REQUESTS, "traits": shape.TRAITS}


class Engine:
    """One process's copy. `as_of`: everything stored before that moment is in it."""

    def __init__(self, database: AsyncEngine) -> None:
        self.database = database
        self.as_of: datetime | None = None
        self._store = duckdb.connect()
        self._store.execute("set TimeZone = 'UTC'; set threads = 2; set preserve_insertion_order = false")
        self._store.execute(shape.TABLES)
        self._busy = asyncio.Lock()
        self._began = 0.0

    async def refresh(self) -> None:
        """Return once all that was committed before the call is in the engine."""
        called = time.monotonic()
        async with self._busy:
            if self._began < called:
                self._began = time.monotonic()
                await self._pull()

    async def rows(self, asked: Statement) -> Rows:
        """The rows that a statement gives, as they are now in the engine."""
        return await asyncio.to_thread(_rows, self._store.cursor(), asked)

    async def _pull(self) -> None:
        with TemporaryDirectory(prefix="throughline-measures-") as folder:
            async with self.database.connect() as connection:
                # One moment of the database for all of it.
                tx = await connection.execution_options(isolation_level="REPEATABLE READ")
                found = await pulls.look(tx, self.as_of)
                files = {table: Path(folder, f"{table}.csv") for table in found.changed}
                for table, file in files.items():
                    await pulls.pull(tx, table, self.as_of, file)
            if files:
                await asyncio.to_thread(_take, self._store.cursor(), files, self.as_of is None)
            self.as_of = found.until


def _rows(store: duckdb.DuckDBPyConnection, asked: Statement) -> Rows:
    found = store.execute(asked.sql, asked.values)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _take(store: duckdb.DuckDBPyConnection, files: dict[str, Path], is_first: bool) -> None:
    """Put what was pulled in the place of what it replaces, all of it or nothing."""
    store.begin()
    try:
        store.execute("create or replace temp table touched (person uuid)")
        for table, file in files.items():
            _read(store, table, file)
            _TAKERS[table](store)
        store.commit()
    except BaseException:
        store.rollback()
        raise


def _read(store: duckdb.DuckDBPyConnection, table: str, file: Path) -> None:
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in _READ[table].items())
    store.execute(
        f"create or replace temp table fresh as select * from read_csv('{file}', header = false,"
        f" auto_detect = false, quote = '\"', escape = '\"', columns = {{{columns}}})"
    )


def _take_stays(store: duckdb.DuckDBPyConnection) -> None:
    was = "select person from stays where n in (select hash(source, visit) from fresh)"
    store.execute(f"insert into touched {was} union select person from fresh")
    for table in shape.OF_STAYS:
        store.execute(shape.FORGET_STAYS.format(table=table))
    store.execute(shape.READ_STAYS)
    store.execute(shape.ADD_STAYS)
    store.execute(shape.FORGET_CHAINS)
    store.execute(shape.ADD_CHAINS)


def _take_requests(store: duckdb.DuckDBPyConnection) -> None:
    store.execute(shape.FORGET_REQUESTS)
    store.execute(shape.ADD_REQUESTS)


def _take_traits(store: duckdb.DuckDBPyConnection) -> None:
    nobody = f"'{traits.NOBODY}'::uuid"
    was = "select person from traits where (event_id, number) in (select (event_id, number) from fresh)"
    threads = "select person from traits where thread in (select thread from fresh)"
    store.execute(f"insert into touched {was} union {threads} union select coalesce(person, {nobody}) from fresh")
    store.execute(traits.FORGET_TRAITS)
    store.execute(traits.ADD_TRAITS)
    store.execute(traits.HOLD)
    for table in traits.OF_TRAITS:
        store.execute(traits.FORGET.format(table=table))
    store.execute(traits.MAKE)
    store.execute(traits.WARDS)


_TAKERS: dict[str, Callable[[duckdb.DuckDBPyConnection], None]] = {
    "stays": _take_stays,
    "requests": _take_requests,
    "traits": _take_traits,
}
