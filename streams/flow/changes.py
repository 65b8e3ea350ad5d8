"""What an HL7 v2 message says about visits: the changes that the fold puts in order."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from schemas.events import CareEvent
from schemas.hl7v2 import Message, Segment, moment_of, parse
from schemas.hl7v2.patients import groups_of
from schemas.hl7v2.triggers import Effect, effect_of
from schemas.hl7v2.values import identifiers, place
from schemas.identity import indexable
from streams.flow.facts import TOLD_ON, Change, VisitKey

# PV1-2 (HL7 table 0004, and what NHS systems say) as FHIR v3 ActEncounterCode.
CLASSES = {
    "I": "IMP",
    "INPATIENT": "IMP",
    "B": "IMP",
    "E": "EMER",
    "EMERGENCY": "EMER",
    "AE": "EMER",
    "ED": "EMER",
    "O": "AMB",
    "OUTPATIENT": "AMB",
    "R": "AMB",
    "D": "SS",
    "DAYCASE": "SS",
    "V": "VR",
    "VR": "VR",
    "VIRTUAL": "VR",
    "H": "HH",
    "HH": "HH",
    "HOME": "HH",
}
# What the trigger itself says of the class, where PV1-2 says nothing (or P, planned).
CLASS_BY_EFFECT = {Effect.TO_OUTPATIENT: "AMB", Effect.ARRIVE: "AMB"}
INPATIENT = "IMP"
# HL7 table 0004: a message about a person that has to carry a PV1, and says that there is no visit.
NOT_APPLICABLE = "N"

VISIT_EFFECTS = frozenset(Effect) - {
    Effect.MERGE,
    Effect.LINK,
    Effect.PART,
    Effect.PERSON,
    Effect.DELETE_PERSON,
    Effect.RENAME_VISIT,
}
# These happen to somebody who is there: without any number they still tell of a visit.
_NUMBERLESS = frozenset({Effect.ADMIT, Effect.ARRIVE, Effect.DISCHARGE, Effect.TRANSFER})
_PENDING = {
    Effect.EXPECT_ADMIT: ("PV2", 8),
    Effect.PLAN: ("PV2", 8),
    Effect.EXPECT_DISCHARGE: ("PV2", 9),
    Effect.LEAVE: ("PV2", 47),
}
_EXPECTED_DISCHARGE = ("PV2", 9)


class Renamed(NamedTuple):
    """A source gave the visit `old` up for `new` (A42, A50)."""

    source: str
    old: str
    new: str


class Account(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A source's own number for what several visits of one person are charged to (PID-18)."""

    source: str
    account: str


class _Told(NamedTuple):
    """One visit of one patient in a message: its segments, and the MRG that goes with it."""

    event: CareEvent
    message: Message
    effect: Effect
    pid: Segment
    visit: Segment
    more: Segment
    prior: Segment


def changes_of(event: CareEvent, known: int) -> Iterator[tuple[VisitKey, Change]]:
    """What the message says of the visits of one of its patients; nothing where it names none."""
    for told in _visits(event):
        number = _number(told)
        if number:
            yield VisitKey(event.source, number), _change(told, number, known)


def renames_of(event: CareEvent) -> Iterator[Renamed]:
    """The visits that the message gives another number."""
    if effect_of(event.kind) is not Effect.RENAME_VISIT:
        return
    for told in _visits(event):
        old, new = _visit_number(told.prior, 5), _visit_number(told.visit, 19)
        if old and new and old != new:
            yield Renamed(event.source, old, new)


def account_of(event: CareEvent) -> Account | None:
    """The account of a message's patient: MRG-3 where it is moved (A44), else PID-18."""
    told = next(_visits(event), None)
    if told is None:
        return None
    moved = _visit_number(told.prior, 3) if told.effect is Effect.MOVE_VISIT else ""
    number = moved or _visit_number(told.pid, 18)
    return Account(event.source, number) if number else None


