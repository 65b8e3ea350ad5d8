"""A real Prometheus scrapes the running system: every series that is read is there to be read."""

import json
import re
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio
import yaml

from deploy.processes import free_port, start_process, stop_process
from schemas.settings import Settings
from services.access.tokens import issue
from services.access.viewer import Role, Viewer
from tests.builders import at_ward, encounter, patient, received
from tests.stream.system import DEVELOPMENT_KEY, System

ROOT = Path(__file__).parents[2]
RULES = ROOT / "deploy/prometheus/rules.yml"
ADMITTED = "2026-02-01T09:00:00Z"
BEDS = 'throughline_beds_occupied{ward="W1"}'

Json = dict[str, Any]


class Prometheus:
    """A Prometheus that scrapes a system's processes every second."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def asked(self, path: str, **parameters: str) -> Json:
        async with httpx.AsyncClient(base_url=self.url, timeout=5) as client:
            answer = await client.get(f"/api/v1/{path}", params=parameters)
            found: Json = answer.raise_for_status().json()["data"]
            return found

    async def value(self, expression: str) -> float | None:
        """The one value of an expression; None where it has none, or nobody answers yet."""
        try:
            found = (await self.asked("query", query=expression))["result"]
        except httpx.HTTPError:
            return None
        return float(found[0]["value"][1]) if len(found) == 1 else None


@pytest_asyncio.fixture
async def prometheus(system: System, tmp_path: Path) -> AsyncIterator[Prometheus]:
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not installed (Debian package: prometheus)")
    targets = {
        "worker": system.start_worker(),
        "serve": system.start_services(public_url="https://care.example/"),
    }
    port = free_port()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {"job_name": job, "static_configs": [{"targets": [address(system, process)]}]}
            for job, process in targets.items()
        ],
    }
    file = tmp_path / "prometheus.yml"
    file.write_text(yaml.safe_dump(config))
    process = start_process(
        [
            "prometheus",
            f"--config.file={file}",
            f"--storage.tsdb.path={tmp_path / 'series'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        tmp_path / "prometheus.log",
    )
    yield Prometheus(f"http://127.0.0.1:{port}")
    await stop_process(process, signal.SIGTERM, 10)


def address(system: System, process: Any) -> str:
    return system.url_of(process).removeprefix("http://")


async def test_a_figure_in_prometheus_leads_to_what_was_sent(
    system: System, prometheus: Prometheus
) -> None:
    sent = encounter(location=[at_ward("W1", ADMITTED)])
    await system.publish([received(patient()), received(sent)])

    async def is_scraped() -> bool:
        return await prometheus.value(BEDS) == 1

    await system.until(is_scraped)
    assert await prometheus.value('sum(up{job=~"worker|serve"})') == 2
    assert await prometheus.value('throughline_address_info{address="https://care.example"}') == 1
    async with visiting(system) as client:
        await assert_leads_to(client, sent)
        await assert_streams(client)
    rules = await prometheus.asked("rules")
    assert {rule["health"] for group in rules["groups"] for rule in group["rules"]} <= {
        "ok",
        "unknown",
    }


@asynccontextmanager
async def visiting(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """A clinician's client of the services."""
    told = {"development": True, "development_key": DEVELOPMENT_KEY}
    settings = Settings.model_validate(system.settings.model_dump() | told)
    viewer = Viewer(user="u1", name="U One", role=Role.CLINICIAN, org="RX1")
    headers = {"Authorization": f"Bearer {issue(settings, viewer)}"}
    url = system.url_of(system.services[0])
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=10) as client:
        yield client


async def assert_leads_to(client: httpx.AsyncClient, sent: Json) -> None:
    """From the panel's link to the stay, to its events, to the original: three requests."""
    where = {"provider": "RX1", "site": "RX1", "ward": "W1"}
    behind = (await client.get("/api/measures/beds_occupied/stays", params=where)).json()
    stay = behind["stays"][0]["stay"]
    events = (await client.get(f"/api/stays/{stay['source']}/{stay['visit']}/events")).json()
    original = await client.get(f"/api/events/{events[0]['event_id']}")
    assert original.json() == sent


async def assert_streams(client: httpx.AsyncClient) -> None:
    """The first event of the live stream tells of the bed, and the snapshots know it too."""
    async with client.stream("GET", "/api/operations/stream") as answer:
        lines = (line async for line in answer.aiter_lines() if line.startswith("data: "))
        told = json.loads((await anext(lines)).removeprefix("data: "))
    occupied = [f for f in told["figures"] if f["measure"] == "beds_occupied" and "ward" in f]
    assert {f["ward"]: f["value"] for f in occupied} == {"W1": 1}
    (taken,) = (await client.get("/api/operations/snapshots")).raise_for_status().json()
    at = quote(taken["at"])
    (await client.get(f"/api/operations/snapshots/{at}")).raise_for_status()


async def test_nothing_that_is_scraped_names_a_person(system: System) -> None:
    system.start_worker()
    system.start_services()
    await system.publish([received(patient(name=[{"family": "Zebedee"}])), received(encounter())])
    await system.until_projected()

    async def is_told() -> bool:
        serving = await system.get(system.services[0], "/metrics")
        return serving is not None and "throughline_beds_occupied{" in serving.text

    await system.until(is_told)
    for process in (*system.workers, *system.services):
        answer = await system.get(process, "/metrics")
        assert answer is not None
        assert not re.search(r"Zebedee|1948-02-29|p1\b|e1\b", answer.text)
