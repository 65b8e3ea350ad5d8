"""Disordered events through the running system: every figure is what really happened.

A hundred thousand of them on Apache Kafka, fewer on the embedded broker.

What really happened is counted from the simulated lives (`services/simulator/measured`), by each
dimension that a measure can be cut by.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest

from schemas.measure import Dimension, Figure, How, Measure
from schemas.measures import MEASURES
from schemas.settings import Settings
from services.access.tokens import issue
from services.access.viewer import Role, Viewer
from services.operations.question import Asked as Wanted
from services.operations.question import question
from services.simulator import Simulation, simulate
from services.simulator.measured import (
    MEASURED,
    Asked,
    Item,
    Population,
    items_by,
    items_of,
)
from services.simulator.simulation import FIRST_DAY
from streams.measures.disclosure import PEOPLE_OF, disclosed
from tests.stream.simulated import inbound
from tests.stream.system import DEVELOPMENT_KEY, IS_WHOLE, System

PEOPLE, DAYS, SEED = (7_000 if IS_WHOLE else 1_500), 60, 17
FEW = 400
AT_LEAST = 100_000 if IS_WHOLE else 15_000
END = FIRST_DAY + timedelta(days=DAYS)
# The parts of a cut that are known by more than one name.
NAMES = {"site": ("provider", "site"), "ward": ("provider", "site", "ward")}
UNKNOWN = "unknown"
MEANS = frozenset({How.MEAN, How.MEDIAN, How.NINETIETH})

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


class Told(NamedTuple):
    """What may be told of the truth. `near`: the names of figures that are rounded means."""

    figures: Figures
    near: frozenset[str] = frozenset()


NOTHING = Told({})


def differences(where: object, said: Figures, true: Told) -> Iterator[object]:
    """The figures that are said and are not so; a part that is not said has nothing in it.

    What is rounded to one decimal may be rounded otherwise where it lies just between two.
    """
    for name in sorted(said or true.figures):
        one, other = said.get(name), true.figures.get(name)
        few = 0.1 if name in true.near else 0.0
        if (one or 0) != pytest.approx(other or 0, rel=1e-9, abs=1e-6 + few):
            yield where, name, one, other


def may_be_told(
    measure: Measure, population: Population, wanted: Asked, by: str | None
) -> tuple[Told, dict[tuple[str, ...], Told]]:
    """The whole and its parts as they are, few people hidden where they are told apart."""
    asked = question(measure, Wanted(by=Dimension(by) if by else None), wanted.now)
    parts = items_by(measure.id, population, wanted, by) if by else {}
    rows = [_row(measure, parts[key]) | {"key": key} for key in sorted(parts)]
    found = disclosed(asked, _row(measure, items_of(measure.id, population, wanted)), rows)
    means = {f.name for f in measure.figures if f.how in MEANS}
    near = frozenset(means) if asked.is_suppressed else frozenset()
    told = {part.names["key"]: Told(part.figures, near) for part in found.parts}
    return Told(found.whole.figures, near), told


def _row(measure: Measure, items: list[Item]) -> dict[str, Any]:
    """The figures of items, and how many people each is of."""
    people = {f"{PEOPLE_OF}{figure.name}": _people(figure, items) for figure in measure.figures}
    return {**MEASURED[measure.id].figures(items), **people}


def _people(figure: Figure, items: list[Item]) -> int:
    counts: dict[How, Callable[[Item], bool]] = {
        How.SUM: lambda item: item.amount != 0,
        How.BASE: lambda item: item.base != 0,
        How.AT_LEAST: lambda item: item.amount >= figure.least,
    }
    does_count = counts.get(figure.how, lambda item: True)
    who = [i.who for i in items if figure.part in ("", i.part) and does_count(i)]
    return len(set(who) - {None}) + who.count(None)


async def all_differences(
    client: httpx.AsyncClient, catalogue: Sequence[Json], population: Population, virtual: bool
) -> list[object]:
    """Where the product says something else than what happened."""
    found: list[object] = []
    for measure in catalogue:
        for by in (None, *MEASURED[measure["id"]].cuts):
            answer = await asked(client, measure, by, virtual)
            now = datetime.fromisoformat(answer["as_of"])
            wanted = Asked(FIRST_DAY, END, now, virtual=virtual)
            where = (measure["id"], "virtual" if virtual else "bed")
            whole, parts = may_be_told(MEASURES[measure["id"]], population, wanted, by)
            found += differences(where, answer["figures"], whole)
            said = parts_in(answer, by) if by else {}
            for part in sorted(said.keys() | parts.keys()):
                place = (*where, by, part)
                found += differences(place, said.get(part, {}), parts.get(part, NOTHING))
    return found


@pytest.mark.kafka
async def test_every_figure_is_what_really_happened(simulation: Simulation, system: System) -> None:
    system.start_worker()
    await system.publish(map(inbound, simulation.messages))
    await system.until_projected()
    population = Population(simulation.lives)
    async with visitor(system) as client:
        catalogue = (await client.get("/api/measures")).raise_for_status().json()
        assert len(catalogue) > 1
        for virtual in (False, True):
            found = await all_differences(client, catalogue, population, virtual)
            assert found == [], "\n".join(map(str, found))


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
        for measure, by, then in said:
            again = await asked(client, measure, by, virtual=False, as_known_at=then["as_of"])
            told = (then["figures"], then["rows"])
            assert (again["figures"], again["rows"]) == told, (measure["id"], by)
