"""What happens to one person: what is known at the start, urgent and planned care, contacts."""

from collections.abc import Generator, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import simpy

from schemas.times import london_date
from services.simulator import asking, hospital, needs, resources, visits
from services.simulator.community import (
    COMPANY,
    DISTRICT_NURSING,
    FALLS_CLASS,
    HOME_CARE,
    MENTAL_HEALTH_TEAM,
    Service,
    meet,
    refer,
)
from services.simulator.ledger import Belonging, How
from services.simulator.organisations import (
    ACUTE_MEDICINE,
    COMMUNITY,
    MENTAL_HEALTH,
    MENTAL_ILLNESS,
    REHABILITATION,
    SHORT_STAY_SURGERY,
    SOCIAL_CARE,
    VIRTUAL,
    VOLUNTARY,
    Organisation,
)
from services.simulator.people import Person
from services.simulator.rhythm import (
    ELECTIVES,
    EMERGENCIES,
    SURGERY_HOURS,
    arrivals,
    long_tailed,
)
from services.simulator.services import HEALTH_CHECKS, SURGERIES
from services.simulator.visits import Visit
from services.simulator.world import World

Steps = Generator[simpy.Event, None, None]

_FIRST_DAY_S = 6 * 3600  # the sources load what they hold in the first hours
_ABOUT_ME_SHARE, _WRITTEN_WITH_HELP_SHARE, _PLAN_SHARE = 0.3, 0.3, 0.5
_IN_BED_AT_THE_START_SHARE = 0.024
_MISTAKE_SHARE, _CANCELLED_SHARE, _CRISIS_SHARE = 0.015, 0.12, 0.4
_STEP_DOWN_SHARE, _VIRTUAL_SHARE, _REFERRED_SHARE = 0.42, 0.22, 0.65
_CHECKED_FROM = 40
_BOOKED_AHEAD = 14  # days, at most
_ADMITTED_SHARES = ((65, 0.25), (80, 0.45), (200, 0.6))
_HOUSEBOUND = frozenset({"frailty", "end-of-life", "care-home"})


def need(person: Person) -> float:
    """How often the person needs care, as a multiple of someone in no cohort."""
    return 0.7 + 0.45 * len(person.cohorts) + 3.0 * ("high-intensity-use" in person.cohorts)


def begin(world: World, person: Person, rng: Random, prevention: Random) -> None:
    """Set going everything that may happen to a person; `prevention` before anything is wrong."""
    world.clock.process(_introduce(world, person, rng))
    if rng.random() < _IN_BED_AT_THE_START_SHARE * need(person):
        world.clock.process(_already_in(world, person, rng))
    world.clock.process(_urgent_care(world, person, rng))
    world.clock.process(_planned_care(world, person, rng))
    for service, per_year in _contacts_of(person):
        at = arrivals(rng, service.rhythm, world.start, world.days, per_year)
        world.clock.process(_contacts(world, person, service, at))
    for service, per_year in _prevention_for(person, person.age(world.start)):
        at = arrivals(prevention, service.rhythm, world.start, world.days, per_year)
        world.clock.process(_contacts(world, person, service, at))


def _prevention_for(person: Person, age: int) -> list[tuple[Service, float]]:
    """Contacts a year by preventative service."""
    offer = HEALTH_CHECKS[person.practice.source]
    checks = Service(offer, "NHS health check", "AMB", SURGERY_HOURS, 20)
    falls = 6.0 if "frailty" in person.cohorts else 2.0 if age >= hospital.OLD else 0.0
    return [(checks, 1.0 if age >= _CHECKED_FROM else 0.1), (FALLS_CLASS, falls)]


def _contacts_of(person: Person) -> list[tuple[Service, float]]:
    """Contacts a year by service."""
    mentally_ill = "serious-mental-illness" in person.cohorts
    surgery = Service(
        SURGERIES[person.practice.source], "General practice appointment", "AMB", SURGERY_HOURS, 12
    )
    housebound = bool(person.cohorts & _HOUSEBOUND)
    return [
        (surgery, 5.0 * need(person)),
        (DISTRICT_NURSING, 52.0 if housebound else 1.0),
        (HOME_CARE, 40.0 if housebound else 0.5),
        (COMPANY, 3.0 if housebound else 0.8),
        (MENTAL_HEALTH_TEAM, 20.0 if mentally_ill else 0.2),
    ]


