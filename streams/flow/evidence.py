"""What PV1-44, PV1-45 and PV2-9 say beside the triggers: it corrects them, or fills a gap."""

from collections.abc import Iterable, Sequence, Set
from datetime import datetime

from msgspec.structs import replace

from schemas.hl7v2.triggers import Effect
from streams.flow.facts import Change, State
from streams.flow.kinds import BEGINNINGS, NO_ADMISSION, NO_DISCHARGE, PRESENCE, CourseFlag, flagged
from streams.flow.undone import in_writing

_PENDING_TRANSFER = {Effect.EXPECT_TRANSFER, Effect.CANCEL_EXPECT_TRANSFER}
_TELLS_OF_DISCHARGE = PRESENCE - {Effect.LEAVE, *_PENDING_TRANSFER} | BEGINNINGS


def in_order(changes: Iterable[Change]) -> list[Change]:
    """The changes as they happened: by occurred, then by when they were written."""
    return sorted(changes, key=lambda change: (change.occurred, *in_writing(change)))


def corrected(counted: Sequence[Change]) -> list[Change]:
    """The changes, in order, the admission and the discharge at the times that PV1 gives them.

    What was written last corrects what was written before it.
    """
    beginnings = [one for one in counted if one.effect in BEGINNINGS]
    into_bed = [one for one in beginnings if one.effect is not Effect.ARRIVE]
    admission = next(iter(into_bed[-1:] or beginnings[:1]), None)
    discharge = next((one for one in counted[::-1] if one.effect is Effect.DISCHARGE), None)
    return in_order(_corrected(one, admission, discharge, counted) for one in counted)


def _corrected(
    change: Change, admission: Change | None, discharge: Change | None, counted: Sequence[Change]
) -> Change:
    since = [one for one in counted if one.version >= change.version]
    at: datetime | None = None
    if change is admission:
        at = admitted(since)
    elif change is discharge:
        at = discharged(since)
    elif change.effect in BEGINNINGS and change.named is None:
        at = change.admitted
    return replace(change, occurred=at) if at is not None else change


def admitted(changes: Iterable[Change]) -> datetime | None:
    """The admission time (PV1-44) that was written last; None where none was."""
    told = [one for one in changes if one.admitted and one.effect not in NO_ADMISSION]
    return max(told, key=in_writing).admitted if told else None


def discharged(changes: Iterable[Change]) -> datetime | None:
    """The discharge time (PV1-45) that was written last; None where none was."""
    told = [one for one in changes if one.discharged and one.effect not in NO_DISCHARGE]
    return max(told, key=in_writing).discharged if told else None


def ended(state: State, counted: Iterable[Change]) -> State:
    """The state, ended where PV1-45 tells of a discharge that no message told of.

    Not where the discharge was cancelled after that was written, nor by a time to come or from
    before the last admission.
    """
    if state.status != "in-progress":
        return state
    counted = list(counted)
    since = _last_written(counted, Effect.CANCEL_DISCHARGE)
    begun = [one.occurred for one in counted if one.effect in BEGINNINGS]
    first = max([*begun, *([state.start] if state.start else [])], default=None)
    at = discharged(
        one
        for one in counted
        if one.version > since and one.discharged and _is_past(one, one.discharged, first)
    )
    if at is None:
        return state
    return flagged(replace(state, status="finished", end=at), CourseFlag.INFERRED_DISCHARGE)


def _is_past(change: Change, at: datetime, first: datetime | None) -> bool:
    return at <= change.recorded and (first is None or at >= first)


def unexplained(state: State, counted: Iterable[Change], wards: Set[str]) -> State:
    """The state, flagged where somebody came from a ward (PV1-6) that nothing put them in.

    A ward that was told of (`wards`) is explained, even if that was cancelled later.
    """
    told = wards | {place.ward for place in state.places}
    moves = (
        one
        for one in counted
        if one.effect in _MOVES and one.prior_ward and state.start and one.occurred > state.start
    )
    if all(one.prior_ward in told for one in moves):
        return state
    return flagged(state, CourseFlag.MISSING_TRANSFER)


_MOVES = frozenset({Effect.TRANSFER, Effect.SWAP})


def expected_discharge(counted: Iterable[Change], state: State) -> datetime | None:
    """When a discharge was last expected; None where nobody expects one, or not any more.

    What the state expects holds until a later change says something else.
    """
    counted = list(counted)
    since = _last_written(counted, Effect.CANCEL_EXPECT_DISCHARGE)
    told = [
        one
        for one in counted
        if one.expected and one.version > since and one.effect in _TELLS_OF_DISCHARGE
    ]
    if not told:
        return None if since else state.expected
    return max(told, key=in_writing).expected


def _last_written(changes: Iterable[Change], effect: Effect) -> str:
    return max((one.version for one in changes if one.effect is effect), default="")
