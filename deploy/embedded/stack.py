"""The whole embedded stack over one data directory, owned by one process at a time."""

import asyncio
import fcntl
import os
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import IO

from deploy.embedded.broker import start_broker
from deploy.embedded.postgres import start_postgres

_MARKER = ".throughline"
_POSTGRES = "postgres"
_BROKER_LOG = "broker.log"
_LOCK = "lock"
_OURS = (_POSTGRES, f"{_POSTGRES}.log", _BROKER_LOG, "worker.log", "serve.log")
_LET_GO_WITHIN_S = 2.0  # a killed owner still holds its lock for a moment
_POLL_S = 0.02


class DataDirectoryInUse(RuntimeError):
    """Another process runs a stack on the directory; the message names it and the way out."""


class NotADataDirectory(RuntimeError):
    """The directory holds someone else's files under the names that a stack uses."""


@dataclass(frozen=True)
class Addresses:
    """Where the running stack is found."""

    kafka: str
    database: str


class Stack:
    """PostgreSQL and the broker for as long as the `async with` block lasts.

    What PostgreSQL holds stays in the directory, through a `kill -9` too; what the broker holds is
    gone when the block ends.
    """

    def __init__(self, directory: Path, *, fresh: bool = False, durable: bool = True) -> None:
        """`fresh` first removes what an earlier stack left; `durable=False` is for tests only."""
        self._directory = directory.resolve()
        self._fresh = fresh
        self._durable = durable
        self._running = AsyncExitStack()

    async def __aenter__(self) -> Addresses:
        """Both addresses, ready. Raises DataDirectoryInUse, NotADataDirectory or StartFailed."""
        async with AsyncExitStack() as starting:
            starting.callback((await asyncio.to_thread(_locked, self._directory)).close)
            _claim(self._directory, fresh=self._fresh)
            postgres = await start_postgres(self._directory / _POSTGRES, durable=self._durable)
            starting.push_async_callback(postgres.stop)
            self._broker = await start_broker(None, self._directory / _BROKER_LOG)
            starting.push_async_callback(self._broker.stop)
            self._running = starting.pop_all()
        self.addresses = Addresses(kafka=self._broker.address, database=postgres.url)
        return self.addresses

    @property
    def broker_has_ended(self) -> bool:
        """True where the broker died by itself; its log died with it."""
        return self._broker.has_ended

    async def restart_broker(self) -> None:
        """Start it again on the same address, with an empty log under a new cluster id."""
        await self._broker.restart()

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the broker, then PostgreSQL, then let the directory go."""
        await self._running.aclose()


def _locked(directory: Path) -> IO[str]:
    """The lock file, held until it is closed or this process ends, however it ends."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = (directory / _LOCK).open("a+")
    deadline = monotonic() + _LET_GO_WITHIN_S
    while not _taken(lock):
        if monotonic() > deadline:
            lock.seek(0)
            owner = lock.read().strip() or "unknown"
            lock.close()
            raise DataDirectoryInUse(
                f"{directory} is in use by process {owner}:"
                " stop that one, or choose another directory"
            )
        sleep(_POLL_S)
    lock.truncate(0)
    lock.write(str(os.getpid()))
    lock.flush()
    return lock


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _claim(directory: Path, *, fresh: bool) -> None:
    """Mark the directory as a stack's, emptied of the last one's data when `fresh`."""
    marker = directory / _MARKER
    found = [directory / name for name in _OURS if (directory / name).exists()]
    if found and not marker.exists():
        raise NotADataDirectory(f"{found[0]} was not made here: choose another directory")
    for path in found if fresh else ():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    marker.touch()
