"""A database that is filled once and kept for the next time."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import gettempdir
from time import perf_counter

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from deploy.embedded.postgres import start_postgres
from deploy.migrations.run import migrate

Fill = Callable[[AsyncConnection], Awaitable[None]]


@asynccontextmanager
async def kept(name: str, fill: Fill, *, durable: bool) -> AsyncIterator[str]:
    """The address of the database of that name, filled now where it is not yet."""
    folder = Path(gettempdir()) / f"throughline-{name}"
    folder.mkdir(exist_ok=True)
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own where we are root
    postgres = await start_postgres(folder / "postgres", durable=durable)
    database = create_async_engine(postgres.url)
    try:
        await migrate(postgres.url)
        async with database.connect() as tx:
            is_filled = (await tx.execute(text("select to_regclass('filled')"))).scalar_one()
        if not is_filled:
            await _fill(database, fill)
        yield postgres.url
    finally:
        await database.dispose()
        await postgres.stop()


async def _fill(database: AsyncEngine, fill: Fill) -> None:
    async with database.begin() as tx:
        await fill(tx)
        await tx.execute(text("create table filled as select 1 as done"))
    async with database.connect() as connection:
        tx = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await tx.execute(text("vacuum analyze"))


async def run_each(tx: AsyncConnection, statements: Iterable[tuple[str, str]]) -> None:
    """Run statements by their names, as they are written: what looks like a parameter is none."""
    raw = (await tx.get_raw_connection()).driver_connection
    assert raw is not None
    for name, statement in statements:
        began = perf_counter()
        await raw.execute(statement)
        print(f"  filled {name} in {perf_counter() - began:.1f} s", flush=True)
