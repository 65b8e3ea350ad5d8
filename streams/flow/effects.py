"""What each change does to the state that the changes before it told."""

from collections.abc import Callable
from datetime import UTC, datetime

from msgspec.structs import replace

from schemas.hl7v2.triggers import Effect
from streams.flow.facts import Change, ClassRun, Place, State
from streams.flow.kinds import INPATIENT, CourseFlag, flagged

_FIRST = datetime.min.replace(tzinfo=UTC)


def applied(state: State, change: Change) -> State:
    """The state after a change; the same where the change moves nobody and decides nothing."""
    apply = _APPLY.get(change.effect)
    return apply(state, change) if apply else state


def _begin(state: State, change: Change) -> State:
    state = _of_class(state, change.visit_class or INPATIENT, change)
    first = state.start is None or change.occurred < state.start
    start = change.occurred if first else state.start
    return _at_ward(replace(state, status="in-progress", start=start, end=None), change)


def _of_class(state: State, code: str, change: Change) -> State:
    """The state with a class from the change on. Runs are kept only where there are several."""
    if state.start is None or code in {"", state.visit_class}:
        return replace(state, visit_class=code or state.visit_class)
    known = state.classes or (ClassRun(state.visit_class, state.start),)
    runs = sorted((*known, ClassRun(code, change.occurred)), key=lambda run: run.start or _FIRST)
    return replace(state, visit_class=runs[-1].code, classes=tuple(runs))


def _at_ward(state: State, change: Change) -> State:
    if not change.ward:
        return state
    kept = tuple(place for place in state.places if place.start != change.occurred)
    return replace(state, places=(*kept, Place(change.ward, change.occurred, None, change.site)))


def _to_outpatient(state: State, change: Change) -> State:
    return _at_ward(_of_class(state, change.visit_class, change), change)


def _transfer(state: State, change: Change) -> State:
    """A move; PV1-6 says where from, where no message told how they came there."""
    here = _ward_before(state, change)
    if here is None and change.prior_ward and state.start and state.start < change.occurred:
        prior = Place(change.prior_ward, state.start, None, change.site)
        state = replace(state, places=(*state.places, prior))
    return _at_ward(state, change)


def _ward_before(state: State, change: Change) -> str | None:
    """The ward of the latest place that began before the change."""
    begin = state.start or change.occurred
    before = [place for place in state.places if (place.start or begin) < change.occurred]
    return max(before, key=lambda place: place.start or begin).ward if before else None


def _discharge(state: State, change: Change) -> State:
    return replace(state, status="finished", end=change.occurred)


def _update(state: State, change: Change) -> State:
    """An update moves nobody; where no ward is known yet, it says where the person has been."""
    if state.places or not change.ward or state.start is None:
        return state
    return replace(state, places=(Place(change.ward, state.start, None, change.site),))


def _leave(state: State, change: Change) -> State:
    if any(start == change.occurred for start, _ in state.leaves):
        return state
    return replace(state, leaves=(*state.leaves, (change.occurred, None)))


def _return(state: State, change: Change) -> State:
    away = [start for start, end in state.leaves if end is None and start <= change.occurred]
    if not away:
        known = any(end == change.occurred for _, end in state.leaves)
        return state if known else flagged(state, CourseFlag.MISSING_LEAVE)
    back = max(away)
    leaves = tuple(
        (start, change.occurred if start == back and end is None else end)
        for start, end in state.leaves
    )
    return replace(state, leaves=leaves)


_APPLY: dict[Effect, Callable[[State, Change], State]] = {
    Effect.ADMIT: _begin,
    Effect.ARRIVE: _begin,
    Effect.TO_INPATIENT: _begin,
    Effect.TO_OUTPATIENT: _to_outpatient,
    Effect.TRANSFER: _transfer,
    Effect.SWAP: _transfer,
    Effect.DISCHARGE: _discharge,
    Effect.UPDATE: _update,
    Effect.LEAVE: _leave,
    Effect.RETURN: _return,
}
