"""The engine: a columnar copy of what measures are made of, kept up to date, asked in SQL.

PostgreSQL stays the truth. Before each answer the engine looks at what was stored since it looked
last, so an answer holds all that was committed before it was asked for, and nothing that became
known after its own moment: asked again as known then, it is the same.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, TypeVar

import duckdb
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.reference import Reference
from streams.measures import frames, pulls, shape
from streams.measures import reference as referred
from streams.measures.figures import Statement
from streams.measures.takes import stand_in, take
from streams.measures.then import Line
from streams.runtime.horizon import settled
from streams.runtime.retry import is_the_world, wait_s

Row = dict[str, Any]
Rows = list[Row]
T = TypeVar("T")

log = structlog.get_logger()

LONGEST_WAIT_S: Final = 5.0
POLL_S: Final = 0.01
# A transaction that hangs is not waited for: the answer's own moment is then that much older.
PATIENCE_S: Final = 1.0
# Nothing is fetched from anywhere, and what does not fit in memory fails: no file of people's data.
_CONFIG: Final[dict[str, str | bool | int | float | list[str]]] = {
    "threads": 2,
    "preserve_insertion_order": False,
    "autoinstall_known_extensions": False,
    "temp_directory": "",
}


class Answers(NamedTuple):
    """The rows of each statement; all that was known at `as_of` is in them, and nothing else."""

    as_of: datetime
    rows: list[Rows]


class Engine:
    """One process's copy."""

    def __init__(self, database: AsyncEngine, reference: Reference) -> None:
        self.database = database
        self.as_of: datetime | None = None
        self._store = duckdb.connect(config=_CONFIG)
        self._store.execute("set global TimeZone = 'UTC'")
        self._store.execute(shape.TABLES + shape.REFERENCE)
        referred.load(self._store, reference)
        self._busy, self._framing = asyncio.Lock(), asyncio.Lock()
        self._began = 0.0
        self._frames: dict[datetime, _Frame] = {}
        self._running: set[asyncio.Future[Any]] = set()

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

    async def answers(
        self,
        asked: Callable[[datetime], Iterable[Statement]],
        as_known_at: datetime | None = None,
    ) -> Answers:
        """What the statements for a moment give, of what was known at it: now, or one in the past.

        Raises NotYet for a moment to come.
        """
        if as_known_at is None:
            await self.refresh()
            return await self._in_thread(_answers, self._store, frames.LIVE, asked)
        async with self._frame(as_known_at) as frame:
            return await self._in_thread(_answers, self._store, frame, asked)

    async def rows(self, asked: Statement, as_known_at: datetime | None = None) -> Rows:
        """The rows that one statement gives."""
        return (await self.answers(lambda _: [asked], as_known_at)).rows[0]

    async def all_rows(self, *asked: Statement, as_known_at: datetime | None = None) -> list[Rows]:
        """The rows of each statement, all of one moment: a figure and its parts add up."""
        return (await self.answers(lambda _: asked, as_known_at)).rows

    async def rows_with(self, stays: Iterable[Line], asked: Statement) -> Rows:
        """The rows that a statement gives where there are just these stays; all else is as it is.

        A line is one that `streams.measures.then` makes.
        """
        return await self._in_thread(_rows_with, self._store, list(stays), asked)

    async def close(self) -> None:
        """Give the memory back, once what has begun has ended; nothing can be asked any more."""
        async with self._busy, self._framing:
            while self._running:
                await asyncio.wait(self._running)
            self._store.close()

    async def _in_thread(self, work: Callable[..., T], *values: object) -> T:
        """Do it beside the event loop. Whoever is cancelled meanwhile does not end it."""
        doing = asyncio.ensure_future(asyncio.to_thread(work, *values))
        self._running.add(doing)
        doing.add_done_callback(self._running.discard)
        return await asyncio.shield(doing)

    async def _refresh_since(self, called: float) -> None:
        async with self._busy:
            if self._began < called:
                self._began = time.monotonic()
                await self._pull()

    async def _pull(self) -> None:
        if at := await self._still():
            await self._in_thread(take, self._store, {}, at)
        else:
            with TemporaryDirectory(prefix="throughline-measures-") as folder:
                at, files = await self._changes(Path(folder))
                await self._in_thread(take, self._store, files, at)
        self.as_of = at

    async def _still(self) -> datetime | None:
        """The moment until which nothing became known since the engine looked last, if so.

        Most looks find nothing new, and such a one costs two short questions.
        """
        if self.as_of is None:
            return None
        async with self.database.connect() as connection:
            tx = await connection.execution_options(isolation_level="AUTOCOMMIT")
            horizon = await pulls.horizon(tx)
            latest = await pulls.latest(tx, self.as_of)
        return None if latest.changed else max(horizon.at, self.as_of)

    async def _changes(self, folder: Path) -> tuple[datetime, dict[str, Path]]:
        """A moment, and files of what changed until then since the engine looked last."""
        horizon = await self._horizon()
        called, patience = horizon.now, time.monotonic() + PATIENCE_S
        while True:
            async with self._looking() as tx:
                latest = await pulls.latest(tx, self.as_of)
                is_late = time.monotonic() > patience
                if horizon.at > called or not latest.is_after(horizon.at) or is_late:
                    at = max(horizon.at, self.as_of or horizon.at)
                    return at, await pulls.pull(tx, latest.changed, self.as_of, at, folder)
            # Something that was committed is newer than something that may still come.
            await asyncio.sleep(POLL_S)
            horizon = await self._horizon()

    async def _horizon(self) -> pulls.Horizon:
        """In a transaction of its own: the next one sees all that it says is committed."""
        async with self.database.connect() as connection:
            tx = await connection.execution_options(isolation_level="AUTOCOMMIT")
            return await pulls.horizon(tx)

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator[AsyncConnection]:
        """One moment of the database for all that is read of it."""
        async with self.database.connect() as connection:
            yield await connection.execution_options(isolation_level="REPEATABLE READ")

    @asynccontextmanager
    async def _frame(self, at: datetime) -> AsyncIterator[str]:
        """The name of the frame of a past moment, which is there for as long as it is used."""
        async with self._framing:
            frame = self._frames.pop(at, None) or await self._make(at)
            self._frames[at] = frame
            frame.users += 1
        try:
            yield frame.name
        finally:
            frame.users -= 1

    async def _make(self, at: datetime) -> "_Frame":
        await settled(self.database, at)
        await self.refresh()
        for old in [at for at, frame in self._frames.items() if not frame.users]:
            if len(self._frames) >= frames.AT_MOST:
                frames.drop(self._store, self._frames.pop(old).name)
        frame = _Frame(at)
        with self._store.cursor() as cursor, TemporaryDirectory() as folder:
            # What changes in PostgreSQL after this is seen there: nothing falls in between.
            await self._in_thread(frames.begin, cursor)
            async with self._looking() as tx:
                files = await pulls.pull(tx, pulls.TABLES, at, at, Path(folder))
            await self._in_thread(frames.make, cursor, frame.name, at, files)
        return frame


