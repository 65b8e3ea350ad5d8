"""Registers: the target groups whose members one service lists, and goes on listing."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import simpy

from schemas.times import london_date
from services.simulator import needs
from services.simulator.ledger import Belonging, How
from services.simulator.organisations import COMMUNITY
from services.simulator.people import Person
from services.simulator.world import World

Steps = Generator[simpy.Event, None, None]

# Cohort: the shares of its own members, and of everybody else, who are on its register.
_REGISTERS = {"end-of-life": (0.7, 0.004), "high-intensity-use": (0.8, 0.004)}
_FIRST_DAY_S, _DAY_S = 6 * 3600, 86_400
_REVIEW_DAYS, _LEAVES_SHARE, _JOINS_SHARE = 14, 0.06, 0.002


def begin(world: World, people: Sequence[Person], rng: Random) -> None:
    """Set going every register."""
    for cohort, shares in _REGISTERS.items():
        world.clock.process(_keep(world, cohort, people, shares, Random(rng.random())))


def _keep(
    world: World,
    cohort: str,
    people: Sequence[Person],
    shares: tuple[float, float],
    rng: Random,
) -> Steps:
    """Who is on it at the start, and who joins and leaves at each review."""
    yield world.clock.timeout(_FIRST_DAY_S + rng.randrange(_FIRST_DAY_S))
    number = world.number(COMMUNITY, "G")
    listed: dict[str, Belonging] = {}
    known = {person.nhs_number: person for person in people}
    for person in people:
        if rng.random() < shares[cohort not in person.cohorts]:
            since = world.start - timedelta(days=rng.randrange(0, 400))
            listed[person.nhs_number] = Belonging(person.nhs_number, cohort, How.REGISTER, since)
    while True:
        _say(world, number, cohort, [(known[one], listed[one]) for one in listed])
        yield world.clock.timeout(_REVIEW_DAYS * _DAY_S)
        _review(world, cohort, people, listed, rng)


def _review(
    world: World,
    cohort: str,
    people: Sequence[Person],
    listed: dict[str, Belonging],
    rng: Random,
) -> None:
    today = london_date(world.now)
    for number, one in listed.items():
        if one.until is None and rng.random() < _LEAVES_SHARE:
            listed[number] = replace(one, until=today)
    for person in people:
        if person.nhs_number not in listed and rng.random() < _JOINS_SHARE:
            listed[person.nhs_number] = Belonging(person.nhs_number, cohort, How.REGISTER, today)


def _say(
    world: World, number: str, cohort: str, members: Sequence[tuple[Person, Belonging]]
) -> None:
    told = [(world.subject(COMMUNITY, person), one.since, one.until) for person, one in members]
    for _, one in members:
        world.belongs(one)
    if told:
        world.publish(COMMUNITY, needs.register(number, COMMUNITY, cohort, told))
