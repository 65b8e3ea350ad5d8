"""Care in a bed: attendance, admission, moves between wards, leave, and discharge."""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import simpy

from services.simulator import leaving, visits
from services.simulator.organisations import (
    ACUTE_MEDICINE,
    ACUTE_TRUSTS,
    CARDIOLOGY,
    COMMUNITY,
    EMERGENCY,
    HARBOUR,
    MENTAL_HEALTH,
    MENTAL_ILLNESS,
    MOORSIDE,
    OLDER_PEOPLE,
    REHABILITATION,
    RESPIRATORY,
    SHORT_STAY_SURGERY,
    VIRTUAL,
    Organisation,
    Ward,
)
from services.simulator.people import Person
from services.simulator.rhythm import discharge_at, long_tailed
from services.simulator.visits import Visit
from services.simulator.world import World

Steps = Generator[simpy.Event, None, Visit]

REASONS = {
    OLDER_PEOPLE: "Fall at home",
    RESPIRATORY: "Breathlessness",
    CARDIOLOGY: "Swollen legs and breathlessness",
    ACUTE_MEDICINE: "Infection",
    SHORT_STAY_SURGERY: "Planned operation",
    REHABILITATION: "Rehabilitation after a hospital stay",
    MENTAL_ILLNESS: "Mental health crisis",
    VIRTUAL: "Acute care at home",
}
OLD, _ELDERLY = 65, 80
_LONGEST_DAYS = 60.0
_LEAVE_HOURS = (2, 60)
_NEAREST_TRUST_SHARE, _LEAVE_SHARE, _SECOND_MOVE_SHARE, _MOVES_ON_SHARE = 0.9, 0.3, 0.12, 0.1


def trust_of(person: Person, rng: Random) -> Organisation:
    """The acute trust of the person's place, nine times in ten."""
    near = HARBOUR if person.household.area.place == "Harbour Vale" else MOORSIDE
    return near if rng.random() < _NEAREST_TRUST_SHARE else ACUTE_TRUSTS[near is HARBOUR]


def speciality_of(person: Person, age: int) -> str:
    """The speciality that takes over from the acute unit."""
    if age >= _ELDERLY or person.cohorts & {"frailty", "dementia"}:
        return OLDER_PEOPLE
    if "copd" in person.cohorts:
        return RESPIRATORY
    return CARDIOLOGY if person.cohorts & {"heart-failure", "diabetes"} else ACUTE_MEDICINE


def stay_days(person: Person, age: int, rng: Random) -> float:
    """Length of an emergency stay in days: log-normal, longer with age, frailty and dementia."""
    median = 1.6 if age < OLD else 4.2 if age < _ELDERLY else 6.0
    median *= 1.25 if "frailty" in person.cohorts else 1.0
    median *= 1.3 if "dementia" in person.cohorts else 1.0
    return long_tailed(rng, median, 0.85, _LONGEST_DAYS)


def wards_of(world: World, source: Organisation, *specialities: str) -> list[Ward]:
    """A source's wards of these specialities, in the order of preference given."""
    return [
        ward
        for speciality in specialities
        for ward in world.wards.values()
        if ward.organisation == source and ward.speciality == speciality
    ]


def attend(world: World, person: Person, source: Organisation, rng: Random) -> Steps:
    """An emergency attendance: arrived, seen, gone. Gives back its last state."""
    place = wards_of(world, source, EMERGENCY)[0]
    reason = REASONS[speciality_of(person, person.age(world.start))]
    attendance = world.visit(source, person, "EMER", reason)
    attendance = world.note(visits.admitted(attendance, place, world.now, "arrived"))
    yield world.clock.timeout(int(60 * long_tailed(rng, 22, 0.6, 120)) + 61)
    attendance = world.note(visits.seen(attendance, world.now))
    yield world.clock.timeout(int(3600 * long_tailed(rng, 3.1, 0.5, 16)) + 61)
    return world.note(visits.discharged(attendance, world.now))


