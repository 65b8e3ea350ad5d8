"""Find and end server processes that a killed owner left behind."""

import signal
from contextlib import suppress
from pathlib import Path
from time import monotonic, sleep

import psutil

_POLL_S = 0.02
_KILLED_WITHIN_S = 10.0


def end_leftovers(name: str, directory: Path, ask: signal.Signals, patience_s: float) -> None:
    """End every process called `name` that works in `directory`; returns when none runs.

    Their first process gets `ask` and `patience_s` seconds to end the others in order; what still
    runs then is killed.
    """
    left = [process for process in psutil.process_iter() if _works_in(process, name, directory)]
    known = {process.pid for process in left}
    for process in left:
        with suppress(psutil.NoSuchProcess):
            if process.ppid() not in known:
                process.send_signal(ask)
    _kill_all(_not_gone(left, within_s=patience_s))


def kill_family(pid: int) -> None:
    """Kill a process and all its children at once."""
    _kill_all(_family(pid))


def _works_in(process: psutil.Process, name: str, directory: Path) -> bool:
    try:
        return bool(process.name() == name and process.cwd() == str(directory))
    except psutil.Error:
        return False


def _family(pid: int) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _kill_all(processes: list[psutil.Process]) -> None:
    for process in processes:
        _signal(process, signal.SIGKILL)
    _not_gone(processes, within_s=_KILLED_WITHIN_S)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def _not_gone(processes: list[psutil.Process], within_s: float) -> list[psutil.Process]:
    """Those that still run after at most `within_s` seconds; a zombie runs no more."""
    deadline = monotonic() + within_s
    while (left := [process for process in processes if _runs(process)]) and monotonic() < deadline:
        sleep(_POLL_S)
    return left


def _runs(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
