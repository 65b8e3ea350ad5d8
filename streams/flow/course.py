"""The course of a visit: what its HL7 v2 changes tell, on top of a full state or alone."""

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from typing import NamedTuple

from msgspec.structs import replace

from schemas.hl7v2.triggers import Effect
from streams.flow.effects import applied
from streams.flow.evidence import (
    admitted,
    corrected,
    ended,
    expected_discharge,
    in_order,
    unexplained,
)
from streams.flow.facts import Change, Place, State
from streams.flow.kinds import (
    BEGINNINGS,
    EXPECTATIONS,
    INPATIENT,
    PRESENCE,
    CourseFlag,
    flagged,
)
from streams.flow.taken_back import taken_back
from streams.flow.undone import in_writing, undone

CALLED_OFF = frozenset({"cancelled", "entered-in-error"})
# Of these the ward is where the person has been; of a transfer it is where they go.
_SAYS_WHERE = PRESENCE - {Effect.TRANSFER, Effect.SWAP, Effect.TRACK}
# How much of a version says when it was written, to the microsecond.
_WRITTEN = 20


class Course(NamedTuple):
    """A full state that the changes tell.

    `undone`: the event ids of the changes that do not count, each with that of what undid it.
    `expected_discharge`: when somebody expects it; None where nobody does, or it is over.
    """

    state: State
    undone: tuple[tuple[str, str], ...] = ()
    expected_discharge: datetime | None = None


def course_of(base: State | None, changes: Sequence[Change]) -> Course:
    """What the changes of a visit tell, whatever order they came in.

    A full state (`base`) holds everything that its source knew when it was written: what was
    written later goes on from it. There is a state, or at least one change.
    Source: definitions, sections 2 and 4.
    """
    found = undone(changes, base)
    ids = tuple(sorted({(one.event_id, by.event_id) for one, by in found.changes.items()}))
    later = [one for one in changes if base is None or _written(one) >= _written(base)]
    if base is not None and not later:
        return Course(base, ids, base.expected)
    counted = in_order(one for one in later if one not in found.changes)
    begun = _on_from(taken_back(base, found.matches, later), counted) if base else _begun(counted)
    state = begun
    if begun.status not in CALLED_OFF:
        state = ended(reduce(applied, corrected(counted), begun), counted)
        state = unexplained(state, counted, _wards(base, changes))
    state = flagged(state, *(flag for one in counted for flag in one.flags))
    expected = expected_discharge(counted, state) if state.status == "in-progress" else None
    return Course(_signed(state, later), ids, expected)


def _wards(base: State | None, changes: Sequence[Change]) -> set[str]:
    """Every ward that somebody told of, even where it was taken back later."""
    return {one.ward for one in changes} | {place.ward for place in (base.places if base else ())}


def _written(fact: State | Change) -> str:
    return fact.version[:_WRITTEN]


def _signed(state: State, later: Sequence[Change]) -> State:
    """The state under the last fact's version and subject: a moved visit is another person's."""
    last = max(later, key=in_writing)
    subjects = [one for one in later if one.subject]
    subject = max(subjects, key=in_writing).subject if subjects else state.subject
    return replace(state, version=last.version, provider=state.provider, subject=subject)


def _on_from(state: State, counted: Sequence[Change]) -> State:
    """A full state as the changes find it: one that was called off, or only planned, may begin."""
    effects = {one.effect for one in counted}
    if state.status in CALLED_OFF:
        return replace(state, status="planned", start=None) if effects & BEGINNINGS else state
    if state.status == "planned" and effects & BEGINNINGS:
        return replace(state, start=None)
    if state.status == "planned" and effects & (PRESENCE - {Effect.UPDATE}):
        return _inferred(state, counted)
    return state


def _begun(counted: Sequence[Change]) -> State:
    """The state before the first change: to be begun, planned, called off, or inferred."""
    blank = State(
        "", "", 0, "planned", "unknown", None, None, _provider(counted), None, (), (), None
    )
    effects = {one.effect for one in counted}
    if effects & BEGINNINGS:
        return blank
    named = replace(blank, visit_class=_class_of(counted))
    if Effect.DELETE_VISIT in effects:
        return replace(named, status="entered-in-error")
    if Effect.CANCEL_ADMIT in effects:
        return replace(named, status="cancelled")
    planned = effects & {*EXPECTATIONS, Effect.CANCEL_PLAN, Effect.CANCEL_EXPECT_ADMIT}
    if effects & (PRESENCE - {Effect.UPDATE} if planned else PRESENCE):
        return _inferred(named, counted)
    return _expected(named, counted) if planned else _only_named(named, counted)


def _provider(counted: Sequence[Change]) -> str:
    return counted[0].provider if counted else "unknown"


def _class_of(changes: Sequence[Change]) -> str:
    return next((one.visit_class for one in changes if one.visit_class), INPATIENT)


def _expected(state: State, counted: Sequence[Change]) -> State:
    plans = [one for one in counted if one.effect in EXPECTATIONS]
    if not plans:
        return replace(state, status="cancelled")
    plan = max(plans, key=in_writing)
    return replace(state, start=plan.expected or plan.admitted)


def _only_named(state: State, counted: Sequence[Change]) -> State:
    """A visit that was only given to another person: PV1 says all that is known of it."""
    start = admitted(counted)
    return replace(state, status="in-progress" if start else "planned", start=start)


def _inferred(state: State, counted: Sequence[Change]) -> State:
    """An admission that no message told of: when PV1-44 says, else when it was first seen."""
    first = next(one for one in counted if one.effect in PRESENCE)
    start = min(admitted(counted) or first.occurred, first.occurred)
    where = first.prior_ward if start < first.occurred else ""
    where = where or (first.ward if first.effect in _SAYS_WHERE else "")
    places = (Place(where, start, None, first.site),) if where else ()
    begun = replace(state, status="in-progress", start=start, places=places)
    return flagged(begun, CourseFlag.INFERRED_ADMISSION)
