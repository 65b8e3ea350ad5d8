"""What the projections' pure functions make of received messages: one small adapter to them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from schemas.events import CareEvent
from schemas.identity import bare_of, local_key
from schemas.times import london_date
from streams.flow.bed_days import nights_between, nights_of
from streams.flow.conflicts import CONFLICTING, Occupied, conflicting
from streams.flow.facts import VisitKey
from streams.flow.stay import MOVED, Setting, Stay
from streams.identity.people import people
from streams.identity.reviews import possible_matches
from streams.identity.statements import proven_numbers, said_by, statements_of
from streams.timeline.entries import entries_of
from tests.conformance.compared import Told, leave_nights, named_people
from tests.conformance.folding import Folding
from tests.conformance.scenario import Json, Sent

FIRST_NIGHT = datetime.fromisoformat("2000-01-01T00:00Z")


def folded(batches: Iterable[Iterable[Sent]], expected: Json, source: str, as_of: datetime) -> Told:
    """The stays, people and figures that the messages give, asked for what is expected."""
    folding = Folding(as_of)
    for batch in batches:
        folding.arrive(batch)
    events = list(folding.events.values())
    of_identity, reviewed = _people(events)
    undone = {event for stay in folding.stays.values() for event, _ in stay.undone}
    names = {name: _person(name, source, of_identity) for name in named_people(expected)}
    stays = {key: stay for key, stay in folding.stays.items() if stay is not MOVED}
    told = {key: _surface(key, stay, of_identity) for key, stay in stays.items()}
    _flag_conflicts(list(told.values()), list(stays.values()))
    return Told(
        _by_asked_number(told, folding, expected, source),
        _nights(stays.values(), Setting.BED, as_of),
        _nights(stays.values(), Setting.VIRTUAL, as_of),
        leave_nights(told.values(), as_of),
        people=names,
        reviewed=reviewed,
        timeline={
            name: _timeline(events, of_identity, person, undone) for name, person in names.items()
        },
        flags=frozenset(flag for event in events for flag in event.flags),
    )


def _by_asked_number(
    told: dict[VisitKey, Json], folding: Folding, expected: Json, source: str
) -> dict[tuple[str, str], Json]:
    """Each stay under the number by which the scenario asks for it."""
    named = {(key.source, key.visit): stay for key, stay in told.items()}
    for one in expected.get("stays", ()):
        asked = VisitKey(one.get("source", source), one["visit"])
        home = folding.home_of(asked)
        if home != asked and home in told:
            named[asked.source, asked.visit] = named.pop((home.source, home.visit))
    return named


def _surface(key: VisitKey, stay: Stay, of_identity: dict[str, str]) -> Json:
    """A stay as `GET /api/stays` gives it."""
    return {
        "source": key.source,
        "visit": key.visit,
        "person": of_identity.get(stay.subject or ""),
        "status": stay.status,
        "class": stay.visit_class,
        "admitted_at": stay.admitted_at,
        "discharged_at": stay.discharged_at,
        "segments": [
            {"ward": s.ward, "site": s.site, "start": s.start, "end": s.end} for s in stay.segments
        ],
        "leaves": [{"start": leave.start, "end": leave.end} for leave in stay.leaves],
        "flags": [str(flag) for flag in stay.flags],
    }


def _flag_conflicts(told: Sequence[Json], stays: Sequence[Stay]) -> None:
    """Flag the stays of one person that overlap, as the reading of stays does."""
    by_person: dict[str, list[int]] = {}
    for number, one in enumerate(told):
        by_person.setdefault(one["person"], []).append(number)
    for numbers in by_person.values():
        occupied = [
            Occupied(s.status, s.setting, s.admitted_at, s.discharged_at)
            for s in (stays[number] for number in numbers)
        ]
        for place in conflicting(occupied):
            told[numbers[place]]["flags"].append(CONFLICTING)


def _nights(stays: Iterable[Stay], setting: Setting, as_of: datetime) -> dict[str, int]:
    """Nights by ward until the day of asking."""
    today, wards = london_date(as_of), Counter[str]()
    for stay in stays:
        for nights in nights_of(stay):
            if nights.setting == setting:
                wards[nights.ward] += nights_between(nights, london_date(FIRST_NIGHT), today, today)
    return {ward: count for ward, count in wards.items() if count}


def _people(events: Sequence[CareEvent]) -> tuple[dict[str, str], list[frozenset[str]]]:
    """The person of each identity that the events name, and who has to be looked at together."""
    statements = [each for event in events for each in statements_of(event)]
    keys = {event.subject for event in events if event.subject}
    keys |= {key for each in statements for key in (each.one, each.other)}
    keys |= {bare for key in keys if (bare := bare_of(key))}
    said = said_by(statements)
    found = people({key: uuid5(NAMESPACE_OID, key) for key in sorted(keys)}, said)
    possible = possible_matches(said, found.person, proven_numbers(statements))
    return {key: str(person) for key, person in found.person.items()}, [
        frozenset(str(found.person[key]) for key in review.keys)
        for review in found.reviews | possible
    ]


def _person(name: str, source: str, of_identity: dict[str, str]) -> frozenset[str]:
    """The people of a name in a scenario: `P1`, or `SB02/P1` of another source.

    The two formats may know one patient by two identities that nothing has joined.
    """
    by, _, number = name.rpartition("/")
    by = by or source
    return frozenset(
        person
        for key, person in of_identity.items()
        if key == local_key(by, number)
        or (key.startswith(f"{by}/id/") and key.endswith(f"|{number}"))
    )


def _timeline(
    events: Sequence[CareEvent],
    of_identity: dict[str, str],
    person: frozenset[str],
    undone: set[str],
) -> list[Json]:
    """The lines of a person; what a cancel undid is struck through."""
    return [
        {"at": entry.at, "title": entry.title, "struck": entry.struck or event.id in undone}
        for event in events
        if event.subject and of_identity[event.subject] in person
        for entry in entries_of(event)
    ]
