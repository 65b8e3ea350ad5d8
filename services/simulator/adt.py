"""The stays of a simulated care system as HL7 v2 ADT: one message for each thing that happens."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from schemas.times import LONDON
from schemas.topics import ContentType
from services.simulator.messages import Fact, Message
from services.simulator.publishing import numbered
from services.simulator.visits import Segment, Visit

APPLICATION = "PAS"
_SEX = {"female": "F", "male": "M"}
_EMERGENCY, _INPATIENT = "E", "I"
CANCELS = {"A01": "A11", "A02": "A12", "A03": "A13"}
_SLIP_SHARE = 0.03
_FIRST = {1: "1"}  # the set id of segments that could come more than once


class Event(NamedTuple):
    """What a message tells: its trigger, when that happened, and the message's control id."""

    trigger: str
    happened: datetime
    control: str


def adt_of(facts: Iterable[Fact], rng: Random) -> list[Message]:
    """The messages that tell the stays among the facts, in the order in which they are sent.

    Now and then an admission, a move or a discharge is taken back, and told again.
    """
    told = [message for state in _changes(facts, rng) for message in _messages(*state, rng)]
    return sorted(told, key=lambda message: message.at)


def _changes(facts: Iterable[Fact], rng: Random) -> Iterator[tuple[Visit, Visit | None, int]]:
    """Each state of a stay, the one before it, and its number."""
    before: dict[str, Visit] = {}
    for fact, version in numbered(facts, rng):
        if isinstance(fact, Visit) and not fact.is_contact:
            yield fact, before.get(fact.visit), version
            before[fact.visit] = fact


def _messages(visit: Visit, before: Visit | None, version: int, rng: Random) -> Iterator[Message]:
    trigger, happened = _event(visit, before)
    yield _message(visit, Event(trigger, happened, f"{visit.visit}.{version}"))
    if trigger in CANCELS and rng.random() < _SLIP_SHARE:
        for number, (said, delay_s) in enumerate(((CANCELS[trigger], 40), (trigger, 80)), 1):
            later = replace(visit, recorded=visit.recorded + timedelta(seconds=delay_s))
            yield _message(later, Event(said, happened, f"{visit.visit}.{version}.{number}"))


def _message(visit: Visit, event: Event) -> Message:
    source = visit.source
    return Message(
        source=source.source,
        sector=source.sector.value,
        content_type=ContentType.HL7V2.value,
        message_id=f"{APPLICATION}|{source.source}|{event.control}",
        at=visit.recorded + timedelta(seconds=1),
        body=adt(visit, event),
    )


def adt(visit: Visit, event: Event) -> bytes:
    """The message of what happened to a visit, in its new state; times with London's offset."""
    segments = [
        _header(visit, event),
        f"EVN|{event.trigger}|{_time(visit.recorded)}||||{_time(event.happened)}",
        _person(visit),
        _segment("PD1", {4: visit.person.practice.source}),
        _stay(visit),
        *_expectation(visit),
    ]
    return "".join(f"{segment}\r" for segment in segments).encode()


def _event(visit: Visit, before: Visit | None) -> tuple[str, datetime]:
    """The trigger that the change is, and when it happened."""
    known = before.segments if before else ()
    if visit.status in {"cancelled", "entered-in-error"}:
        return _withdrawal(visit, known)
    if visit.status == "finished" and visit.end is not None:
        return "A03", visit.end
    if visit.leaves and before is not None and visit.leaves != before.leaves:
        back = visit.leaves[-1].end
        return ("A22", back) if back else ("A21", visit.leaves[-1].start)
    if len(visit.segments) > len(known):
        first = "A04" if visit.class_code == "EMER" else "A01"
        return ("A02" if known else first), visit.segments[-1].start
    return ("A05" if before is None else "A08"), visit.recorded


def _withdrawal(visit: Visit, known: tuple[Segment, ...]) -> tuple[str, datetime]:
    if visit.status == "entered-in-error":
        return "A23", visit.recorded
    return ("A11", known[0].start) if known else ("A38", visit.recorded)


def _header(visit: Visit, event: Event) -> str:
    said = (APPLICATION, visit.source.source, "TL", "TL", _time(visit.recorded), "")
    kind = (f"ADT^{event.trigger}", event.control, "P", "2.5.1", *[""] * 5, "UNICODE UTF-8")
    return "|".join(("MSH", "^~\\&", *said, *kind))


def _person(visit: Visit) -> str:
    person = visit.person
    numbers = f"{visit.patient_id}^^^{visit.source.source}^MR~{person.nhs_number}^^^NHS^NH"
    home = person.household
    fields = {
        3: numbers,
        5: f"{person.family.upper()}^{person.given.upper()}",
        7: f"{person.birth_date:%Y%m%d}",
        8: _SEX.get(person.sex, "U"),
        11: f"{home.line}^^{home.area.place}^^{home.postcode}",
        22: person.ethnic_category,
        32: "01",
    }
    return _segment("PID", fields | _FIRST)


def _stay(visit: Visit) -> str:
    places = visit.segments
    fields = {
        2: _EMERGENCY if visit.class_code == "EMER" else _INPATIENT,
        3: _place(places[-1]) if places else "",
        6: _place(places[-2]) if len(places) > 1 else "",
        19: visit.visit,
        44: _time(visit.start) if visit.start else "",
        45: _time(visit.end) if visit.end else "",
    }
    return _segment("PV1", fields | _FIRST)


def _expectation(visit: Visit) -> Iterator[str]:
    """When the ward expects the person to leave, while they are there."""
    if visit.expected is not None and visit.end is None:
        yield _segment("PV2", {9: _time(visit.expected)})


def _place(segment: Segment) -> str:
    return f"{segment.ward.code}^^^{segment.ward.site}"


def _segment(name: str, fields: dict[int, str]) -> str:
    """A segment of the fields by their number."""
    values = [fields.get(number, "") for number in range(1, max(fields) + 1)]
    return "|".join([name, *values]).rstrip("|")


def _time(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%Y%m%d%H%M%S%z}"
