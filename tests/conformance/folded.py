"""What the projections' pure functions make of received messages: one small adapter to them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import NAMESPACE_OID, uuid5

from schemas.errors import Reject
from schemas.events import CareEvent
from schemas.identity import local_key
from schemas.times import london_date
from streams.flow.bed_days import nights_between, nights_of
from streams.flow.facts import VisitKey, visit_fact, visit_of
from streams.flow.stay import Setting, Stay, stay_of
from streams.identity.people import people
from streams.intake.read import Limits, read
from streams.timeline.entries import entries_of
from tests.conformance.compared import Told, Visit, leave_nights, named_people
from tests.conformance.scenario import Format, Json, Sent

LIMITS = Limits(max_bytes=1_000_000, max_depth=64)
FIRST_NIGHT = datetime.fromisoformat("2000-01-01T00:00Z")
# What is not folded yet is only checked for sense: HL7 v2, class histories, links, conflicts.
FOLDED = (Format.FHIR,)
NOT_FOLDED = {
    "a04-then-a01",
    "a06-emergency-becomes-inpatient",
    "a07-inpatient-becomes-outpatient",
    "a24-a37-link-and-unlink",
    "a40-merge",
    "conflicting-stay",
    "fhir-class-change-in-one-place",
    "fhir-class-history-past-only",
    "fhir-class-to-virtual-ward",
    "merge-between-facts",
    "merge-chain",
    "merge-joins-a-verified-person",
    "merge-taken-back",
    "nhs-number-corrected",
}


def folded(batches: Iterable[Iterable[Sent]], expected: Json, source: str, as_of: datetime) -> Told:
    """The stays, people and figures that the messages give, asked for what is expected."""
    events, reasons = _read((message for batch in batches for message in batch), as_of)
    stays = _stays(events)
    of_identity = _people(events)
    told = {visit: _surface(visit, stay, of_identity) for visit, stay in stays.items()}
    names = {name: _person(name, source, of_identity) for name in named_people(expected)}
    return Told(
        told,
        _nights(stays.values(), Setting.BED, as_of),
        _nights(stays.values(), Setting.VIRTUAL, as_of),
        leave_nights(told.values(), as_of),
        people=names,
        timeline={name: _timeline(events, of_identity, person) for name, person in names.items()},
        flags=frozenset(flag for event in events for flag in event.flags),
        rejected=reasons,
    )


def _read(messages: Iterable[Sent], at: datetime) -> tuple[list[CareEvent], list[str]]:
    events, reasons = [], []
    for message in messages:
        try:
            events += read(message.received(at), LIMITS)
        except Reject as refused:
            reasons.append(str(refused.reason))
    return list({event.id: event for event in events}.values()), reasons


def _stays(events: Sequence[CareEvent]) -> dict[Visit, Stay]:
    visits: dict[VisitKey, list[CareEvent]] = {}
    for event in events:
        if event.kind == "Encounter":
            visits.setdefault(visit_of(event), []).append(event)
    return {
        (key.source, key.visit): stay_of(visit_fact(event, 0) for event in found)
        for key, found in visits.items()
    }


def _surface(visit: Visit, stay: Stay, of_identity: dict[str, str]) -> Json:
    """A stay as `GET /api/stays` gives it."""
    return {
        "source": visit[0],
        "visit": visit[1],
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


def _nights(stays: Iterable[Stay], setting: Setting, as_of: datetime) -> dict[str, int]:
    """Nights by ward until the day of asking."""
    today, wards = london_date(as_of), Counter[str]()
    for stay in stays:
        for nights in nights_of(stay) if stay.setting is setting else ():
            wards[nights.ward] += nights_between(nights, london_date(FIRST_NIGHT), today, today)
    return {ward: count for ward, count in wards.items() if count}


def _people(events: Sequence[CareEvent]) -> dict[str, str]:
    """The person of each identity that the events name."""
    links = [link for event in events for link in event.links]
    keys = {event.subject for event in events if event.subject}
    keys |= {key for link in links for key in (link.one, link.other)}
    found = people({key: uuid5(NAMESPACE_OID, key) for key in sorted(keys)}, links)
    return {key: str(person) for key, person in found.items()}


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
    events: Sequence[CareEvent], of_identity: dict[str, str], person: frozenset[str]
) -> list[Json]:
    return [
        {"at": entry.at, "title": entry.title, "struck": entry.struck}
        for event in events
        if event.subject and of_identity[event.subject] in person
        for entry in entries_of(event)
    ]
