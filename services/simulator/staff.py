"""What organisations say of themselves: staff, staffed beds, and how they work together."""

from collections.abc import Generator
from dataclasses import replace
from datetime import timedelta
from random import Random

import simpy

from schemas.times import london_date
from services.simulator import organisation_resources as resources
from services.simulator.ledger import Post, Reply, StaffedBeds
from services.simulator.organisations import ORGANISATIONS, Organisation, Ward
from services.simulator.services import OFFERS, Offer
from services.simulator.world import World

Steps = Generator[simpy.Event, None, None]

_PEOPLE_A_POST, _FEWEST_POSTS = 150, 2
_FIRST_HOUR_S, _DAY_S = 3_600, 86_400
_LEAVES_SHARE, _CHANGES_SHARE, _BEDS_CHANGE_SHARE = 0.08, 0.12, 0.5
_ANSWERS_A_MONTH = 4
_MONTH_DAYS = 30
_WTE = (1.0, 1.0, 1.0, 0.8, 0.6, 0.5, 0.2)


def begin(world: World, people: int, rng: Random) -> None:
    """Set going what every organisation says of itself while so many people live there."""
    for offer in OFFERS:
        for _ in range(max(_FEWEST_POSTS, people // _PEOPLE_A_POST // len(OFFERS))):
            world.clock.process(_works(world, offer, Random(rng.random())))
    for ward in world.wards.values():
        if ward.staffed_beds:
            world.clock.process(_staffs(world, ward, Random(rng.random())))
    for organisation in ORGANISATIONS:
        world.clock.process(_answers(world, organisation, Random(rng.random())))


def _works(world: World, offer: Offer, rng: Random) -> Steps:
    """Somebody works for a service; some go, some work less or more."""
    yield world.clock.timeout(rng.randrange(60, _FIRST_HOUR_S))
    since = world.start - timedelta(days=rng.randrange(30, 4000))
    number = world.number(offer.provider, "R")
    post = Post(number, offer, rng.choice(_WTE), since)
    _say_post(world, post)
    yield world.clock.timeout(rng.randrange(_DAY_S, _DAY_S * max(2, world.days)))
    chance = rng.random()
    if chance < _LEAVES_SHARE:
        _say_post(world, replace(post, leaves=london_date(world.now)))
    elif chance < _LEAVES_SHARE + _CHANGES_SHARE:
        _say_post(world, replace(post, wte=rng.choice(_WTE)))


def _say_post(world: World, post: Post) -> None:
    world.ledger.posts[post.number] = post
    world.publish(post.offer.provider, resources.practitioner_role(post))


def _staffs(world: World, ward: Ward, rng: Random) -> Steps:
    """A ward's beds, some of which close or open for a time."""
    yield world.clock.timeout(rng.randrange(60, _FIRST_HOUR_S))
    _say_beds(world, ward, ward.staffed_beds)
    if rng.random() < _BEDS_CHANGE_SHARE:
        yield world.clock.timeout(rng.randrange(2 * _DAY_S, _DAY_S * max(3, world.days)))
        _say_beds(world, ward, max(1, ward.staffed_beds + rng.choice((-2, -1, 1, 2))))


def _say_beds(world: World, ward: Ward, beds: int) -> None:
    world.ledger.beds.append(StaffedBeds(ward.code, beds, world.now))
    world.publish(ward.organisation, resources.ward_location(ward, beds))


def _answers(world: World, organisation: Organisation, rng: Random) -> Steps:
    """An organisation says, some times a month, how it finds working with the others."""
    while True:
        days = rng.expovariate(_ANSWERS_A_MONTH / _MONTH_DAYS)
        yield world.clock.timeout(int(days * _DAY_S) + 1)
        mood = rng.choice((3, 4, 5))
        answers = tuple(min(5, max(1, mood + rng.choice((-1, 0, 0, 1)))) for _ in range(5))
        reply = Reply(None, organisation.source, "partnership", answers, world.now)
        world.ledger.replies.append(reply)
        number = world.number(organisation, "Q")
        world.publish(organisation, resources.partnership(number, organisation, reply))