def stay(
    world: World,
    visit: Visit,
    choices: list[Ward],
    days: float,
    rng: Random,
    since: datetime | None = None,
) -> Steps:
    """A stay in one ward for about `days` more, from now or `since` then, seldom with a leave."""
    ward = world.bed(choices)
    leaves_at = discharge_at(rng, world.now, days)
    admitted = visits.admitted(visit, ward, since or world.now)
    expected = leaving.expected_end(visit, leaves_at, guess=1)
    visit = world.note(replace(admitted, recorded=world.now, expected=expected))
    leaving.begin(world, visit, leaves_at)
    if ward.speciality in {MENTAL_ILLNESS, REHABILITATION} and rng.random() < _LEAVE_SHARE:
        visit = yield from _leave(world, visit, rng)
    yield world.reach(leaves_at)
    world.leave_bed(ward)
    return world.note(visits.discharged(visit, world.now, _disposition(visit, rng)))


def _leave(world: World, visit: Visit, rng: Random) -> Steps:
    yield world.clock.timeout(rng.randrange(86_400, 3 * 86_400))
    visit = world.note(visits.on_leave(visit, world.now))
    yield world.clock.timeout(3600 * rng.randint(*_LEAVE_HOURS) + rng.randrange(1, 3600))
    return world.note(visits.returned(visit, world.now))


def emergency_stay(world: World, visit: Visit, days: float, rng: Random) -> Steps:
    """The acute unit first, then a ward of the speciality, and seldom one move more."""
    age = visit.person.age(world.start)
    speciality = speciality_of(visit.person, age)
    leaves_at = discharge_at(rng, world.now, days)
    ward = world.bed(wards_of(world, visit.source, ACUTE_MEDICINE, speciality))
    visit = visits.admitted(visit, ward, world.now)
    expected = leaving.expected_end(visit, leaves_at, guess=1)
    visit = world.note(replace(visit, expected=expected))
    leaving.begin(world, visit, leaves_at)
    others = wards_of(world, visit.source, speciality, OLDER_PEOPLE, RESPIRATORY, CARDIOLOGY)
    second = (72.0,) if rng.random() < _SECOND_MOVE_SHARE else ()
    for hours in (long_tailed(rng, 20, 0.5, 60), *second):
        at = world.now + timedelta(seconds=int(3600 * hours) + 7)
        choices = [other for other in others if other != ward]
        if at >= leaves_at - timedelta(hours=3) or not choices:
            break
        yield world.reach(at)
        world.leave_bed(ward)
        ward = world.bed(choices)
        expected = leaving.expected_end(visit, leaves_at, guess=len(visit.segments) + 1)
        visit = visits.transferred(replace(visit, expected=expected), ward, world.now)
        world.note(visit)
    yield world.reach(leaves_at)
    world.leave_bed(ward)
    return world.note(visits.discharged(visit, world.now, _disposition(visit, rng)))


def _disposition(visit: Visit, rng: Random) -> str:
    if "care-home" in visit.person.cohorts:
        return "long"
    return "other-hcf" if rng.random() < _MOVES_ON_SHARE else "home"


def step_down(world: World, person: Person, rng: Random, *, virtual: bool) -> Steps:
    """A stay in the community hospital, or on the virtual ward at home."""
    speciality = VIRTUAL if virtual else REHABILITATION
    days = long_tailed(rng, 7, 0.5, 21) if virtual else long_tailed(rng, 15, 0.5, 42)
    visit = world.visit(COMMUNITY, person, "VR" if virtual else "NONAC", REASONS[speciality])
    return (
        yield from stay(world, visit, wards_of(world, COMMUNITY, speciality), max(1.0, days), rng)
    )


def crisis(world: World, person: Person, rng: Random) -> Steps:
    """A mental health admission."""
    visit = world.visit(MENTAL_HEALTH, person, "IMP", REASONS[MENTAL_ILLNESS])
    choices = wards_of(world, MENTAL_HEALTH, MENTAL_ILLNESS)
    return (yield from stay(world, visit, choices, long_tailed(rng, 21, 0.6, 90), rng))
