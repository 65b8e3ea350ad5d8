"""What the figure of data confidence counts: where a source left something out for good."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from services.simulator.measured.asked import Asked, day_of
from services.simulator.measured.items import Item, Population, Who
from services.simulator.measured.stays import in_beds, last_ward
from services.simulator.organisations import UNKNOWN_WARD
from services.simulator.visits import Visit

RECENT = timedelta(days=28)


def data_confidence(population: Population, asked: Asked) -> Iterator[Item]:
    """Recent stays with an end that had to be inferred, in no known ward, or in two beds at once;
    people whose NHS number is none."""
    stays = in_beds(population, virtual=False)
    of_person: dict[Who, list[Visit]] = defaultdict(list)
    for visit in stays:
        of_person[population.of_visit(visit)].append(visit)
    for visit in stays:
        if visit.end is None or day_of(visit.end) >= asked.today - RECENT:
            for part in _doubts(visit, of_person[population.of_visit(visit)], asked.now):
                yield _item(population, visit, asked, part)
    for source, number in population.lives.misspelt:
        who = population.who(source, number)
        yield Item(asked.today, who, None, part="bad-nhs-number")


def _doubts(visit: Visit, of_person: list[Visit], now: datetime) -> Iterator[str]:
    if visit.end is not None and not visit.tells_end:
        yield "inferred"
    if any(segment.ward.code == UNKNOWN_WARD for segment in visit.segments):
        yield "unknown-ward"
    if any(other is not visit and _overlap(visit, other, now) for other in of_person):
        yield "conflicting"


def _overlap(one: Visit, other: Visit, now: datetime) -> bool:
    starts = one.start or one.recorded, other.start or other.recorded
    return max(starts) < min(one.end or now, other.end or now)


def _item(population: Population, visit: Visit, asked: Asked, part: str) -> Item:
    who, source = population.of_visit(visit), visit.source.source
    return Item(asked.today, who, source, last_ward(visit), visit.class_code, part=part)
