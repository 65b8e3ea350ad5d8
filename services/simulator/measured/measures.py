"""Every measure: what it counts, the figures made of it, and both cut by what tells items apart."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from services.simulator.measured import care, delays, doubt, stays, told
from services.simulator.measured.asked import Asked
from services.simulator.measured.cohorts import cohorts_on
from services.simulator.measured.items import (
    UNKNOWN,
    Item,
    Population,
    age_band,
    quintile,
    specialty,
)
from services.simulator.measured.numbers import (
    PER_100,
    PER_1000,
    Figures,
    of_part,
    people,
    share,
    spread,
    total,
)
from services.simulator.organisations import Ward
from services.simulator.people import Person
from services.simulator.reference import code_of

Key = tuple[str, ...]
_DOUBTS = ("stale", "inferred", "conflicting", "unknown-ward", "bad-nhs-number")
_WAITS = ("accepted", "contact", "outcome")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a measure counts and how; which `cuts` it can be told apart by."""

    counted: Callable[[Population, Asked], Iterator[Item]]
    figures: Callable[[Sequence[Item]], Figures]
    cuts: tuple[str, ...] = ()


_BEDS = ("provider", "site", "ward", "specialty")
_WHO = ("cohort", "place", "neighbourhood", "deprivation", "ethnicity", "age", "sex")
_STAYS = (*_BEDS, "class", *_WHO)
_CARE = ("provider", *_WHO, "day")


def _total(items: Sequence[Item]) -> Figures:
    return {"total": total(items)}


def _nights(items: Sequence[Item]) -> Figures:
    nights = of_part(items, "night")
    leave = total(of_part(items, "leave"))
    return {"total": total(nights), "leave": leave, "people": people(nights)}


def _lengths(items: Sequence[Item]) -> Figures:
    spells = spread(of_part(items, "spell"))
    continuous = spread(of_part(items, "continuous"), "continuous_")
    return spells | continuous | {"day_cases": float(len(of_part(items, "day-case")))}


def _occupancy(items: Sequence[Item]) -> Figures:
    found = share(items)
    return {
        "value": found["value"],
        "occupied": found["numerator"],
        "staffed": found["denominator"],
    }


def _bands(items: Sequence[Item]) -> Figures:
    return {f"{days}+": float(sum(item.amount >= days for item in items)) for days in (7, 14, 21)}


def _delays(items: Sequence[Item]) -> Figures:
    ready = of_part(items, "ready")
    return {"total": total(of_part(items, "delay")), "people": float(len(ready))}


def _waits(items: Sequence[Item]) -> Figures:
    found: Figures = {}
    for part in _WAITS:
        found |= spread(of_part(items, part), f"{part}_")
    return found


def _doubts(items: Sequence[Item]) -> Figures:
    return _total(items) | {part: total(of_part(items, part)) for part in _DOUBTS}


def _per_1000(items: Sequence[Item]) -> Figures:
    return share(items, PER_1000)


def _per_100(items: Sequence[Item]) -> Figures:
    return share(items, PER_100)


MEASURED = {
    "occupied_bed_days": Measured(stays.occupied_bed_days, _nights, (*_STAYS, "day")),
    "length_of_stay": Measured(stays.length_of_stay, _lengths, (*_STAYS, "day")),
    "beds_occupied": Measured(stays.beds_occupied, _total, _STAYS),
    "occupancy": Measured(stays.occupancy, _occupancy, _BEDS),
    "long_stay": Measured(stays.long_stay, _bands, _STAYS),
    "discharge_delay": Measured(delays.discharge_delay, _delays, (*_STAYS, "pathway", "reason")),
    "admissions": Measured(stays.admissions, _total, (*_STAYS, "day", "hour")),
    "discharges": Measured(stays.discharges, _total, (*_STAYS, "day", "hour")),
    "expected_discharges": Measured(stays.expected_discharges, _total, (*_STAYS, "day", "hour")),
    "readmissions_30d": Measured(stays.readmissions_30d, share, (*_STAYS, "day")),
    "closer_to_home": Measured(care.closer_to_home, share, _CARE),
    "preventative_use": Measured(care.preventative_use, _per_1000, _WHO),
    "referral_wait": Measured(care.referral_wait, _waits, _CARE),
    "referrals_closed": Measured(care.referrals_closed, share, _CARE),
    "silent_handoffs": Measured(care.silent_handoffs, _total, ("provider", *_WHO)),
    "coordinated_care_reported": Measured(told.coordinated_care_reported, share, _CARE),
    "partnership_reported": Measured(told.partnership_reported, share, ("provider", "day")),
    "neighbourhood_workforce": Measured(told.neighbourhood_workforce, share, ("provider",)),
    "story_repeated": Measured(told.story_repeated, _per_100, _CARE),
    "data_confidence": Measured(doubt.data_confidence, _doubts, ("provider",)),
}


def figures_of(measure: str, population: Population, asked: Asked) -> Figures:
    """Every figure of a measure by its name."""
    found = MEASURED[measure]
    return found.figures(list(found.counted(population, asked)))


def cut(measure: str, population: Population, asked: Asked, by: str) -> dict[Key, Figures]:
    """The same for each part; a part is named by what it is and, of a ward or site, whose."""
    figures = MEASURED[measure].figures
    parts = items_by(measure, population, asked, by)
    return {key: figures(items) for key, items in parts.items()}


def items_of(measure: str, population: Population, asked: Asked) -> list[Item]:
    """All that a measure counts."""
    return list(MEASURED[measure].counted(population, asked))


def items_by(measure: str, population: Population, asked: Asked, by: str) -> dict[Key, list[Item]]:
    """What it counts of each part."""
    counted = delays.delay_reasons if by == "reason" else MEASURED[measure].counted
    parts: dict[Key, list[Item]] = defaultdict(list)
    for item in counted(population, asked):
        for key in _keys(item, population, by):
            parts[key].append(item)
    return parts


def _keys(item: Item, population: Population, by: str) -> Iterable[Key]:
    """The parts of the cut that an item belongs to: one, but for groups none or several."""
    if by == "cohort":
        who = item.who
        return [(name,) for name in (cohorts_on(population, who, item.day) if who else ())]
    if by in _OF_PERSON:
        person = population.people[item.who.nhs_number] if item.who else None
        return [(_OF_PERSON[by](person, item.day) if person else UNKNOWN,)]
    if by in _OF_WARD:
        return [_OF_WARD[by](str(item.provider), item.ward)] if item.ward else []
    said: dict[str, object] = {"provider": item.provider, "class": item.class_code, "day": item.day}
    said |= {"hour": item.hour, "pathway": item.pathway, "reason": item.reason}
    return [(str(said[by] if said[by] is not None else UNKNOWN),)]


# A ward's code is its site's and a site's its provider's: the same code elsewhere is another one.
_OF_WARD: dict[str, Callable[[str, Ward], Key]] = {
    "site": lambda provider, ward: (provider, ward.site),
    "ward": lambda provider, ward: (provider, ward.site, ward.code),
    "specialty": lambda _, ward: (specialty(ward),),
}
_OF_PERSON: dict[str, Callable[[Person, date], str]] = {
    "place": lambda person, _: code_of(person.household.area.place),
    "neighbourhood": lambda person, _: code_of(person.household.area.neighbourhood),
    "deprivation": lambda person, _: quintile(person),
    "ethnicity": lambda person, _: person.ethnic_category,
    "age": age_band,
    "sex": lambda person, _: person.sex,
}
