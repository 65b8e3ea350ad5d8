"""What the figures of care outside beds count: contacts, prevention, referrals."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from services.simulator.measured.asked import LONDON, ONE_DAY, Asked, day_of
from services.simulator.measured.items import Item, Population
from services.simulator.measured.stays import happened, occupied_bed_days
from services.simulator.truth import TrueReferral
from services.simulator.visits import CONTACTS, Visit

_MEETINGS = CONTACTS | {"EMER"}
_ANSWER_DAYS, _SATURDAY = 5, 5


def closer_to_home(population: Population, asked: Asked) -> Iterator[Item]:
    """Each contact, attendance and day of care; those outside hospital count in the amount too."""
    for visit in population.lives.visits:
        if visit.class_code in _MEETINGS and happened(visit) and asked.holds(visit.start):
            yield _contact(population, visit, amount=float(visit.is_contact), base=1.0)
    for virtual in (False, True):
        beds = Asked(asked.first, asked.end, asked.now, virtual=virtual)
        for night in occupied_bed_days(population, beds):
            if night.part == "night":
                amount = float(virtual)
                yield Item(night.day, night.who, night.provider, amount=amount, base=1.0)


def preventative_use(population: Population, asked: Asked) -> Iterator[Item]:
    """Each contact that acts before anything is wrong, and everybody who could have had one."""
    for visit in population.lives.visits:
        if visit.offer is not None and visit.offer.preventative and asked.holds(visit.start):
            yield _contact(population, visit)
    for who in population.everybody():
        yield Item(asked.end - ONE_DAY, who, amount=0.0, base=1.0)


def first_contacts(population: Population, asked: Asked) -> Iterator[Item]:
    """The first time ever that a person met a provider outside a bed."""
    first: dict[tuple[object, str], Visit] = {}
    for visit in population.lives.visits:
        if visit.class_code in _MEETINGS and happened(visit):
            key = population.of_visit(visit), visit.source.source
            if key not in first or _start(visit) < _start(first[key]):
                first[key] = visit
    for visit in first.values():
        if asked.holds(visit.start):
            yield _contact(population, visit, amount=0.0, base=1.0)


def referral_wait(population: Population, asked: Asked) -> Iterator[Item]:
    """The hours from sending to each step that a referral has come to."""
    for referral in _sent(population, asked):
        steps = {
            "accepted": referral.accepted_at,
            "contact": referral.first_contact_at,
            "outcome": referral.closed_at,
        }
        for part, at in steps.items():
            if at is not None:
                hours = (at - referral.sent_at) / timedelta(hours=1)
                yield _referral(population, referral, part=part, amount=hours)


def referrals_closed(population: Population, asked: Asked) -> Iterator[Item]:
    """Each referral that was sent, and whether it has an outcome."""
    for referral in _sent(population, asked):
        yield _referral(population, referral, amount=float(bool(referral.closed_at)), base=1.0)


def silent_handoffs(population: Population, asked: Asked) -> Iterator[Item]:
    """Each referral that nobody has answered for five working days."""
    for referral in population.lives.referrals:
        if referral.status in {"sent", "received"} and _due(referral.sent_at) < asked.now:
            who = population.who(referral.source, referral.nhs_number)
            yield Item(asked.today, who, referral.receiver)


def _sent(population: Population, asked: Asked) -> Iterator[TrueReferral]:
    return (one for one in population.lives.referrals if asked.holds(one.sent_at))


def _due(sent: datetime) -> datetime:
    """At the same time by London's clock, after so many working days."""
    local, days = sent.astimezone(LONDON), 0
    while days < _ANSWER_DAYS:
        local += ONE_DAY
        days += local.weekday() < _SATURDAY
    return local


def _start(visit: Visit) -> datetime:
    return visit.start or visit.recorded


def _contact(
    population: Population, visit: Visit, *, amount: float = 1.0, base: float = 0.0
) -> Item:
    who = population.of_visit(visit)
    day, source = day_of(_start(visit)), visit.source.source
    return Item(day, who, source, amount=amount, base=base)


def _referral(
    population: Population,
    referral: TrueReferral,
    *,
    part: str = "",
    amount: float = 1.0,
    base: float = 0.0,
) -> Item:
    who = population.who(referral.source, referral.nhs_number)
    day = day_of(referral.sent_at)
    return Item(day, who, referral.receiver, part=part, amount=amount, base=base)
