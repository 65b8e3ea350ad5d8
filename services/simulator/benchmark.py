"""Any number of like messages, quickly: what throughput is measured with."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import cycle, islice
from random import Random

from schemas.times import midnight
from services.simulator import visits
from services.simulator.adt import Event, adt
from services.simulator.encounters import encounter
from services.simulator.fhir import Resource
from services.simulator.messages import Message
from services.simulator.organisations import MOORSIDE, Ward, wards
from services.simulator.people import Person, population
from services.simulator.publishing import sent
from services.simulator.visits import Visit

_PEOPLE = 2_000
_FIRST_DAY = date(2026, 1, 5)
_VISITS_A_DAY = 5_000


def encounters(n: int, seed: int) -> Iterator[Message]:
    """Exactly `n` UK Core Encounter messages of about 1 kB.

    Each visit is admitted, transferred and discharged, one visit after the other; all ids are
    distinct, and the same arguments give the same bytes.
    """
    return islice(_endless(Random(seed)), n)


def adt_bodies(n: int, seed: int) -> Iterator[bytes]:
    """Exactly `n` HL7 v2 messages (A01, A02, A03 of each visit) of about 0.5 kB, all distinct."""
    told = zip(_endless_states(Random(seed)), cycle(("A01", "A02", "A03")), strict=False)
    for number, ((state, _), trigger) in enumerate(islice(told, n)):
        yield adt(state, Event(trigger, state.recorded, str(number)))


def _endless(rng: Random) -> Iterator[Message]:
    for state, version in _endless_states(rng):
        message_id = f"{state.visit}.{version}"
        yield sent(MOORSIDE, message_id, state.recorded, _brief(encounter(state, version)))


def _endless_states(rng: Random) -> Iterator[tuple[Visit, int]]:
    """People come again in turn, each time as a new visit."""
    places = [w for w in wards(_PEOPLE) if w.organisation == MOORSIDE and w.staffed_beds]
    people = population(_PEOPLE, rng, _FIRST_DAY)
    for number, person in enumerate(cycle(people)):
        for version, state in enumerate(_states(number, person, places, rng), 1):
            yield state, version


def _brief(built: Resource) -> Resource:
    """The Encounter without what repeats its id and its wards, so that it is of about 1 kB."""
    del built["identifier"], built["location"][0]
    return built


def _states(number: int, person: Person, places: list[Ward], rng: Random) -> Iterator[Visit]:
    visit_id, patient_id = f"ZT2-V{number:09d}", f"ZT2-P{number % _PEOPLE:06d}"
    day, minute = divmod(number, _VISITS_A_DAY)
    at = midnight(_FIRST_DAY) + timedelta(days=day, seconds=17 * minute + 1)
    first, second = rng.sample(places, 2)
    state = Visit(visit_id, MOORSIDE, person, patient_id, "ACUTE", "planned", at)
    state = visits.admitted(state, first, at)
    yield state
    at += timedelta(hours=rng.randint(6, 40))
    state = visits.transferred(state, second, at)
    yield state
    yield visits.discharged(state, at + timedelta(hours=rng.randint(6, 200)))
