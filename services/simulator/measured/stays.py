"""What the figures of beds count: who was in which one when, who came and who went."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from services.simulator.measured.asked import (
    LONDON,
    Asked,
    At,
    day_of,
)
from services.simulator.measured.items import Item, Population
from services.simulator.organisations import Ward
from services.simulator.truth import midnight_after
from services.simulator.visits import HOSPITAL_BEDS, VIRTUAL_BEDS, Leave, Segment, Visit

OPEN = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_A_DAY = timedelta(days=1)
_LONG_STAY_DAYS = 7
_READMITTED_DAYS = 30


def happened(visit: Visit) -> bool:
    return visit.status in OPEN or visit.status == "finished"


def in_beds(population: Population, *, virtual: bool) -> list[Visit]:
    """The stays that took up beds of a kind."""
    classes = VIRTUAL_BEDS if virtual else HOSPITAL_BEDS
    visits = population.lives.visits
    return [visit for visit in visits if visit.class_code in classes and happened(visit)]


def occupied_bed_days(population: Population, asked: Asked) -> Iterator[Item]:
    """Everybody in a bed at the midnight that ends each day; those on leave apart."""
    stays = in_beds(population, virtual=asked.virtual)
    for day in asked.days():
        at = midnight_after(day)
        for visit in stays:
            for segment in visit.segments:
                if _is_there(segment, at):
                    part = "leave" if _is_away(visit, at) else "night"
                    yield item_of(population, visit, day, segment.ward, part=part)


def length_of_stay(population: Population, asked: Asked) -> Iterator[Item]:
    """The days of every stay that ended, and of every chain of stays that ended."""
    ended = in_beds(population, virtual=asked.virtual)
    for visit in ended:
        if asked.holds(visit.end):
            part = "day-case" if is_day_case(visit) else "spell"
            yield _left(population, visit, part=part, amount=days_in(visit))
    if asked.virtual:
        return
    for chain in _chains(population):
        last = chain[-1]
        if asked.holds(last.end) and not all(map(is_day_case, chain)):
            amount = (_ended(last) - min(map(_began, chain))).days
            yield _left(population, last, part="continuous", amount=amount)


def beds_occupied(population: Population, asked: Asked) -> Iterator[Item]:
    """Everybody who has a bed; at midnight those on leave are not counted."""
    at = asked.moment
    for visit in in_beds(population, virtual=asked.virtual):
        for segment in visit.segments:
            if _has_bed(visit, segment, asked.at, at):
                yield item_of(population, visit, asked.day, segment.ward)


def _has_bed(visit: Visit, segment: Segment, at: At, moment: datetime) -> bool:
    if at is At.NOW:
        return segment.end is None
    if at is At.EIGHT:
        return segment.start <= moment and (segment.end is None or segment.end > moment)
    return _is_there(segment, moment) and not _is_away(visit, moment)


def occupancy(population: Population, asked: Asked) -> Iterator[Item]:
    """Staffed beds of every ward of that kind, as said last by that day, and who is in them."""
    classes = VIRTUAL_BEDS if asked.virtual else HOSPITAL_BEDS
    staffed: dict[str, int] = {}
    for said in population.lives.ledger.beds:
        if day_of(said.since) <= asked.day:
            staffed[said.ward] = said.beds
    for ward in population.lives.wards:
        if ward.code in staffed and ward.class_code in classes:
            base, provider = float(staffed[ward.code]), ward.organisation.source
            yield Item(asked.day, provider=provider, ward=ward, amount=0.0, base=base)
    for item in beds_occupied(population, asked):
        if item.ward is not None and item.ward.code in staffed:
            yield item


def long_stay(population: Population, asked: Asked) -> Iterator[Item]:
    """Everybody who is in and came at least so many days ago, with those days."""
    for visit in in_beds(population, virtual=asked.virtual):
        if visit.status in OPEN:
            days = (asked.today - _began(visit)).days
            if days >= _LONG_STAY_DAYS:
                yield item_of(population, visit, asked.today, last_ward(visit), amount=days)


def admissions(population: Population, asked: Asked) -> Iterator[Item]:
    """Everybody who came, where they came to."""
    for visit in in_beds(population, virtual=asked.virtual):
        if visit.start is not None and asked.holds(visit.start):
            first, at = visit.segments[0].ward, visit.start
            yield item_of(population, visit, day_of(at), first, hour=_hour(at))


def discharges(population: Population, asked: Asked) -> Iterator[Item]:
    """Everybody who left, from where they left."""
    for visit in in_beds(population, virtual=asked.virtual):
        if visit.end is not None and asked.holds(visit.end):
            yield _left(population, visit, hour=_hour(visit.end))


def expected_discharges(population: Population, asked: Asked) -> Iterator[Item]:
    """Everybody who is in and expected to leave."""
    for visit in in_beds(population, virtual=asked.virtual):
        if visit.status in OPEN and visit.expected is not None and asked.holds(visit.expected):
            day, hour = day_of(visit.expected), _hour(visit.expected)
            yield item_of(population, visit, day, last_ward(visit), hour=hour)


def readmissions_30d(population: Population, asked: Asked) -> Iterator[Item]:
    """Every stay that ended, and whether an emergency brought the person back."""
    others: dict[str, list[Visit]] = {}
    for other in in_beds(population, virtual=False):
        others.setdefault(other.person.nhs_number, []).append(other)
    for visit in in_beds(population, virtual=asked.virtual):
        if asked.holds(visit.end) and not is_day_case(visit):
            same = others.get(visit.person.nhs_number, ())
            back = any(_came_back(population, visit, other) for other in same)
            yield _left(population, visit, amount=float(back), base=1.0)


def _chains(population: Population) -> Iterator[list[Visit]]:
    """Each person's stays that follow each other on the same day or the next, the last one last."""
    by_person: dict[str, list[Visit]] = {}
    for visit in in_beds(population, virtual=False):
        by_person.setdefault(visit.person.nhs_number, []).append(visit)
    for stays in by_person.values():
        chain: list[Visit] = []
        for visit in sorted(stays, key=lambda one: (_start(one), one.visit)):
            if chain and _began(visit) > max(map(_until, chain)) + _A_DAY:
                yield sorted(chain, key=lambda one: (_until(one), _end(one)))
                chain = []
            chain.append(visit)
        yield sorted(chain, key=lambda one: (_until(one), _end(one)))


