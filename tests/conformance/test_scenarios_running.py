"""The scenarios on the running product: all of them mixed, shuffled and partly sent twice."""

import asyncio
from collections.abc import Iterator
from functools import cache, partial
from random import Random

import httpx
import pytest

from services.access.viewer import Role
from tests.conformance.running_system import System
from tests.conformance.scenario import Scenario, scenarios
from tests.conformance.scenarios_against import Differences, Telling, tellings, tried
from tests.running import Up, token_for, up

SEED = 20261125


def chosen() -> list[Telling]:
    """Each scenario in one of its formats, by lot."""
    return tellings(scenarios(), None, Random(SEED))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with up(tmp_path_factory.mktemp("scenarios") / "stack") as found:
        yield found


@pytest.fixture(scope="module")
def found(running: Up) -> Differences:
    """What the running product says otherwise than expected, by scenario."""

    async def all_of_them() -> Differences:
        with running.visited_by("administrator") as publisher:
            system = System(
                running.url, token_of(publisher), cache(partial(token_for, Role.CLINICIAN))
            )
        try:
            return await tried(system, chosen(), Random(SEED))
        finally:
            await system.close()

    return asyncio.run(all_of_them())


def token_of(client: httpx.Client) -> str:
    return client.headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize(
    "scenario", [pytest.param(one.scenario, id=one.scenario.id) for one in chosen()]
)
def test_the_running_product_says_what_is_expected(scenario: Scenario, found: Differences) -> None:
    assert found[scenario.id] == []


def test_every_projection_agrees_with_the_facts_of_the_scenarios(
    running: Up, found: Differences
) -> None:
    assert found
    agreed = running.with_database("verify", "--json")
    assert (agreed.returncode, agreed.stdout.strip()) == (0, "[]")
