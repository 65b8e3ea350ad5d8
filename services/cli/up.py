"""The embedded stack with all services, as child processes of one foreground command."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import structlog
import typer

from deploy.embedded.development_key import development_key
from deploy.embedded.stack import DataDirectoryInUse, NotADataDirectory, Stack
from deploy.migrations.run import migrate
from deploy.processes import StartFailed, free_port, start_process, stop_process
from deploy.topics import create_topics
from schemas.topics import TOPICS
from services.processes import told_to_stop

log = structlog.get_logger()

POLL_S = 0.05
STOP_WITHIN_S = 25
# A child that fails again and again is started ever more slowly.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0


@dataclass
class Child:
    """A production process that is started again when it ends."""

    name: str
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "services.cli", self.name]
        self.process = start_process(command, self.log, environment=self.environment)
        self.starts += 1

    @property
    def has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    async def stop(self) -> None:
        if self.process is not None and not self.has_ended:
            await stop_process(self.process, signal.SIGTERM, STOP_WITHIN_S)


@dataclass
class Running:
    """Where the services of a running stack are found."""

    url: str
    kafka: str
    database: str
    mllp: str | None = None
    children: list[Child] = field(default_factory=list)

    def announced(self) -> str:
        """The first line on stdout: what a program needs to know, as JSON."""
        told = {"url": self.url, "kafka": self.kafka, "database": self.database, "mllp": self.mllp}
        return json.dumps({"ready": True, **told})


async def run_stack(data_dir: Path, port: int, *, fresh: bool, mllp_port: int) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code: 2 where the directory is in use."""
    told = told_to_stop()
    try:
        async with running(data_dir, port, fresh=fresh) as stack:
            typer.echo(stack.announced())
            sys.stdout.flush()
            await told
    except (DataDirectoryInUse, NotADataDirectory, StartFailed) as refusal:
        typer.echo(str(refusal), err=True)
        return 2
    return 0


@asynccontextmanager
async def running(data_dir: Path, port: int, *, fresh: bool) -> AsyncIterator[Running]:
    """The stack with its services, ready; all of it ends with the block."""
    stack = Stack(data_dir, fresh=fresh)
    async with stack as addresses:
        await migrate(addresses.database)
        await create_topics(addresses.kafka, TOPICS)
        port = port or free_port()
        environment = _environment(addresses.kafka, addresses.database, port)
        children = [Child(n, environment, data_dir / f"{n}.log") for n in ("worker", "serve")]
        try:
            for child in children:
                child.start()
            urls = [f"http://127.0.0.1:{p}" for p in (environment[_METRICS], port)]
            await _until_ready(children, urls)
            keeping = asyncio.create_task(_keep_up(stack, children))
            yield Running(urls[1], addresses.kafka, addresses.database, children=children)
            keeping.cancel()
        finally:
            await asyncio.gather(*(child.stop() for child in children))


_METRICS = "THROUGHLINE_METRICS_PORT"


def _environment(kafka: str, database: str, port: int) -> dict[str, str]:
    """The settings of the two processes, for one machine that develops."""
    return {
        **os.environ,
        "THROUGHLINE_KAFKA": kafka,
        "THROUGHLINE_DATABASE": database,
        "THROUGHLINE_HTTP_PORT": str(port),
        _METRICS: str(free_port()),
        "THROUGHLINE_DEVELOPMENT": "true",
        "THROUGHLINE_DEVELOPMENT_KEY": development_key(),
        # The embedded broker answers a fetch at the end of its wait, and makes a first member
        # wait in proportion to the session.
        "THROUGHLINE_KAFKA_FETCH_WAIT_MS": "10",
        "THROUGHLINE_KAFKA_SESSION_TIMEOUT_MS": "3000",
    }


async def _until_ready(children: list[Child], urls: list[str]) -> None:
    """Wait for both processes. Raises StartFailed where one of them ends first."""
    async with httpx.AsyncClient(timeout=5) as client:
        for child, url in zip(children, urls, strict=True):
            while not await _is_ready(client, url):
                if child.has_ended:
                    tail = "\n".join(child.log.read_text().splitlines()[-5:])
                    raise StartFailed(f"{child.name} did not start:\n{tail}")
                await asyncio.sleep(POLL_S)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.get(f"{url}/health/ready")).is_success
    return False


async def _keep_up(stack: Stack, children: list[Child]) -> None:
    """Start again what ended: the broker with its topics, and the processes."""
    while True:
        await asyncio.sleep(POLL_S)
        if stack.broker_has_ended:
            log.error("broker-ended")
            await stack.restart_broker()
            await create_topics(stack.addresses.kafka, TOPICS)
        for child in children:
            if child.has_ended:
                log.error("process-ended", process=child.name, starts=child.starts)
                await asyncio.sleep(min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(child.starts, 8)))
                child.start()
