"""A full state without what cancels that were written after it take back of it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from schemas.hl7v2.triggers import Effect
from streams.flow.facts import Change, State
from streams.flow.undone import Match, in_writing, named_time


def taken_back(state: State, matches: Iterable[Match], later: Sequence[Change]) -> State:
    """The state as the cancels among the changes that were written after it leave it.

    A cancel takes back what it names. One that names nothing that is known, and that undoes no
    later change, takes back the latest there is, unless it names a time of which the state would
    have told: then its source had heeded it when it wrote the state.
    """
    found = {match.cancel: match for match in matches}
    for change in sorted(later, key=in_writing):
        take = _TAKES.get(change.effect)
        if take is not None:
            latest = _takes_latest(state, found.get(change), later)
            state = take(state, change, latest)
    return state


def _takes_latest(state: State, match: Match | None, later: Sequence[Change]) -> bool:
    if match is None or match.named or any(one in later for one in match.changes):
        return False
    at = named_time(match.cancel)
    return at is None or state.recorded is None or at > state.recorded


def _admission(state: State, cancel: Change, latest: bool) -> State:
    is_this = named_time(cancel) in {None, state.start}
    return replace(state, status="cancelled") if is_this or latest else state


def _discharge(state: State, cancel: Change, latest: bool) -> State:
    if state.end is None or not (latest or named_time(cancel) == state.end):
        return state
    return replace(_staying_on(state, state.end), status="in-progress", end=None)


def _transfer(state: State, cancel: Change, latest: bool) -> State:
    starts = (place.start for place in state.places if place.start != state.start)
    at = _which(cancel, starts, latest=latest)
    if at is None:
        return state
    state = _staying_on(state, at)
    return replace(state, places=tuple(place for place in state.places if place.start != at))


def _staying_on(state: State, at: datetime) -> State:
    """The state with every place that ended then going on."""
    places = (replace(place, end=None) if place.end == at else place for place in state.places)
    return replace(state, places=tuple(places))


def _leave(state: State, cancel: Change, latest: bool) -> State:
    at = _which(cancel, (start for start, _ in state.leaves), latest=latest)
    return replace(state, leaves=tuple(leave for leave in state.leaves if leave[0] != at))


def _return(state: State, cancel: Change, latest: bool) -> State:
    at = _which(cancel, (end for _, end in state.leaves), latest=latest)
    leaves = tuple((start, None if end == at else end) for start, end in state.leaves)
    return replace(state, leaves=leaves)


def _visit(state: State, _: Change, __: bool) -> State:
    return replace(state, status="entered-in-error")


def _which(cancel: Change, times: Iterable[datetime | None], *, latest: bool) -> datetime | None:
    """The time that the cancel names where it is one of these; else the last of them, or none."""
    known = [at for at in times if at is not None]
    at = named_time(cancel)
    if at in known:
        return at
    return max(known, default=None) if latest else None


_TAKES: dict[Effect, Callable[[State, Change, bool], State]] = {
    Effect.CANCEL_ADMIT: _admission,
    Effect.CANCEL_DISCHARGE: _discharge,
    Effect.CANCEL_TRANSFER: _transfer,
    Effect.CANCEL_LEAVE: _leave,
    Effect.CANCEL_RETURN: _return,
    Effect.DELETE_VISIT: _visit,
}
