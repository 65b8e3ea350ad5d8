"""What every Kafka-protocol broker offers here, and a broker that is a child process."""

import asyncio
import contextlib
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.processes import kill_process, start_failed, start_process, stop_process

_POLL_S = 0.02
_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 30.0


class Broker(Protocol):
    """A running broker, whichever software it is."""

    @property
    def address(self) -> str:
        """`host:port` for Kafka clients; the same for as long as the object lives."""

    async def stop(self) -> None:
        """End it in order. Stopping a stopped broker does nothing."""

    def kill(self) -> None:
        """End it as `kill -9` does."""

    async def restart(self) -> None:
        """Start it again on the same address, stopping it first where it runs."""


@dataclass(frozen=True)
class Launch:
    """One start: the command line, and the cluster id that the broker will answer with."""

    command: Sequence[str | Path]
    cluster_id: str


class BrokerProcess:
    """A `Broker` that runs as a child of this process and dies with it."""

    def __init__(self, port: int, log: Path, launch: Callable[[], Launch]) -> None:
        """`launch` is asked at each start, so a start may differ from the one before."""
        self._port = port
        self._log = log
        self._launch = launch
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """`host:port` for Kafka clients."""
        return f"127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The process id, for tests that freeze or kill it. Raises ValueError when stopped."""
        if self._process is None:
            raise ValueError("the broker is stopped")
        return self._process.pid

    @property
    def has_ended(self) -> bool:
        """True where it ended without having been stopped."""
        return self._process is not None and self._process.poll() is not None

    async def start(self) -> Self:
        """Itself, once it answers a metadata request. Raises StartFailed."""
        launch = self._launch()
        self._process = start_process(launch.command, self._log)
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                await self._answers(launch.cluster_id, self._process)
        except TimeoutError:
            self.kill()
            raise start_failed("the broker", self._log) from None
        except BaseException:
            self.kill()
            raise
        return self

    async def stop(self) -> None:
        """End it in order, by force when it takes longer than 30 s."""
        if self._process is not None:
            await stop_process(self._process, signal.SIGTERM, _STOP_WITHIN_S)
            self._process = None

    def kill(self) -> None:
        """End it as `kill -9` does."""
        if self._process is not None:
            kill_process(self._process)
            self._process = None

    async def restart(self) -> None:
        """Start it again on the same address. Raises StartFailed."""
        await self.stop()
        await self.start()

    async def _answers(self, cluster_id: str, process: subprocess.Popen[bytes]) -> None:
        # The cluster id tells this broker from a stranger that took the port first.
        while await _cluster_id(self._port) != cluster_id:
            if process.poll() is not None:
                raise start_failed("the broker", self._log)
            await asyncio.sleep(_POLL_S)


async def _cluster_id(port: int) -> str | None:
    """The id of the cluster that answers on the port, or None when none does."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return None  # asked first, because the Kafka client logs an error for a closed port
    writer.close()
    admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{port}")
    try:
        await admin.start()
        cluster = await admin.describe_cluster()
    except (KafkaError, OSError):
        return None
    finally:
        with contextlib.suppress(KafkaError, OSError):
            await admin.close()
    return str(cluster["cluster_id"])
