"""The migrations: what they make is what the code expects, and they take all of it away again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from deploy.embedded.postgres import Postgres
from deploy.migrations.run import differences, migrate
from schemas.tables import metadata
from services.access.seal_check import check
from services.access.sealing import seal, seal_all

VERSIONS = "alembic_version"
_LEFT = text(
    "select relname from pg_class where relnamespace = 'public'::regnamespace order by relname"
)


async def differing(database: AsyncEngine) -> list[Any]:
    async with database.connect() as connection:
        return await connection.run_sync(differences)


async def left(database: AsyncEngine) -> list[str]:
    async with database.connect() as connection:
        return [row.relname for row in await connection.execute(_LEFT)]


async def empty_database(server: Postgres, name: str) -> AsyncEngine:
    maintenance = create_async_engine(server.url, isolation_level="AUTOCOMMIT")
    async with maintenance.connect() as connection:
        await connection.execute(text(f"create database {name} template template0"))
    await maintenance.dispose()
    return create_async_engine(server.url.replace("/throughline?", f"/{name}?"))


async def test_up_and_down_and_up_again(server: Postgres) -> None:
    database = await empty_database(server, "migrated")
    try:
        url = database.url.render_as_string(hide_password=False)
        await migrate(url)
        assert await differing(database) == []
        first = await left(database)
        assert set(metadata.tables) <= set(first)
        await migrate(url, "base")
        assert set(await left(database)) <= {VERSIONS, f"{VERSIONS}_pkc"}
        await migrate(url)
        await migrate(url)
        assert await differing(database) == []
        assert await left(database) == first
    finally:
        await database.dispose()


async def test_a_difference_would_be_seen(server: Postgres) -> None:
    database = await empty_database(server, "changed")
    try:
        await migrate(database.url.render_as_string(hide_password=False))
        async with database.begin() as tx:
            await tx.execute(text("alter table stays drop column nights"))
            await tx.execute(text("drop index facts_by_thread"))
        assert {found[0] for found in await differing(database)} == {"add_column", "add_index"}
    finally:
        await database.dispose()


@asynccontextmanager
async def migrated(server: Postgres, name: str, to: str = "head") -> AsyncIterator[AsyncEngine]:
    database = await empty_database(server, name)
    try:
        await migrate(database.url.render_as_string(hide_password=False), to)
        yield database
    finally:
        await database.dispose()


async def run(database: AsyncEngine, statement: str) -> None:
    async with database.begin() as tx:
        await tx.execute(text(statement))


LOOKED = (
    "insert into access_log (viewer, role, org, view, allowed)"
    " values ('u1', 'clinician', 'RX1', 'person', true)"
)
KEYS = (b"a key of the audit",)


async def test_what_is_kept_of_looks_is_added_to_and_never_changed(server: Postgres) -> None:
    async with migrated(server, "kept") as database:
        await run(database, LOOKED)
        await seal_all(database, KEYS)
        assert await check(database, KEYS) == (1, [])
        for table, column in (
            ("access_log", "viewer"),
            ("audit_seals", "form"),
            ("audit_checks", "seals"),
        ):
            changes = (f"delete from {table}", f"truncate {table}")
            for change in (*changes, f"update {table} set {column} = {column}"):
                with pytest.raises(DBAPIError, match="never changed"):
                    await run(database, change)


async def test_looks_from_before_there_were_seals_are_sealed_too(server: Postgres) -> None:
    async with migrated(server, "sealed_later", "0014") as database:
        for _ in range(3):
            await run(database, LOOKED)
        await migrate(database.url.render_as_string(hide_password=False))
        await run(database, LOOKED)
        sizes = []
        while made := await seal(database, KEYS, most=2):
            sizes.append(len(made.leaves))
        assert sizes == [2, 2]
        assert await check(database, KEYS) == (2, [])
