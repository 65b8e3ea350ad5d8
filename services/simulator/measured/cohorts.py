"""Who belongs to which target group on a day, by what really is so of them."""

from collections.abc import Iterator
from datetime import date, timedelta

from services.simulator.ledger import Belonging, How
from services.simulator.measured.asked import day_of
from services.simulator.measured.items import Population, Who

FRAIL_FROM = 75
OFTEN, YEAR = 5, timedelta(days=365)


def cohorts_on(population: Population, who: Who, day: date) -> set[str]:
    """The target groups of a person on a day. Source: definitions, section 9.

    What is known by an untraced number is not joined with what the practice says.
    """
    return {*_said(population, who, day), *_lived(population, who, day)}


def _said(population: Population, who: Who, day: date) -> Iterator[str]:
    """Groups that a service said they belong to; frailty counts from an age on only."""
    if who.alone is not None:
        return
    person = population.people[who.nhs_number]
    for one in population.belongings.get(who.nhs_number, ()):
        if not _holds(one, day):
            continue
        if one.cohort == "frailty" and not (one.how is How.FLAG and person.age(day) >= FRAIL_FROM):
            continue
        yield one.cohort


def _holds(one: Belonging, day: date) -> bool:
    return one.since <= day and (one.until is None or day < one.until)


def _lived(population: Population, who: Who, day: date) -> Iterator[str]:
    """Groups that follow from where and how somebody lives."""
    if population.people[who.nhs_number].household.care_home:
        yield "care-home"
    attended = population.attendances.get(who.nhs_number, ())
    days = [day_of(visit.start) for visit in attended if visit.start is not None]
    if who.alone is None and sum(day - YEAR < at <= day for at in days) >= OFTEN:
        yield "high-intensity-use"