def moved_account_of(event: CareEvent) -> tuple[Account, Change] | None:
    """The account that a message gives to another person without naming its visits (A44)."""
    if effect_of(event.kind) is not Effect.MOVE_VISIT:
        return None
    account, told = account_of(event), next(_visits(event), None)
    if account is None or told is None or _number(told):
        return None
    return account, _change(told, "", 0)


def _visits(event: CareEvent) -> Iterator[_Told]:
    effect = effect_of(event.kind)
    if effect is None:
        return
    message = parse(event.text())
    groups = groups_of(message)
    group = groups[event.part] if event.part < len(groups) else []
    empty = Segment("", message.separators)
    pid, prior, visits = empty, empty, 0
    for at, segment in enumerate(group):
        if segment.name == "PID":
            pid = segment
        elif segment.name == "MRG":
            prior = segment
        elif segment.name == "PV1":
            visits += 1
            more = next((s for s in group[at + 1 : at + 2] if s.name == "PV2"), empty)
            yield _Told(event, message, effect, pid, segment, more, prior)
    if not visits and prior is not empty:
        yield _Told(event, message, effect, pid, empty, empty, prior)


def _number(told: _Told) -> str:
    """The visit's number; empty where the message is about no visit.

    PV1-19, for a moved visit else MRG-5, then PV1-50; for what happens to somebody in a bed also
    the account (PID-18), or the person with the admission time.
    """
    if told.effect not in VISIT_EFFECTS or told.visit.text(2).upper() == NOT_APPLICABLE:
        return ""
    number = _visit_number(told.visit, 19)
    if not number and told.effect is Effect.MOVE_VISIT:
        number = _visit_number(told.prior, 5)
    number = number or _visit_number(told.visit, 50)
    if number or told.effect not in _NUMBERLESS or not told.event.subject:
        return number
    account = _visit_number(told.pid, 18)
    person = told.event.subject.removeprefix(told.event.source).lstrip("/")
    return account or indexable(f"{person}@{told.visit.text(44)[:8]}")


def _visit_number(segment: Segment, field: int) -> str:
    return next((indexable(found.value) for found in identifiers(segment, field)), "")


def _change(told: _Told, number: str, known: int) -> Change:
    event, visit = told.event, told.visit
    here, before = place(visit, 3), place(visit, 6)
    named = moment_of(told.message.first("EVN").text(6))
    return Change(
        event.version,
        event.id,
        known,
        told.effect,
        event.occurred_start or event.recorded,
        event.recorded,
        named.at if named else None,
        _class(told),
        indexable(here.ward),
        indexable(here.site) or None,
        indexable(before.ward),
        _timed(visit.text(44)),
        _timed(visit.text(45)),
        _expected(told),
        event.source,
        event.subject,
        number,
        event.message_id,
        tuple(flag for flag in event.flags if flag in TOLD_ON),
    )


def _class(told: _Told) -> str:
    said = CLASSES.get(told.visit.text(2).upper())
    return said or CLASS_BY_EFFECT.get(told.effect, "" if told.effect in _SILENT else INPATIENT)


# These say nothing of what kind of visit it is: it stays what it was.
_SILENT = frozenset(
    {Effect.UPDATE, Effect.TRANSFER, Effect.TRACK, Effect.SWAP, Effect.LEAVE, Effect.RETURN}
)


def _timed(text: str) -> datetime | None:
    """The moment of a time that says its hour: a day alone would move what is known better."""
    found = moment_of(text)
    return found.at if found and not found.whole_day else None


def _expected(told: _Told) -> datetime | None:
    """When what is pending is planned: EVN-3, else where PV2 says it."""
    planned = told.effect in _PENDING or told.effect is Effect.EXPECT_TRANSFER
    said = told.message.first("EVN").text(3) if planned else ""
    name, field = _PENDING.get(told.effect, _EXPECTED_DISCHARGE)
    places: Iterable[str] = (said, told.more.text(field) if name == told.more.name else "")
    return next((found.at for text in places if (found := moment_of(text))), None)