def _contacts(world: World, person: Person, service: Service, at: Iterator[datetime]) -> Steps:
    for moment in at:
        yield world.reach(moment)
        meet(world, person, service)


def _introduce(world: World, person: Person, rng: Random) -> Steps:
    """What the practice and the neighbourhood team already hold."""
    yield world.clock.timeout(rng.randrange(_FIRST_DAY_S))
    practice, ordered = person.practice, sorted(person.cohorts)
    subject = world.subject(practice, person)
    for cohort in (c for c in ordered if c in needs.CONDITIONS):
        onset = world.start - timedelta(days=rng.randrange(60, 3000))
        number = world.number(practice, "C")
        world.publish(practice, needs.condition(number, subject, cohort, onset, world.now))
        world.belongs(Belonging(person.nhs_number, cohort, How.CONDITION, onset))
    for cohort in (c for c in ordered if c in needs.FLAGS):
        number = world.number(practice, "F")
        world.publish(practice, needs.flag(number, subject, cohort, practice, world.now))
        since = london_date(world.now)
        world.belongs(Belonging(person.nhs_number, cohort, How.FLAG, since))
    if person.cohorts & _HOUSEBOUND and rng.random() < _PLAN_SHARE:
        _plan(world, person)
    if rng.random() < _ABOUT_ME_SHARE:
        _tell_about_me(world, person, rng)


def _plan(world: World, person: Person) -> None:
    """A care plan, and the team that carries it."""
    subject, number = world.subject(COMMUNITY, person), world.number(COMMUNITY, "K")
    title = "Personal care and support plan"
    world.publish(COMMUNITY, resources.care_plan(number, subject, COMMUNITY, title, world.now))
    members = [COMMUNITY, person.practice, SOCIAL_CARE]
    team = resources.care_team(world.number(COMMUNITY, "M"), subject, members, world.now)
    world.publish(COMMUNITY, team)


def _tell_about_me(world: World, person: Person, rng: Random) -> None:
    answers = {heading: rng.choice(words) for heading, words in resources.ABOUT_ME.items()}
    source = VOLUNTARY if rng.random() < _WRITTEN_WITH_HELP_SHARE else person.practice
    number, patient_id = world.number(source, "Q"), world.patient_id(source, person)
    if source is VOLUNTARY:
        subject = world.subject(source, person)
        told = resources.about_me_document(number, subject, source, answers, world.now)
    else:
        told = resources.about_me_answers(number, patient_id, person.nhs_number, answers, world.now)
        asking.asked(world, person, source, tuple(answers))
    world.publish(source, told)


def _already_in(world: World, person: Person, rng: Random) -> Steps:
    """In a ward since before the first day; its source says so in its first hour."""
    world.in_a_bed.add(person.nhs_number)
    yield world.clock.timeout(rng.randrange(60, 3600))
    source, class_code, speciality = _bed_at_the_start(world, person, rng)
    visit = world.visit(source, person, class_code, hospital.REASONS[speciality])
    since = world.now - timedelta(seconds=rng.randrange(6 * 3600, 14 * 86_400))
    days = max(1.0, hospital.stay_days(person, person.age(world.start), rng))
    choices = hospital.wards_of(world, source, speciality)
    visit = yield from hospital.stay(world, visit, choices, days, rng, since)
    yield from _after(world, visit, rng)


def _bed_at_the_start(world: World, person: Person, rng: Random) -> tuple[Organisation, str, str]:
    """Publisher, class and speciality of a bed that someone may be in when all begins."""
    chance, age = rng.random(), person.age(world.start)
    if "serious-mental-illness" in person.cohorts:
        return MENTAL_HEALTH, "IMP", MENTAL_ILLNESS
    if age >= hospital.OLD and chance < _STEP_DOWN_SHARE:
        virtual = chance < _VIRTUAL_SHARE
        return COMMUNITY, "VR" if virtual else "NONAC", VIRTUAL if virtual else REHABILITATION
    trust = hospital.trust_of(person, rng)
    return trust, trust_class(trust), hospital.speciality_of(person, age)


def trust_class(trust: Organisation) -> str:
    """One trust codes its emergency stays IMP, the other ACUTE: both are in use."""
    return "IMP" if trust.wraps else "ACUTE"