class _Frame:
    """A frame by its name, and by how many it is being asked."""

    def __init__(self, at: datetime) -> None:
        self.name = f"known_{at.astimezone(UTC):%Y%m%d%H%M%S%f}"
        self.users = 0


def _answers(
    store: duckdb.DuckDBPyConnection,
    frame: str,
    asked: Callable[[datetime], Iterable[Statement]],
) -> Answers:
    with store.cursor() as cursor:
        if frame != frames.LIVE:
            cursor.execute(f"set search_path = '{frame},main'")
        cursor.begin()
        try:
            as_of = cursor.execute("select as_of from moment").fetchall()[0][0].astimezone(UTC)
            rows = [_named(cursor.execute(one.sql, one.values)) for one in asked(as_of)]
            return Answers(as_of, rows)
        finally:
            cursor.rollback()


def _rows_with(store: duckdb.DuckDBPyConnection, stays: list[Line], asked: Statement) -> Rows:
    with store.cursor() as cursor, TemporaryDirectory(prefix="throughline-measures-") as folder:
        file = Path(folder, "stays.csv")
        pulls.write(file, stays)
        stand_in(cursor, file)
        return _named(cursor.execute(asked.sql, asked.values))


def _named(found: duckdb.DuckDBPyConnection) -> Rows:
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
