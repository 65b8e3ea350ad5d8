"""The whole product as its user has it: `throughline up` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from schemas.settings import Settings
from services.access.tokens import issue
from services.access.viewer import Role, Viewer

Json = Any

COMMAND = [sys.executable, "-m", "services.cli"]
PATIENCE_S = 120
# Not the key of the machine's user: nothing of a test stays behind.
KEY = "a development key of forty-two characters."


def environment(**more: str) -> dict[str, str]:
    """The environment of a person who set nothing of ours."""
    others = {n: v for n, v in os.environ.items() if not n.startswith("THROUGHLINE_")}
    return {**others, "THROUGHLINE_DEVELOPMENT_KEY": KEY, **more}


def throughline(*arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
    """A command of the product, ended; its environment is `more` besides the usual."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def development() -> Settings:
    """As much of the running product's settings as tokens need."""
    told = {"development": True, "development_key": KEY}
    return Settings.model_validate({"kafka": "", "database": "", **told})


def token_for(role: Role, org: str) -> str:
    """The token that the command line gives, without a process for each."""
    return issue(development(), Viewer(user="developer", name="developer", role=role, org=org))


def printed(*arguments: object, **more: str) -> Json:
    """The JSON that a command printed, which must succeed."""
    ended = throughline(*arguments, **more)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@dataclass(frozen=True)
class Up:
    """A running `throughline up`: what its first line said, and its process."""

    process: subprocess.Popen[str]
    directory: Path
    said: dict[str, Json]

    @property
    def url(self) -> str:
        return str(self.said["url"])

    def publish(self, *paths: Path, source: str = "RX1") -> dict[str, Json]:
        """The summary of publishing the paths, once every projection has them."""
        summary: dict[str, Json] = printed(
            "publish", *paths, "--url", self.url, "--source", source, "--wait"
        )
        return summary

    def with_database(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """A command that is told where the database is, and nothing else."""
        return throughline(*arguments, THROUGHLINE_DATABASE=str(self.said["database"]))

    @contextmanager
    def visited_by(self, role: str, org: str = "RX1") -> Iterator[httpx.Client]:
        """A client with the token that the command line gives for the role."""
        token = throughline("token", "--role", role, "--org", org).stdout.strip()
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S) as client:
            yield client

    @contextmanager
    def visited_as(self, viewer: Viewer) -> Iterator[httpx.Client]:
        """A client of somebody in particular."""
        headers = {"Authorization": f"Bearer {issue(development(), viewer)}"}
        with httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE_S) as client:
            yield client

    def opens(self, client: httpx.Client, person: str) -> None:
        """Break the glass of a person for a client whom nothing need tie to them."""
        why = {"reason": "direct-care", "text": "To say what is on the record"}
        client.post(f"/api/people/{person}/break-glass", json=why).raise_for_status()

    def family(self) -> list[psutil.Process]:
        """Every process that is there because of it: descendants, and those on its files."""
        children = psutil.Process(self.process.pid).children(recursive=True)
        known = {child.pid for child in children} | {self.process.pid}
        others = [p for p in psutil.process_iter() if p.pid not in known and self._is_ours(p)]
        return [*children, *others]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return any(str(self.directory) in part for part in process.cmdline())
        except psutil.Error:
            return False

    def children(self, name: str) -> list[psutil.Process]:
        """The running children whose program or last argument has the name."""
        return [c for c in psutil.Process(self.process.pid).children() if _is_called(c, name)]

    def stop(self) -> int:
        """Ctrl-C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)


def _is_called(process: psutil.Process, name: str) -> bool:
    try:
        return name in (process.name(), *process.cmdline()[-1:])
    except psutil.Error:  # a zombie is no running child
        return False


@contextmanager
def up(directory: Path, *arguments: str) -> Iterator[Up]:
    """`throughline up` over the directory, ready; it is stopped where that was not done."""
    with (directory.parent / f"{directory.name}.log").open("a") as log:
        process = subprocess.Popen(
            [*COMMAND, "up", "--data-dir", str(directory), "--port", "0", *arguments],
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first, Path(log.name).read_text()
    running = Up(process, directory, json.loads(first))
    try:
        yield running
    finally:
        if process.poll() is None:
            running.stop()
        process.stdout.close()


def files(directory: Path, **resources: Sequence[Json] | Json) -> Path:
    """The directory with a JSON file for each resource, an NDJSON file for each list of them."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, found in resources.items():
        several = isinstance(found, list)
        path = directory / f"{name}.{'ndjson' if several else 'json'}"
        lines = found if several else [found]
        path.write_text("\n".join(json.dumps(line) for line in lines))
    return directory
