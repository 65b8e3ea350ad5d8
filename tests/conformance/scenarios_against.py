"""Tries the conformance scenarios on a running system, all of them mixed together.

    python -m tests.conformance.scenarios_against http://localhost:8080

Prints each difference between what is expected and what the system says; exit code 1 where there
is one. How a system of another make is asked: `tests/conformance/running_system.py`.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from random import Random
from typing import NamedTuple

from services.cli.tokens import development_token
from tests.conformance.compared import differences
from tests.conformance.running_system import System, known_people
from tests.conformance.scenario import Format, Scenario, Sent, scenarios


class Telling(NamedTuple):
    """A scenario and the format that it is told in: one only, for its source is used once."""

    scenario: Scenario
    format_: Format


Message = tuple[Telling, Sent]
Differences = dict[str, list[str]]


def tellings(chosen: Sequence[Scenario], format_: Format | None, chance: Random) -> list[Telling]:
    """Each scenario in the format asked for, where it has it; by lot where none is asked for."""
    return [
        Telling(scenario, format_ or chance.choice(scenario.formats))
        for scenario in chosen
        if format_ is None or format_ in scenario.formats
    ]


async def tried(system: System, told: Sequence[Telling], chance: Random) -> Differences:
    """The differences of each scenario, by its id; empty lists where all is as expected.

    What all scenarios send first is shuffled together, some of it sent twice, and so is each
    later step. Once all is there, the stays of each step are asked for as they were known then.
    """
    then: list[datetime] = []
    found: Differences = {one.scenario.id: [] for one in told}
    for number in range(max(len(one.scenario.steps) for one in told)):
        here = [one for one in told if number < len(one.scenario.steps)]
        messages = [(one, m) for one in here for m in one.scenario.sent(number, one.format_)]
        order = shuffled(messages, chance)
        answers = await system.send([message for _, message in order])
        for (one, message), answer in zip(order, answers, strict=True):
            wrong = answer.differences(message.answer or {})
            found[one.scenario.id] += [f"{one.format_}, step {number}: {text}" for text in wrong]
        await system.settle()
        for one in here:
            found[one.scenario.id] += await _differing(system, one, number)
        then.append(datetime.now(UTC))
    for one in told:
        for number, moment in enumerate(then[: len(one.scenario.steps) - 1]):
            found[one.scenario.id] += await _differing_then(system, one, number, moment)
    return found


def shuffled(messages: Sequence[Message], chance: Random) -> list[Message]:
    """The messages in any order, one in ten of them twice."""
    usual = [(one, message) for one, message in messages if message.answer is None]
    again = chance.sample(usual, len(usual) // 10)
    return chance.sample([*messages, *again], len(messages) + len(again))


async def _differing(system: System, one: Telling, number: int) -> list[str]:
    scenario = one.scenario
    sent = [m for step in range(number + 1) for m in scenario.sent(step, one.format_)]
    expected = scenario.steps[number].expected
    told = await system.told(expected, scenario.source, scenario.as_of, known_people(sent))
    return [
        f"{one.format_}, step {number}: {text}"
        for text in differences(scenario.source, expected, told)
    ]


async def _differing_then(system: System, one: Telling, number: int, moment: datetime) -> list[str]:
    """What a past moment's stays are said to have been otherwise, now that more is known."""
    scenario = one.scenario
    sent = [m for step in range(len(scenario.steps)) for m in scenario.sent(step, one.format_)]
    expected = scenario.steps[number].expected
    told = await system.told_then(expected, scenario.source, known_people(sent), moment)
    stays = {"stays": expected.get("stays", [])}
    return [
        f"{one.format_}, step {number} as known then: {text}"
        for text in differences(scenario.source, stays, told)
    ]


def main(arguments: Sequence[str]) -> int:
    """Try the scenarios that the arguments choose; the exit code."""
    asked = _parser().parse_intermixed_args(arguments)
    chosen = [one for one in scenarios() if not asked.ids or one.id in asked.ids]
    chance = Random(asked.seed)
    told = tellings(chosen, Format(asked.format) if asked.format else None, chance)
    found = asyncio.run(_tried_at(asked, told, chance))
    for name, texts in sorted(found.items()):
        for text in texts:
            sys.stdout.write(f"{name}: {text}\n")
    wrong = sum(1 for texts in found.values() if texts)
    sys.stdout.write(f"{len(found) - wrong} of {len(found)} scenarios as expected\n")
    return 1 if wrong else 0


async def _tried_at(
    asked: argparse.Namespace, told: Sequence[Telling], chance: Random
) -> Differences:
    publisher = asked.publisher or development_token("administrator", "SCENARIOS")
    reader = cache(lambda org: asked.reader or development_token("clinician", org))
    system = System(asked.url, publisher, reader)
    try:
        return await tried(system, told, chance)
    finally:
        await system.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scenarios_against", description=__doc__)
    parser.add_argument("url", help="where the system answers")
    parser.add_argument("ids", nargs="*", help="scenarios; all where none is named")
    parser.add_argument("--format", choices=list(Format), help="by lot where it is not said")
    parser.add_argument("--seed", type=int, default=1, help="of the order and of the lots")
    parser.add_argument("--publisher", help="token that may send for any source; development's")
    parser.add_argument("--reader", help="token that may read records; development's")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
