"""The embedded stack with all services, as child processes of one foreground command."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import httpx
import structlog
import typer
from aiokafka.errors import KafkaError

from deploy.embedded.development_key import development_key
from deploy.embedded.stack import DataDirectoryInUse, NotADataDirectory, Stack
from deploy.migrations.run import migrate
from deploy.processes import StartFailed, free_port, start_failed, start_process, stop_process
from deploy.topics import create_topics
from schemas.topics import TOPICS
from services.issuer.app import CLIENT_ID, create_issuer
from services.processes import serve_app, tell, told_to_stop

log = structlog.get_logger()

POLL_S = 0.05
STOP_WITHIN_S = 25
READY_WITHIN_S = 120.0
# A child that fails again and again is started ever more slowly.
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
USUAL_MLLP_PORT = 2575  # HL7's own, at IANA


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
    mllp: str
    issuer: str
    children: list[Child] = field(default_factory=list)

    def announced(self) -> str:
        """The first line on stdout: what a program needs to know, as JSON."""
        told = {"url": self.url, "kafka": self.kafka, "database": self.database, "mllp": self.mllp}
        return json.dumps({"ready": True, **told, "issuer": self.issuer})


async def run_stack(data_dir: Path, port: int, mllp_port: int | None, *, fresh: bool) -> int:
    """Run until SIGINT or SIGTERM. Returns the exit code: 2 where the directory is in use."""
    told = told_to_stop()
    try:
        async with running(data_dir, port, mllp_port, fresh=fresh) as stack:
            typer.echo(stack.announced())
            sys.stdout.flush()
            await told
    except (DataDirectoryInUse, NotADataDirectory, StartFailed) as refusal:
        typer.echo(str(refusal), err=True)
        return 2
    return 0


@asynccontextmanager
async def running(
    data_dir: Path, port: int, mllp_port: int | None, *, fresh: bool
) -> AsyncIterator[Running]:
    """The stack with its services, ready; all of it ends with the block.

    Port 0 is any free one. MLLP's may be left out: it is then the usual one, unless that is taken
    or the other may be any too.
    """
    _check_free(port, "--port")
    _check_free(mllp_port or 0, "--mllp-port")
    stack = Stack(data_dir, fresh=fresh)
    async with stack as addresses:
        await migrate(addresses.database)
        await create_topics(addresses.kafka, TOPICS)
        mllp_port = _mllp_port(mllp_port, any_will_do=not port)
        port = port or free_port()
        issuer_port = _issuer_port(port)
        issuer = f"http://127.0.0.1:{issuer_port}"
        environment = _environment(addresses.kafka, addresses.database, port, mllp_port)
        environment |= _signing_in(issuer)
        children = [Child(n, environment, data_dir / f"{n}.log") for n in ("worker", "serve")]
        keeping: list[asyncio.Task[None]] = []
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        app = create_issuer(issuer, f"http://127.0.0.1:{port}", development=True)
        issuing = asyncio.create_task(serve_app(app, "127.0.0.1", issuer_port, over))
        try:
            for child in children:
                child.start()
            urls = [f"http://127.0.0.1:{p}" for p in (environment[_METRICS], port)]
            await _until_ready(children, urls)
            keeping += [asyncio.create_task(_keep_broker(stack))]
            keeping += [asyncio.create_task(_keep_running(child)) for child in children]
            mllp = f"127.0.0.1:{mllp_port}"
            yield Running(urls[1], addresses.kafka, addresses.database, mllp, issuer, children)
        finally:
            tell(over)
            for task in keeping:
                task.cancel()
            await asyncio.gather(issuing, *keeping, return_exceptions=True)
            await asyncio.gather(*(child.stop() for child in children))


_METRICS = "THROUGHLINE_METRICS_PORT"


def _check_free(port: int, option: str) -> None:
    """Raises StartFailed where a port that was asked for is taken."""
    if port and not _is_free(port):
        raise StartFailed(f"port {port} is in use: choose another with {option}, or 0 for any")


def _mllp_port(wanted: int | None, *, any_will_do: bool) -> int:
    if wanted is None and not any_will_do and _is_free(USUAL_MLLP_PORT):
        return USUAL_MLLP_PORT
    return wanted or free_port()


def _issuer_port(port: int) -> int:
    """The one beside the pages' own where that is free: whoever reaches those reaches it too."""
    return port + 1 if _is_free(port + 1) else free_port()


