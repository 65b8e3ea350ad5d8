"""A hundred thousand disordered events through the running system: every figure is what happened.

What really happened is counted from the simulated lives (`services/simulator/measured`), by each
dimension that a measure can be cut by.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from schemas.settings import Settings
from services.access.tokens import issue
from services.access.viewer import Role, Viewer
from services.simulator import Simulation, simulate
from services.simulator.measured import MEASURED, Asked, Population, cut, figures_of
from services.simulator.simulation import FIRST_DAY
from tests.stream.simulated import inbound
from tests.stream.system import DEVELOPMENT_KEY, System

PEOPLE, DAYS, SEED = 7_000, 60, 17
FEW = 700
AT_LEAST = 100_000
END = FIRST_DAY + timedelta(days=DAYS)
# The parts of a cut that are known by more than one name.
NAMES = {"site": ("provider", "site"), "ward": ("provider", "site", "ward")}
UNKNOWN = "unknown"
# The definition that the truth counts by, where there was another one before.
SINCE = {"length_of_stay": "2"}

Figures = Mapping[str, float | None]
Json = dict[str, Any]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    made = simulate(PEOPLE, DAYS, SEED, disorder=True, doubts=True)
    assert len(made.messages) >= AT_LEAST
    return made


@asynccontextmanager
async def visitor(system: System) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may see figures, at services that are ready."""
    service = system.start_services()
    await system.until(lambda: system.is_ready(service))
    settings = Settings(
        kafka=system.settings.kafka,
        database=system.settings.database,
        development=True,
        development_key=DEVELOPMENT_KEY,
    )
    viewer = Viewer(user="u1", name="U One", role=Role.OPERATIONS, org="ZT1")
    headers = {"Authorization": f"Bearer {issue(settings, viewer)}"}
    url = system.url_of(service)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
        yield client


async def asked(
    client: httpx.AsyncClient, measure: Json, by: str | None, virtual: bool, **more: str
) -> Json:
    params = {"setting": "virtual" if virtual else "bed"} | ({"by": by} if by else {}) | more
    if measure["span"] == "period":
        params |= {"from": str(FIRST_DAY), "to": str(END)}
    answer = await client.get(f"/api/measures/{measure['id']}", params=params)
    assert answer.is_success, answer.text
    found: Json = answer.json()
    return found


def parts_in(answer: Json, by: str) -> dict[tuple[str, ...], Figures]:
    """The rows of an answer by the names of their parts."""
    return {
        tuple(
            str(row[name]) if row[name] is not None else UNKNOWN for name in NAMES.get(by, (by,))
        ): (row["figures"])
        for row in answer["rows"]
    }


def differences(where: object, said: Figures, true: Figures) -> Iterator[object]:
    """The figures that are said and are not so; a part that is not said has nothing in it."""
    for name in sorted(said or true):
        one, other = said.get(name), true.get(name)
        if (one or 0) != pytest.approx(other or 0, rel=1e-9, abs=1e-6):
            yield where, name, one, other


async def all_differences(
    client: httpx.AsyncClient, catalogue: Sequence[Json], population: Population, virtual: bool
) -> list[object]:
    """Where the product says something else than what happened."""
    found: list[object] = []
    for measure in catalogue:
        known = MEASURED[measure["id"]]
        if measure["version"] < SINCE.get(measure["id"], ""):
            continue
        for by in (None, *known.cuts):
            if by is not None and by not in measure["dimensions"]:
                continue
            answer = await asked(client, measure, by, virtual)
            now = datetime.fromisoformat(answer["as_of"])
            wanted = Asked(FIRST_DAY, END, now, virtual=virtual)
            where = (measure["id"], "virtual" if virtual else "bed")
            true = figures_of(measure["id"], population, wanted)
            found += differences(where, answer["figures"], true)
            if by is None:
                continue
            said, parts = parts_in(answer, by), cut(measure["id"], population, wanted, by)
            for part in sorted(said.keys() | parts.keys()):
                place = (*where, by, part)
                found += differences(place, said.get(part, {}), parts.get(part, {}))
    return found


async def test_every_figure_is_what_really_happened(simulation: Simulation, system: System) -> None:
    system.start_worker()
    await system.publish(map(inbound, simulation.messages))
    await system.until_projected()
    population = Population(simulation.lives)
    async with visitor(system) as client:
        catalogue = (await client.get("/api/measures")).raise_for_status().json()
        assert len(catalogue) > 1
        for virtual in (False, True):
            assert await all_differences(client, catalogue, population, virtual) == []


async def test_a_figure_as_known_at_a_moment_is_what_was_answered_then(system: System) -> None:
    messages = simulate(FEW, DAYS, SEED, disorder=True, doubts=True).messages
    system.start_worker()
    async with visitor(system) as client:
        catalogue = (await client.get("/api/measures")).raise_for_status().json()
        said: list[tuple[Json, str | None, Json]] = []
        for part in (messages[: len(messages) // 2], messages[len(messages) // 2 :]):
            publishing = asyncio.create_task(system.publish(map(inbound, part)))
            await system.until_stored(await system.count("facts") + len(part) // 3)
            said += [
                (measure, by, await asked(client, measure, by, virtual=False))
                for measure in catalogue
                for by in (None, measure["dimensions"][0])
            ]
            await publishing
            await system.until_projected()
        await _skip_where_now_is_all_that_is_known(client, catalogue[0])
        for measure, by, then in said:
            again = await asked(client, measure, by, virtual=False, as_known_at=then["as_of"])
            assert (again["figures"], again["rows"]) == (then["figures"], then["rows"])


async def _skip_where_now_is_all_that_is_known(client: httpx.AsyncClient, measure: Json) -> None:
    at = {"as_known_at": "2026-01-01T00:00:00Z"}
    answer = await client.get(f"/api/measures/{measure['id']}", params=at)
    if answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        pytest.skip("measures are answered as known now")
