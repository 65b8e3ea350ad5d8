"""Child processes that never outlive the one that started them."""

import asyncio
import ctypes
import os
import pwd
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_LOG_TAIL_LINES = 15


class StartFailed(RuntimeError):
    """A server that was started did not become ready; the message ends with its log's tail."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def start_process(
    command: Sequence[str | Path],
    log: Path,
    *,
    user: int | None = None,
    environment: Mapping[str, str] | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> subprocess.Popen[bytes]:
    """The running child, with both of its outputs appended to `log`.

    `user` is the uid to run as; `environment` replaces this process's. On Linux the child gets
    `death_signal` when this process ends, however it ends. Call it from a thread that lives as
    long as the child should: the kernel watches the thread that forked, not the whole process.
    """
    with log.open("ab") as output:
        return subprocess.Popen(  # noqa: S603 (the command is this package's own)
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            group=None if user is None else pwd.getpwuid(user).pw_gid,
            extra_groups=None if user is None else (),
            # A process group of its own: Ctrl-C in a terminal reaches the owner, which then stops
            # its children in order, instead of all of them at once.
            process_group=0,
            preexec_fn=_die_with_parent(death_signal),  # noqa: PLW1509 (one call into libc)
        )


def _die_with_parent(death_signal: signal.Signals) -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl  # looked up before the fork, not after it
    parent = os.getpid()

    def ask_kernel() -> None:
        prctl(_PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != parent:  # the parent died before the kernel was asked
            os.kill(os.getpid(), signal.SIGKILL)

    return ask_kernel


async def stop_process(
    process: subprocess.Popen[bytes], ask: signal.Signals, patience_s: float
) -> None:
    """Ask the child to end, and end it when it has not done so within `patience_s` seconds."""
    if process.poll() is None:
        process.send_signal(ask)
    try:
        await asyncio.to_thread(process.wait, patience_s)
    except subprocess.TimeoutExpired:
        kill_process(process)


def kill_process(process: subprocess.Popen[bytes]) -> None:
    """End the child at once, with no chance to tidy up, and wait until it is gone."""
    process.kill()
    process.wait()


def start_failed(what: str, log: Path) -> StartFailed:
    """The error that says why `what` is not there, in the words of its own log."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return StartFailed("\n".join([f"{what} did not start", *lines[-_LOG_TAIL_LINES:]]))
