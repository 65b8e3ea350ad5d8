"""A seeded care system: the same arguments give the same messages, byte for byte."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from random import Random

from services.simulator import life, registers, staff
from services.simulator.adt import adt_of
from services.simulator.disorder import disordered, with_corrections
from services.simulator.doubts import doubtful
from services.simulator.lives import Lives
from services.simulator.messages import Fact, Message
from services.simulator.organisations import Ward
from services.simulator.people import Person, population
from services.simulator.publishing import messages_of
from services.simulator.truth import Truth, truth_of
from services.simulator.visits import Visit
from services.simulator.world import World

FIRST_DAY = date(2026, 3, 2)  # a month from here holds a clock change


@dataclass(frozen=True, slots=True)
class Simulation:
    """Messages in the order of publishing, what they should add up to, and whom and where.

    `lives`: all that happened, of which the truth of measures is counted; `first_day`: in London.
    """

    messages: tuple[Message, ...]
    truth: Truth
    people: tuple[Person, ...]
    wards: tuple[Ward, ...]
    lives: Lives
    first_day: date


def simulate(
    people: int,
    days: int,
    seed: int,
    start: date = FIRST_DAY,
    disorder: bool = False,
    *,
    doubts: bool = False,
) -> Simulation:
    """`days` London days, from `start` on, of the care of `people`.

    `disorder` makes messages late, repeated, shuffled, wrong at first; the truth is the same.
    `doubts` makes sources leave some things out for good; the truth is what may be known.
    """
    world, everybody = _lived(people, days, seed, start, doubts=doubts)
    if doubts:
        world.facts = list(doubtful(world.facts, seed))
    messages = _published(world, seed, disorder=disorder)
    return _simulation(world, everybody, messages)


def simulate_adt(people: int, days: int, seed: int, start: date = FIRST_DAY) -> Simulation:
    """The same care, of which the stays alone are told, as HL7 v2 ADT messages."""
    world, everybody = _lived(people, days, seed, start)
    return _simulation(world, everybody, adt_of(world.facts, Random(f"{seed}/lag")))


def _lived(
    people: int, days: int, seed: int, start: date, *, doubts: bool = False
) -> tuple[World, tuple[Person, ...]]:
    world = World(start, days, people, doubts=doubts)
    everybody = population(people, Random(f"{seed}/people"), start)
    for person in everybody:
        own = f"{seed}/{person.nhs_number}"
        life.begin(world, person, Random(own), Random(f"{own}/prevention"))
    staff.begin(world, people, Random(f"{seed}/staff"))
    registers.begin(world, everybody, Random(f"{seed}/registers"))
    world.run()
    return world, everybody


def _simulation(
    world: World, everybody: tuple[Person, ...], messages: Iterable[Message]
) -> Simulation:
    lives = Lives(
        everybody,
        tuple(world.wards.values()),
        tuple(_final_states(world.facts)),
        tuple(world.referrals.values()),
        world.ledger,
        frozenset(world.patients),
        frozenset(world.untraced),
        frozenset(world.misspelt),
    )
    truth = truth_of(lives.visits, lives.referrals, world.until)
    return Simulation(tuple(messages), truth, everybody, lives.wards, lives, world.start)


def _published(world: World, seed: int, *, disorder: bool) -> tuple[Message, ...]:
    lag = Random(f"{seed}/lag")
    if not disorder:
        return tuple(messages_of(world.facts, world.patients, lag))
    rng = Random(f"{seed}/disorder")
    facts = with_corrections(world.facts, world.wards.values(), rng)
    return tuple(disordered(messages_of(facts, world.patients, lag), rng))


def _final_states(facts: list[Fact]) -> list[Visit]:
    """The last state of each visit, in the order of first appearance."""
    return list({fact.visit: fact for fact in facts if isinstance(fact, Visit)}.values())
