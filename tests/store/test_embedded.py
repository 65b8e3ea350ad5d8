"""The embedded stack: real servers, a killed owner, a directory that is someone else's."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from deploy.embedded.postgres import Postgres, start_postgres
from deploy.embedded.stack import DataDirectoryInUse, NotADataDirectory, Stack

REPOSITORY = Path(__file__).parents[2]
OWNER = """
import asyncio, json, sys
from dataclasses import asdict
from pathlib import Path
from deploy.embedded.stack import Stack

async def main():
    async with Stack(Path(sys.argv[1])) as addresses:
        print(json.dumps(asdict(addresses)), flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest_asyncio.fixture
async def postgres(tmp_path: Path) -> AsyncIterator[Postgres]:
    running = await start_postgres(tmp_path / "postgres", durable=False)
    yield running
    await running.stop()


async def ask(url: str, *statements: str) -> object:
    """The first value that the last statement answers, all of them in one transaction."""
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            for statement in statements:
                answer = await connection.execute(text(statement))
            return answer.scalar() if answer.returns_rows else None
    finally:
        await engine.dispose()


def runs(process: psutil.Process) -> bool:
    """Whether the process still runs; one that nobody has waited for yet does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def owner_of(directory: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process with a stack on the directory, and the stack's database address."""
    command = [sys.executable, "-c", OWNER, str(directory)]
    owner = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY)
    assert owner.stdout is not None
    try:
        yield owner, json.loads(owner.stdout.readline())["database"]
    finally:
        owner.kill()
        owner.wait()
        owner.stdout.close()


async def test_the_database_is_postgresql_18_with_our_settings(postgres: Postgres) -> None:
    assert str(await ask(postgres.url, "show server_version")).startswith("18")
    assert await ask(postgres.url, "select current_database()") == "throughline"
    assert await ask(postgres.url, "show shared_buffers") == "256MB"
    assert await ask(postgres.url, "show lock_timeout") == "10s"
    assert await ask(postgres.url, "show idle_in_transaction_session_timeout") == "30s"
    assert await ask(postgres.url, "select lower('É')") == "é"


async def test_a_forgetful_database_becomes_durable_when_asked(tmp_path: Path) -> None:
    for durable, fsync in ((False, "off"), (True, "on")):
        running = await start_postgres(tmp_path / "postgres", durable=durable)
        try:
            assert await ask(running.url, "show fsync") == fsync
            assert await ask(running.url, "show full_page_writes") == fsync
        finally:
            await running.stop()


async def test_a_killed_database_recovers_what_was_committed(tmp_path: Path) -> None:
    running = await start_postgres(tmp_path / "postgres", database="other")
    try:
        await ask(running.url, "create table kept (n int)", "insert into kept values (7)")
        running.kill()
        with pytest.raises(OSError):  # noqa: PT011 (which one depends on how far it came)
            await ask(running.url, "select n from kept")
        await running.restart()
        assert await ask(running.url, "select n from kept") == 7
    finally:
        await running.stop()


async def test_a_path_longer_than_a_socket_takes_works_and_so_do_spaces(tmp_path: Path) -> None:
    directory = tmp_path / ("long and spaced " * 6) / ("deep" * 20) / "it's"
    running = await start_postgres(directory, durable=False)
    try:
        assert len(os.fsencode(directory)) > 107
        assert await ask(running.url, "select 1") == 1
    finally:
        await running.stop()


async def test_a_stale_pid_file_does_not_stop_a_start(tmp_path: Path) -> None:
    running = await start_postgres(tmp_path / "postgres", durable=False)
    file = tmp_path / "postgres" / "postmaster.pid"
    said = file.read_text().splitlines()
    await running.stop()
    file.write_text("\n".join([str(os.getpid()), *said[1:]]))
    await running.restart()
    assert await ask(running.url, "select 1") == 1
    await running.stop()


async def test_the_data_outlives_a_stack_and_fresh_starts_without_it(tmp_path: Path) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("not ours")
    async with Stack(tmp_path, durable=False) as addresses:
        await ask(addresses.database, "create table kept (n int)", "insert into kept values (7)")
    async with Stack(tmp_path, durable=False) as addresses:
        assert await ask(addresses.database, "select n from kept") == 7
    async with Stack(tmp_path, fresh=True, durable=False) as addresses:
        assert await ask(addresses.database, "select to_regclass('kept') is null") is True
    assert letter.read_text() == "not ours"


@pytest.mark.parametrize("fresh", [False, True])
async def test_someone_elses_files_are_never_touched(tmp_path: Path, fresh: bool) -> None:
    theirs = tmp_path / "postgres" / "precious"
    theirs.parent.mkdir()
    theirs.write_text("theirs")
    with pytest.raises(NotADataDirectory):
        await Stack(tmp_path, fresh=fresh).__aenter__()
    assert theirs.read_text() == "theirs"


async def test_a_second_stack_is_refused_and_told_who_has_the_directory(tmp_path: Path) -> None:
    with owner_of(tmp_path) as (owner, database):
        with pytest.raises(DataDirectoryInUse, match=f"process {owner.pid}:"):
            await Stack(tmp_path, fresh=True).__aenter__()
        assert await ask(database, "select 1") == 1  # and the first is none the worse for it


async def test_a_new_stack_takes_over_after_its_owner_was_killed(tmp_path: Path) -> None:
    with owner_of(tmp_path) as (owner, database):
        await ask(database, "create table kept (n int)", "insert into kept values (7)")
        children = psutil.Process(owner.pid).children(recursive=True)
        assert {"tansu", "postgres"} <= {child.name() for child in children}
        owner.kill()
        async with Stack(tmp_path) as addresses:
            assert await ask(addresses.database, "select n from kept") == 7
        assert not any(map(runs, children))


async def test_a_new_stack_takes_over_a_database_that_died_with_its_owner(tmp_path: Path) -> None:
    with owner_of(tmp_path) as (owner, database):
        await ask(database, "create table kept (n int)", "insert into kept values (7)")
        for process in [*psutil.Process(owner.pid).children(), psutil.Process(owner.pid)]:
            process.kill()
        async with Stack(tmp_path) as addresses:
            assert await ask(addresses.database, "select n from kept") == 7


async def test_a_stack_lets_go_when_it_is_cancelled(tmp_path: Path) -> None:
    up = asyncio.Event()
    others = set(psutil.Process().children())

    async def hold() -> None:
        async with Stack(tmp_path, durable=False):
            up.set()
            await asyncio.Event().wait()

    holder = asyncio.create_task(hold())
    await up.wait()
    children = set(psutil.Process().children()) - others
    holder.cancel()
    with pytest.raises(asyncio.CancelledError):
        await holder
    assert children
    assert not any(map(runs, children))
    async with Stack(tmp_path, durable=False) as addresses:
        assert await ask(addresses.database, "select 1") == 1
