"""Which changes a cancel undoes: the one that it names, else the latest before it."""

from collections.abc import Container, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from schemas.hl7v2.triggers import Effect
from streams.flow.facts import Change, State

UNDOES: dict[Effect, frozenset[Effect]] = {
    Effect.CANCEL_ADMIT: frozenset({Effect.ADMIT, Effect.ARRIVE}),
    Effect.CANCEL_TRANSFER: frozenset({Effect.TRANSFER, Effect.SWAP}),
    Effect.CANCEL_DISCHARGE: frozenset({Effect.DISCHARGE}),
    Effect.CANCEL_PLAN: frozenset({Effect.PLAN}),
    Effect.CANCEL_TRACK: frozenset({Effect.TRACK}),
    Effect.CANCEL_LEAVE: frozenset({Effect.LEAVE}),
    Effect.CANCEL_RETURN: frozenset({Effect.RETURN}),
    Effect.CANCEL_EXPECT_ADMIT: frozenset({Effect.EXPECT_ADMIT}),
    Effect.CANCEL_EXPECT_TRANSFER: frozenset({Effect.EXPECT_TRANSFER}),
    Effect.CANCEL_EXPECT_DISCHARGE: frozenset({Effect.EXPECT_DISCHARGE}),
}


class Match(NamedTuple):
    """What one cancel undoes. `named`: it named it; else it is the latest, or there is none."""

    cancel: Change
    changes: tuple[Change, ...]
    named: bool


class Undone(NamedTuple):
    """The changes that do not count, each with the change that undid it; what each cancel found."""

    changes: dict[Change, Change]
    matches: tuple[Match, ...]


def undone(changes: Iterable[Change], state: State | None = None) -> Undone:
    """What the cancels among the changes of one visit undo, whatever order they come in.

    Each change is there once.
    A cancel undoes what it names by the time of the event (and by the place, where several
    are of that time) and what was written before it; written times are no more than tie-breakers,
    so one that only seems to be written later is undone where no other is named. Where nothing is
    named, it undoes the latest before its own written time. What is named may also be told by a
    full state (`state`): then no change is undone in its place. Source: definitions, section 2.
    """
    changes = sorted(changes, key=in_writing)
    gone: dict[Change, Change] = {}
    matches: list[Match] = []
    for cancel in changes:
        effects = UNDOES.get(cancel.effect)
        if effects is None:
            continue
        match = _match(cancel, [one for one in changes if one.effect in effects], gone, state)
        matches.append(match)
        found = [*match.changes]
        if found and cancel.effect is Effect.CANCEL_ADMIT:
            found += _of_admission(cancel, match.changes, changes)
        gone = dict.fromkeys(found, cancel) | gone
    for deletion in changes:
        if deletion.effect is Effect.DELETE_VISIT:
            before = (one for one in changes if one.version < deletion.version)
            gone = dict.fromkeys(before, deletion) | gone
    return Undone(gone, tuple(matches))


def _match(
    cancel: Change, targets: Sequence[Change], gone: Container[Change], state: State | None
) -> Match:
    named = _named(cancel, targets)
    if named or (state is not None and named_time(cancel) in _times_in(state, cancel.effect)):
        return Match(cancel, tuple(named), named=True)
    found = _latest(cancel, targets, gone)
    if found and state is not None and _is_later_in(state, cancel, found[0]):
        found = []
    return Match(cancel, tuple(found), named=False)


def _is_later_in(state: State, cancel: Change, found: Change) -> bool:
    """Whether what the state tells is the latest before the cancel, and not the change found.

    A cancel that was written before the state, or names a time of which the state would have
    told, takes nothing of it.
    """
    at = named_time(cancel)
    heeded = at is not None and state.recorded is not None and at <= state.recorded
    before = [one for one in _times_in(state, cancel.effect) if one <= cancel.recorded]
    later = max(before, default=found.occurred) > found.occurred
    return later and not heeded and cancel.version >= state.version


def _times_in(state: State, cancel: Effect) -> set[datetime]:
    """The times by which a cancel may name what a full state tells."""
    told: dict[Effect, Iterable[datetime | None]] = {
        Effect.CANCEL_ADMIT: (state.start,),
        Effect.CANCEL_TRANSFER: (place.start for place in state.places),
        Effect.CANCEL_DISCHARGE: (state.end,),
        Effect.CANCEL_LEAVE: (start for start, _ in state.leaves),
        Effect.CANCEL_RETURN: (end for _, end in state.leaves),
    }
    return {at for at in told.get(cancel, ()) if at is not None}


def in_writing(change: Change) -> tuple[str, str]:
    """Sorts changes by when they were written: EVN-2, MSH-7, MSH-10."""
    return change.version, change.event_id


def named_time(cancel: Change) -> datetime | None:
    """When the event was that a cancel undoes: EVN-6, else the visit's own admission or end."""
    if cancel.named is not None:
        return cancel.named
    if cancel.effect is Effect.CANCEL_ADMIT:
        return cancel.admitted
    return cancel.discharged if cancel.effect is Effect.CANCEL_DISCHARGE else None


def _named(cancel: Change, targets: Sequence[Change]) -> list[Change]:
    at = named_time(cancel)
    found = [one for one in targets if at is not None and at in _times_of(one)]
    there = [one for one in found if one.ward and one.ward in (cancel.ward, cancel.prior_ward)]
    found = there or found
    before = [one for one in found if one.version < cancel.version]
    return before or found[:1]


def _times_of(change: Change) -> Iterable[datetime]:
    """The times by which a change may be named: its own, and what PV1 says of it."""
    yield change.occurred
    if change.effect is Effect.DISCHARGE and change.discharged is not None:
        yield change.discharged
    if change.effect in UNDOES[Effect.CANCEL_ADMIT] and change.admitted is not None:
        yield change.admitted


def _latest(cancel: Change, targets: Sequence[Change], gone: Container[Change]) -> list[Change]:
    left = [one for one in targets if one not in gone and one.occurred <= cancel.recorded]
    before = [one for one in left if one.version < cancel.version]
    # What a cancel names and nobody knows yet was not written after it.
    left = before if named_time(cancel) is not None else before or left
    return [max(left, key=lambda one: (one.occurred, *in_writing(one)))] if left else []


def _of_admission(
    cancel: Change, admissions: Sequence[Change], changes: Sequence[Change]
) -> Iterable[Change]:
    """What happened in an admission that never was, written before its cancel.

    That is what came from it on, until somebody admits again: nothing where that is the same
    admission, said once more.
    """
    since = min(one.occurred for one in admissions)
    again = [one.occurred for one in changes if _admits_again(one, admissions, since)]
    until = min(again, default=None)
    return (
        one
        for one in changes
        if one.version < cancel.version
        and one.occurred >= since
        and (until is None or one.occurred < until)
        and one.effect not in UNDOES
    )


def _admits_again(change: Change, admissions: Sequence[Change], since: datetime) -> bool:
    admits = change.effect in UNDOES[Effect.CANCEL_ADMIT]
    return admits and change.occurred >= since and change not in admissions
