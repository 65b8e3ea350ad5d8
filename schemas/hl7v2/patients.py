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


class Patient(NamedTuple):
    """Whom one PID is about.

    `identifiers`: this source's own first. `born`: YYYY-MM-DD, None where the day is not said.
    `verified`: PID-32 says that the NHS number is present and verified. `prior`: what MRG says
    that it was before. `linked`, `parted`: identifiers of the other patient of an A24, an A37.
    """

    identifiers: tuple[Identifier, ...]
    born: str | None
    verified: bool
    protected: bool
    prior: tuple[Identifier, ...] = ()
    linked: tuple[Identifier, ...] = ()
    parted: tuple[Identifier, ...] = ()


NO_PATIENT = Patient((), None, verified=False, protected=False)


def patients_of(message: Message) -> list[Patient]:
    """The patients that a message names, in order; one without identifiers where it has no PID."""
    groups = groups_of(message)
    if not groups:
        return [NO_PATIENT]
    effect = effect_of(message.kind)
    found = [_patient(group, merges=effect is Effect.MERGE) for group in groups]
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


def _patient(group: list[Segment], *, merges: bool) -> Patient:
    pid = group[0]
    priors = [i for s in group if s.name == "MRG" for i in _of_mrg(s)] if merges else []
    said = pid.text(7)
    born = moment_of(said[:_FULL_DATE]) if len(said) >= _FULL_DATE else None
    return Patient(
        _of_pid(pid),
        f"{said[:4]}-{said[4:6]}-{said[6:8]}" if born else None,
        verified=any(pid.part_of(r) == PRESENT_AND_VERIFIED for r in pid.repeats(32)),
        protected=any(map(_protects, group)),
        prior=tuple(priors),
    )


def _of_pid(pid: Segment) -> tuple[Identifier, ...]:
    """PID-3, else the older PID-2 and PID-4; local numbers before those of the world outside."""
    found = identifiers(pid, 3) or identifiers(pid, 2) or identifiers(pid, 4)
    return tuple(sorted(found, key=_rank))


def _of_mrg(mrg: Segment) -> list[Identifier]:
    """MRG-1, else the older MRG-4."""
    return identifiers(mrg, 1) or identifiers(mrg, 4)


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
