"""What a benchmark runs on: a fresh stack each time, and contenders as child processes."""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import psutil

from deploy.embedded.broker import start_broker
from deploy.embedded.postgres import start_postgres
from deploy.kafka.node import start_kafka
from deploy.migrations.run import migrate
from deploy.processes import free_port
from deploy.topics import create_topics
from schemas.topics import TOPICS

EMBEDDED, KAFKA = "embedded", "kafka"
_STOP_WITHIN_S = 30


class Ended(RuntimeError):
    """A contender ended before its work was done; the message ends with its log's tail."""


@dataclass(frozen=True)
class Ground:
    """The addresses that a contender works with, and a folder for its log."""

    kafka: str
    database: str
    folder: Path


@asynccontextmanager
async def ground(broker: str, *, database: bool = True) -> AsyncIterator[Ground]:
    """A fresh broker with its topics and, where wanted, a durable PostgreSQL with its tables."""
    folder = Path(mkdtemp(prefix="throughline-bench-"))
    folder.chmod(0o755)  # PostgreSQL runs as a user of its own where we are root
    postgres = await start_postgres(folder / "postgres") if database else None
    embedded = broker == EMBEDDED
    running = await (
        start_broker(None, folder / "broker.log") if embedded else start_kafka(folder / "kafka")
    )
    try:
        await create_topics(running.address, TOPICS)
        url = postgres.url if postgres else "postgresql+asyncpg://nobody@/none"
        if postgres:
            await migrate(url)
        yield Ground(running.address, url, folder)
    finally:
        await running.stop()
        if postgres:
            await postgres.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Contender:
    """A running child process, with what it may be asked."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self.log = process, log

    def check(self) -> None:
        """Raise Ended where the child is gone."""
        if self.process.poll() is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise Ended(f"a contender ended too early:\n{tail}")

    def memory_mb(self) -> float:
        """Resident memory, in MB of a million bytes."""
        return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6

    def cpu_s(self) -> float:
        """Processor time that it used so far, in seconds."""
        times = psutil.Process(self.process.pid).cpu_times()
        return float(times.user + times.system)


@contextmanager
def contender(
    module: str, on: Ground, arguments: Sequence[str] = (), **settings: object
) -> Iterator[Contender]:
    """`python -m module` with the settings of the ground, for as long as the block lasts.

    `settings` are more of them, by their names in `schemas.settings`.
    """
    log = on.folder / f"{'-'.join((module, *arguments))}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            env=_environment(on, settings),
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield Contender(process, log)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def worker_arguments(*stages: str) -> list[str]:
    """The arguments of our worker with these stages; all of them where none is named."""
    return ["worker", *(part for stage in stages for part in ("--stage", stage))]


WORKER = "services.cli"


def _environment(on: Ground, settings: Mapping[str, object]) -> dict[str, str]:
    return {
        **os.environ,
        "THROUGHLINE_KAFKA": on.kafka,
        "THROUGHLINE_DATABASE": on.database,
        "THROUGHLINE_METRICS_PORT": str(free_port()),
        "THROUGHLINE_KAFKA_FETCH_WAIT_MS": "10",
        "THROUGHLINE_KAFKA_SESSION_TIMEOUT_MS": "3000",
        **{f"THROUGHLINE_{name.upper()}": str(value) for name, value in settings.items()},
    }


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
    }
