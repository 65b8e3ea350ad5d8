"""A system for the faults, and the recovery times told at the end of the run."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
import pytest_asyncio

from deploy.embedded.postgres import start_postgres
from tests.stream.system import CHOSEN, System, end, new_system


class Recovery(NamedTuple):
    """A fault, and the longest time after it in which no stage moved, in seconds."""

    fault: str
    standstill_s: float


_TOLD = pytest.StashKey[list[Recovery]]()


@pytest.fixture
def recoveries(pytestconfig: pytest.Config) -> list[Recovery]:
    """What is added to it is told after the run."""
    return pytestconfig.stash.setdefault(_TOLD, [])


@pytest_asyncio.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """An empty system over a PostgreSQL of its own, which writes durably."""
    postgres = await start_postgres(tmp_path / "postgres")
    running = await new_system(postgres, tmp_path / "system")
    yield running
    await end(running)
    await postgres.stop()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    for recovery in config.stash.get(_TOLD, []):
        terminalreporter.write_line(
            f"{CHOSEN}: {recovery.fault:<8} {recovery.standstill_s:5.2f} s without progress"
        )
