"""The patients of a message: each PID with what goes with it, and whom it replaces (MRG)."""

from typing import NamedTuple

from schemas.hl7v2.message import Message, Segment
from schemas.hl7v2.times import moment_of
from schemas.hl7v2.triggers import Effect, effect_of
from schemas.hl7v2.values import NOT_LOCAL, Identifier, identifiers

PRESENT_AND_VERIFIED = "01"
_WITH_A_PATIENT = frozenset({"PD1", "MRG", "PV1", "PV2", "ROL", "PDA", "ARV"})
# Table 0717: what ARV restricts. These are no restriction of what may be told.
_NO_RESTRICTION = frozenset({"NO", "OI", "OO"})
_WITHDRAWN = "D"
_FULL_DATE = 8
# The lists of a patient's numbers, and where each was before: the list, outside, alternate.
_PID, _MRG = (3, 2, 4), (1, 4, 2)


class Patient(NamedTuple):
    """Whom one PID is about.

    `identifiers`: this source's own first. `born`: YYYY-MM-DD, None where the day is not said.
    `verified`: PID-32 says that the NHS number is present and verified. `prior`: what MRG says
    that it was before. `linked`, `parted`: identifiers of the other patient of an A24, an A37.
    `moved`: what an A43 takes from whom `moved_from` names and gives to whom `moved_to` names.
    `deleted`: the person, by an A29.
    """

    identifiers: tuple[Identifier, ...]
    born: str | None
    verified: bool
    protected: bool
    prior: tuple[Identifier, ...] = ()
    linked: tuple[Identifier, ...] = ()
    parted: tuple[Identifier, ...] = ()
    moved: tuple[Identifier, ...] = ()
    moved_from: tuple[Identifier, ...] = ()
    moved_to: tuple[Identifier, ...] = ()
    deleted: bool = False


NO_PATIENT = Patient((), None, verified=False, protected=False)


def patients_of(message: Message) -> list[Patient]:
    """The patients that a message names, in order; one without identifiers where it has no PID."""
    groups = groups_of(message)
    if not groups:
        return [NO_PATIENT]
    effect = effect_of(message.kind)
    found = [_patient(group, effect) for group in groups]
    if effect in {Effect.LINK, Effect.PART} and len(found) > 1:
        return _paired(found, parts=effect is Effect.PART)
    return found


def groups_of(message: Message) -> list[list[Segment]]:
    """Each PID with the segments that are about the same patient."""
    return message.groups("PID", _WITH_A_PATIENT)


def _paired(found: list[Patient], *, parts: bool) -> list[Patient]:
    """Each patient with the identifiers of the one that it is linked to, or parted from."""
    first, second, *others = found
    if parts:
        first, second = (
            first._replace(parted=second.identifiers),
            second._replace(parted=first.identifiers),
        )
    else:
        first, second = (
            first._replace(linked=second.identifiers),
            second._replace(linked=first.identifiers),
        )
    return [first, second, *others]


def _patient(group: list[Segment], effect: Effect | None) -> Patient:
    pid = group[0]
    found = Patient(
        _of_pid(pid),
        born(pid),
        verified=any(pid.part_of(r) == PRESENT_AND_VERIFIED for r in pid.repeats(32)),
        protected=any(map(_protects, group)),
        deleted=effect is Effect.DELETE_PERSON,
    )
    return _changed(found, group, effect) if effect in {Effect.MERGE, Effect.MOVE} else found


def born(pid: Segment) -> str | None:
    """The whole date of birth, as YYYY-MM-DD; None where the day is not said."""
    said = pid.text(7)
    if len(said) < _FULL_DATE or moment_of(said[:_FULL_DATE]) is None:
        return None
    return f"{said[:4]}-{said[4:6]}-{said[6:8]}"


def _changed(found: Patient, group: list[Segment], effect: Effect) -> Patient:
    """The patient with what MRG says: whom it was before, or which number is moved to it.

    A number that MRG and PID both hold did not change; in an A43 it is what moves.
    """
    pid, mergers = group[0], [s for s in group if s.name == "MRG"]
    before = [i for s in mergers for number in _MRG for i in identifiers(s, number)]
    now = [i for number in _PID for i in identifiers(pid, number)]
    old, new = {(i.system, i.value) for i in before}, {(i.system, i.value) for i in now}
    gone = tuple(i for i in before if (i.system, i.value) not in new)
    moved = tuple(i for i in now if (i.system, i.value) in old)
    if effect is Effect.MERGE or not moved:
        return found._replace(prior=gone)
    to = tuple(i for i in now if (i.system, i.value) not in old)
    return found._replace(moved=moved, moved_from=gone, moved_to=to)


def _of_pid(pid: Segment) -> tuple[Identifier, ...]:
    """PID-3, else the older PID-2 and PID-4; local numbers before those of the world outside."""
    found = identifiers(pid, 3) or identifiers(pid, 2) or identifiers(pid, 4)
    return tuple(sorted(found, key=_rank))


def _protects(segment: Segment) -> bool:
    """Whether a segment says that not everybody may see this: PD1-12, PV2-22, ARV-3.

    Source: HL7 v2.8, chapter 3; ARV is of 2.6 and later, the others before it.
    """
    match segment.name:
        case "PD1":
            return segment.text(12) == "Y"
        case "PV2":
            return segment.text(22) == "Y"
        case "ARV":
            restricted = segment.text(3)
            stands = segment.text(2) != _WITHDRAWN
            return bool(restricted) and stands and restricted not in _NO_RESTRICTION
    return False


def _rank(identifier: Identifier) -> int:
    if identifier.is_nhs:
        return 2
    return 1 if identifier.kind in NOT_LOCAL else 0
