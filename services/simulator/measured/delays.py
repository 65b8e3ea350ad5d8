"""What the figures of discharge delays count: the days of people who are ready and still in."""

from collections.abc import Iterator
from datetime import date

from services.simulator.measured.asked import Asked, day_of, days_between
from services.simulator.measured.items import Item, Population
from services.simulator.measured.stays import in_beds, item_of, last_ward
from services.simulator.visits import Visit


def discharge_delay(population: Population, asked: Asked) -> Iterator[Item]:
    """The days that people were ready and still in, and everybody who is so now."""
    for visit, since, until, pathway in _ready(population, asked):
        for day in days_between(since, until or asked.today):
            if asked.first <= day < asked.end:
                yield item_of(
                    population, visit, day, last_ward(visit), part="delay", pathway=pathway
                )
        if until is None:
            yield item_of(
                population, visit, asked.today, last_ward(visit), part="ready", pathway=pathway
            )


def delay_reasons(population: Population, asked: Asked) -> Iterator[Item]:
    """The same by reason: a day counts for each that holds on it, or for an unknown one."""
    told: dict[str, list[tuple[str, date, date | None]]] = {}
    for delay in population.lives.ledger.delays.values():
        until = day_of(delay.until) if delay.until else None
        told.setdefault(delay.visit, []).append((delay.reason, day_of(delay.since), until))
    for visit, since, until, pathway in _ready(population, asked):
        reasons = told.get(visit.visit) or [("unknown", date.min, None)]
        ward = last_ward(visit)
        for reason, first, last in reasons:
            for day in days_between(max(since, first), min(until or asked.today, last or date.max)):
                if asked.first <= day < asked.end:
                    yield item_of(
                        population, visit, day, ward, part="delay", pathway=pathway, reason=reason
                    )
            if until is None and last is None:
                yield item_of(
                    population,
                    visit,
                    asked.today,
                    ward,
                    part="ready",
                    pathway=pathway,
                    reason=reason,
                )


def _ready(population: Population, asked: Asked) -> Iterator[tuple[Visit, date, date | None, str]]:
    """Each stay's final time of being ready: its days and the pathway; None: it goes on."""
    stays = {visit.visit: visit for visit in in_beds(population, virtual=asked.virtual)}
    final = {one.visit: one for one in population.lives.ledger.ready.values()}
    for number, one in final.items():
        if number in stays:
            ends = [at for at in (one.until, stays[number].end) if at is not None]
            until = day_of(min(ends)) if ends else None
            yield stays[number], day_of(one.since), until, one.pathway