def _urgent_care(world: World, person: Person, rng: Random) -> Steps:
    per_year = 2.4 * need(person)
    moments = list(arrivals(rng, EMERGENCIES, world.start, world.days, per_year))
    for moment in moments:
        yield world.reach(moment)
        if person.nhs_number in world.in_a_bed:
            continue
        world.in_a_bed.add(person.nhs_number)
        if "serious-mental-illness" in person.cohorts and rng.random() < _CRISIS_SHARE:
            visit = yield from hospital.crisis(world, person, rng)
            yield from _after(world, visit, rng)
        else:
            yield from _emergency(world, person, rng)


def _emergency(world: World, person: Person, rng: Random) -> Steps:
    """An attendance; for some an admission follows, and what comes after one."""
    trust, age = hospital.trust_of(person, rng), person.age(world.start)
    attendance = yield from hospital.attend(world, person, trust, rng)
    if rng.random() < _MISTAKE_SHARE:
        yield from _admitted_by_mistake(world, attendance)
    if rng.random() >= next(share for below, share in _ADMITTED_SHARES if age < below):
        world.in_a_bed.discard(person.nhs_number)
        return
    visit = world.visit(trust, person, trust_class(trust), attendance.reason)
    visit = replace(visit, part_of=attendance.visit)
    days = hospital.stay_days(person, age, rng)
    visit = yield from hospital.emergency_stay(world, visit, days, rng)
    yield from _after(world, visit, rng)


def _admitted_by_mistake(world: World, attendance: Visit) -> Steps:
    """An admission of the wrong person, taken back after twenty minutes."""
    source, person = attendance.source, attendance.person
    visit = world.visit(source, person, trust_class(source), attendance.reason)
    ward = hospital.wards_of(world, source, ACUTE_MEDICINE)[0]
    visit = world.note(visits.admitted(visit, ward, world.now))
    yield world.clock.timeout(1201)
    world.note(visits.withdrawn(visit, world.now, "entered-in-error"))


def _planned_care(world: World, person: Person, rng: Random) -> Steps:
    """Planned operations: booked about ten days ahead, some cancelled, most short."""
    for moment in arrivals(
        rng, ELECTIVES, world.start, world.days + _BOOKED_AHEAD, 0.5 * need(person)
    ):
        yield world.reach(moment - timedelta(days=rng.randint(3, _BOOKED_AHEAD), seconds=-37))
        trust = hospital.trust_of(person, rng)
        visit = world.visit(trust, person, "SS", hospital.REASONS[SHORT_STAY_SURGERY])
        world.note(visit)
        yield world.reach(moment)
        if person.nhs_number in world.in_a_bed or rng.random() < _CANCELLED_SHARE:
            world.note(visits.withdrawn(visit, world.now, "cancelled"))
            continue
        world.in_a_bed.add(person.nhs_number)
        choices = hospital.wards_of(world, trust, SHORT_STAY_SURGERY)
        days = long_tailed(rng, 0.9, 0.8, 9)
        visit = yield from hospital.stay(world, visit, choices, days, rng)
        yield from _after(world, visit, rng)


def _after(world: World, visit: Visit, rng: Random) -> Steps:
    """After a discharge: a letter, for some a bed closer to home, for most a referral."""
    person, source = visit.person, visit.source
    letter = resources.communication(
        world.number(source, "L"),
        world.subject(source, person),
        (source, person.practice),
        visit.visit,
        world.now,
    )
    world.publish(source, letter)
    fitting = "frailty" in person.cohorts or person.age(world.start) >= hospital.OLD
    steps_down = visit.class_code in {"IMP", "ACUTE"} and fitting
    chance = rng.random()
    if steps_down and chance < _STEP_DOWN_SHARE:
        yield world.clock.timeout(2701)
        virtual = chance < _VIRTUAL_SHARE
        yield from hospital.step_down(world, person, rng, virtual=virtual)
    world.in_a_bed.discard(person.nhs_number)
    if rng.random() < _REFERRED_SHARE:
        service = rng.choice([DISTRICT_NURSING, DISTRICT_NURSING, HOME_CARE, COMPANY])
        service = MENTAL_HEALTH_TEAM if source is MENTAL_HEALTH else service
        world.clock.process(refer(world, person, source, service, rng))
