"""One PostgreSQL a run, and an empty system for each test that asks for it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from deploy.embedded.postgres import Postgres, start_postgres
from tests.stream.system import System, end, new_system


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    directory = tmp_path_factory.mktemp("stream") / "postgres"
    running = asyncio.run(start_postgres(directory, durable=False))
    yield running
    asyncio.run(running.stop())


@pytest_asyncio.fixture
async def system(postgres: Postgres, tmp_path: Path) -> AsyncIterator[System]:
    """An empty system; its workers are started by the test."""
    running = await new_system(postgres, tmp_path)
    yield running
    await end(running)