def _signing_in(issuer: str) -> dict[str, str]:
    """Settings of the development issuer."""
    return {"THROUGHLINE_OIDC_ISSUER": issuer, "THROUGHLINE_OIDC_CLIENT_ID": CLIENT_ID}


def _is_free(port: int) -> bool:
    """Whether nobody listens there: another service's answer must not pass for ours."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _environment(kafka: str, database: str, port: int, mllp_port: int) -> dict[str, str]:
    """The settings of the two processes, for one machine that develops."""
    return {
        # Programs that are tried here ask as fast as they can.
        "THROUGHLINE_REQUESTS_A_MINUTE": "0",
        "THROUGHLINE_SEARCHES_A_MINUTE": "0",
        "THROUGHLINE_GLASSES_A_MINUTE": "0",
        **os.environ,
        "THROUGHLINE_KAFKA": kafka,
        "THROUGHLINE_DATABASE": database,
        "THROUGHLINE_HTTP_PORT": str(port),
        "THROUGHLINE_MLLP_PORT": str(mllp_port),
        _METRICS: str(free_port()),
        "THROUGHLINE_DEVELOPMENT": "true",
        "THROUGHLINE_DEVELOPMENT_KEY": development_key(),
        # The embedded broker answers a fetch at the end of its wait, and makes a first member
        # wait in proportion to the session. At 10 ms it all took a quarter of a core while idle.
        "THROUGHLINE_KAFKA_FETCH_WAIT_MS": "30",
        "THROUGHLINE_KAFKA_SESSION_TIMEOUT_MS": "3000",
    }


async def _until_ready(children: list[Child], urls: list[str]) -> None:
    """Wait for both processes. Raises StartFailed where one of them ends first or never is."""
    deadline = monotonic() + READY_WITHIN_S
    async with httpx.AsyncClient(timeout=5) as client:
        for child, url in zip(children, urls, strict=True):
            while not await _is_ready(client, url):
                if child.has_ended or monotonic() > deadline:
                    raise start_failed(child.name, child.log)
                await asyncio.sleep(POLL_S)


async def _is_ready(client: httpx.AsyncClient, url: str) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return (await client.get(f"{url}/health/ready")).is_success
    return False


async def _keep_broker(stack: Stack) -> None:
    """Start the broker again, with its topics, each time it ends."""
    pause_s, lost = FIRST_PAUSE_S, False
    while True:
        await asyncio.sleep(POLL_S)
        lost = lost or stack.broker_has_ended
        if not lost:
            continue
        log.error("broker-ended")
        try:
            await stack.restart_broker()
            await create_topics(stack.addresses.kafka, TOPICS)
            pause_s, lost = FIRST_PAUSE_S, False
        except (StartFailed, KafkaError, OSError) as error:
            log.error("broker-not-started", error=type(error).__name__)
            await asyncio.sleep(pause_s)
            pause_s = min(LONGEST_PAUSE_S, pause_s * 2)


async def _keep_running(child: Child) -> None:
    """Start the process again each time it ends."""
    pause_s, started = FIRST_PAUSE_S, monotonic()
    while True:
        await asyncio.sleep(POLL_S)
        if not child.has_ended:
            continue
        log.error("process-ended", process=child.name, starts=child.starts)
        pause_s = FIRST_PAUSE_S if monotonic() - started > LONGEST_PAUSE_S else pause_s * 2
        await asyncio.sleep(min(LONGEST_PAUSE_S, pause_s))
        child.start()
        started = monotonic()
