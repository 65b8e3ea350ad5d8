"""What an HL7 v2 ADT message says of a person: PID, PD1, and the diagnoses of a visit (DG1)."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.events import CareEvent
from schemas.hl7v2 import Message, Segment, moment_of, parse
from schemas.hl7v2.demographics import GENDERS
from schemas.hl7v2.patients import born, groups_of
from schemas.hl7v2.triggers import Effect, effect_of
from schemas.identity import indexable
from schemas.times import london_date
from streams.traits.demographics import CARE_HOME, ethnicity, postcode, says_care_home
from streams.traits.elements import without_gaps
from streams.traits.people import number_flags
from streams.traits.trait import Kind, Said, Trait

MESSAGES: Final = "ADT^"
_CODINGS: Final = frozenset({"SCT", "SNM", "I10", "ICD10", "ICD-10", "I10UK"})
# Table 0190: bad, of birth, of work, of a holiday.
_NO_HOMES: Final = frozenset({"BA", "BAD", "BDL", "BR", "N", "F", "B", "O", "V"})
_HOME: Final = "H"
_WORKING, _DELETED = "W", "D"


def of_message(event: CareEvent) -> Iterator[Trait]:
    """What the message says of the patient that a fact is about."""
    if event.subject is None or effect_of(event.kind) is Effect.DELETE_PERSON:
        return
    message = parse(event.text())
    groups = groups_of(message)
    if event.part < len(groups):
        yield from _person(event, groups[event.part])
    if message.has("DG1") and len(groups) == 1:
        yield from _conditions(event, message)


def _person(event: CareEvent, group: list[Segment]) -> Iterator[Trait]:
    """An empty field says that nothing changed: each set of fields that are said is a thread.

    So a message that says less takes nothing back, and of each field what was said last holds.
    An address or a death that is said replaces the whole of an earlier one: each is a thread.
    """
    pid = group[0]
    said = _said(pid, next((s for s in group if s.name == "PD1"), None))
    yield _trait(event, "+".join(said), said)
    home = _home_in(pid)
    if home:
        yield _trait(event, "home", _lives(pid, home))
    if pid.field(29) or pid.field(30):
        yield _trait(event, "death", without_gaps(died=_died(event, pid)))


def _trait(event: CareEvent, what: str, said: Said) -> Trait:
    thread = indexable(f"{event.source}|PID/{event.subject}/{what}")
    return Trait(Kind.PERSON, thread, event.subject, {**said, "flags": number_flags(event)})


def _said(pid: Segment, more: Segment | None) -> dict[str, Any]:
    return without_gaps(
        birth=born(pid),
        sex=GENDERS.get(pid.text(8).upper()),
        ethnicity=ethnicity(pid.text(22)),
        practice=_practice(more) if more else None,
    )


def _lives(pid: Segment, home: str) -> dict[str, Any]:
    lines = (pid.part_of(home, component) for component in (1, 2, 8))
    return without_gaps(
        postcode=postcode(pid.part_of(home, 5)),
        lives=CARE_HOME if says_care_home(lines) else None,
    )


def _died(event: CareEvent, pid: Segment) -> str | None:
    """PID-29; where only PID-30 tells of the death, the day on which that was written."""
    at = moment_of(pid.text(29))
    if at is None and pid.text(30) != "Y":
        return None
    return london_date(at.at if at else event.recorded).isoformat()


def _home_in(pid: Segment) -> str:
    """The repetition of PID-11 where they live: of type H, else the first that may be a home."""
    typed = [(pid.part_of(repeat, 7).upper(), repeat) for repeat in pid.repeats(11)]
    homes = [repeat for kind, repeat in typed if kind == _HOME]
    current = [repeat for kind, repeat in typed if kind not in _NO_HOMES]
    return next(iter(homes or current), "")


def _practice(more: Segment) -> str | None:
    """The practice's code: the number of PD1-3, else the number that PD1-4 begins with."""
    code = more.text(3, 3) or more.text(3, 10) or more.text(4)
    return indexable(code) or None


def _conditions(event: CareEvent, message: Message) -> Iterator[Trait]:
    """The diagnoses of a visit as they now are; a message without any changes none of them."""
    visit = message.first("PV1").text(19)
    thread = indexable(f"{event.source}|DG1/{event.subject}/{visit}")
    found = [trait for said in message.segments("DG1") for trait in _condition(event, thread, said)]
    yield from found or [Trait(Kind.NOTHING, thread, event.subject, {})]


def _condition(event: CareEvent, thread: str, said: Segment) -> Iterator[Trait]:
    system = (said.text(3, 3) or said.text(2)).upper()
    code = said.text(3)
    if not code or system not in _CODINGS or said.text(21) == _DELETED:
        return
    at = moment_of(said.text(5))
    sure = None if said.text(6) != _WORKING else False
    since = london_date(at.at).isoformat() if at else None
    yield Trait(
        Kind.CONDITION, thread, event.subject, without_gaps(codes=[code], since=since, holds=sure)
    )
