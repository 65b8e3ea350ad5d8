"""Moves a database to a version of the tables, and tells where it differs from the code."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from schemas.tables import metadata

# Two processes that start together must not both migrate.
_LOCK = text("select pg_advisory_xact_lock(7420000)")


async def migrate(database: str, to: str = "head") -> None:
    """Bring the tables to a version: `head`, `base` or a revision."""
    engine = create_async_engine(database)
    try:
        await _migrate(engine, to)
    finally:
        await engine.dispose()


async def _migrate(engine: AsyncEngine, to: str) -> None:
    async with engine.begin() as tx:
        await tx.execute(_LOCK)
        await tx.run_sync(_move, to)


def _move(connection: Connection, to: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    if to == "base":
        command.downgrade(config, to)
    else:
        command.upgrade(config, to)


def differences(connection: Connection) -> list[Any]:
    """What autogenerate would change; empty where the migrations make what the code expects."""
    found: list[Any] = compare_metadata(MigrationContext.configure(connection), metadata)
    return found