def _until(visit: Visit) -> date:
    """The day that it ended; one that never comes while it goes on."""
    return day_of(visit.end) if visit.end else date.max - _A_DAY


def _came_back(population: Population, visit: Visit, other: Visit) -> bool:
    """Whether a later stay began within 30 days, and within a day of an emergency attendance."""
    if visit.end is None or other is visit or other.start is None or other.start < visit.end:
        return False
    if (_began(other) - _ended(visit)).days > _READMITTED_DAYS:
        return False
    return any(
        attendance.start <= other.start and 0 <= (_began(other) - day_of(attendance.end)).days <= 1
        for attendance in population.attendances.get(visit.person.nhs_number, ())
        if attendance.start is not None and attendance.end is not None
    )


def is_day_case(visit: Visit) -> bool:
    """Planned, and over on the day it began."""
    return visit.class_code == "SS" and visit.end is not None and days_in(visit) == 0


def days_in(visit: Visit) -> int:
    return (_ended(visit) - _began(visit)).days


def last_ward(visit: Visit) -> Ward:
    return visit.segments[-1].ward


def _began(visit: Visit) -> date:
    return day_of(visit.start or visit.recorded)


def _ended(visit: Visit) -> date:
    return day_of(visit.end or visit.recorded)


def _start(visit: Visit) -> datetime:
    return visit.start or visit.recorded


def _end(visit: Visit) -> datetime:
    return visit.end or datetime.max.replace(tzinfo=LONDON)


def _hour(moment: datetime) -> int:
    return moment.astimezone(LONDON).hour


def _is_there(stretch: Segment | Leave, midnight: datetime) -> bool:
    """There as a day ended: who leaves at midnight itself was, who comes then was not."""
    return stretch.start < midnight and (stretch.end is None or stretch.end >= midnight)


def _is_away(visit: Visit, midnight: datetime) -> bool:
    return any(_is_there(leave, midnight) for leave in visit.leaves)


def _left(
    population: Population,
    visit: Visit,
    *,
    part: str = "",
    hour: int | None = None,
    amount: float = 1.0,
    base: float = 0.0,
) -> Item:
    """Somebody's leaving, on its day and from its ward."""
    day, ward = _ended(visit), last_ward(visit)
    return item_of(population, visit, day, ward, part=part, hour=hour, amount=amount, base=base)


def item_of(
    population: Population,
    visit: Visit,
    day: date,
    ward: Ward,
    *,
    part: str = "",
    hour: int | None = None,
    pathway: str | None = None,
    reason: str | None = None,
    amount: float = 1.0,
    base: float = 0.0,
) -> Item:
    return Item(
        day,
        population.of_visit(visit),
        visit.source.source,
        ward,
        visit.class_code,
        hour,
        pathway,
        reason,
        part,
        amount,
        base,
    )
