"""How far a referral is: the statements of its two sides, and the status that they come to."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from streams.referrals.facts import ReferralFact, Role, State
from streams.referrals.referral import Status
from streams.referrals.threads import Thread

OPEN_REQUEST = frozenset({State.DRAFT, State.ACTIVE, State.ASKED, State.UNKNOWN, State.ON_HOLD})
NOT_ANSWERED = frozenset({State.DRAFT, State.REQUESTED, State.ASKED})
# The answers that leave a referral open, by how far they are.
UNDER_WAY = (State.RECEIVED, State.ON_HOLD, State.ACCEPTED, State.IN_PROGRESS)
ENDED = {
    State.COMPLETED: Status.COMPLETED,
    State.REJECTED: Status.REJECTED,
    State.CANCELLED: Status.CANCELLED,
    State.FAILED: Status.CANCELLED,
}
# What each statement of the receiver's says at least; the order of Status is the order of care.
REACHED = {
    State.RECEIVED: Status.RECEIVED,
    State.ACCEPTED: Status.ACCEPTED,
    State.PLANNED: Status.ACCEPTED,
    State.TRIAGED: Status.WAITING,
    State.WAITING: Status.WAITING,
    State.NOSHOW: Status.WAITING,
    State.CANCELLED: Status.WAITING,
    State.BOOKED: Status.BOOKED,
    State.ARRIVED: Status.BEING_SEEN,
    State.FULFILLED: Status.BEING_SEEN,
    State.IN_PROGRESS: Status.BEING_SEEN,
    State.FINISHED: Status.BEING_SEEN,
}
ORDER = {status: number for number, status in enumerate(Status)}


class Sides(NamedTuple):
    """The threads of a referral by what they are; what was struck is left out.

    `request` is the one that holds of several; it is there, struck, where all of them are.
    `answer` is the one that holds of several; None where there is none.
    """

    requests: tuple[Thread, ...]
    answers: tuple[Thread, ...]
    bookings: tuple[Thread, ...]
    visits: tuple[Thread, ...]
    messages: tuple[Thread, ...]
    request: Thread | None
    answer: Thread | None


def sides_of(threads: Sequence[Thread]) -> Sides:
    requests = [thread for thread in threads if thread.now.role is Role.REQUEST]
    answers = _whole(threads, Role.ANSWER)
    return Sides(
        _whole(requests, Role.REQUEST) or tuple(requests),
        answers,
        _whole(threads, Role.BOOKING),
        _whole(threads, Role.VISIT),
        _whole(threads, Role.CONTACT),
        _request(requests),
        _answer(answers),
    )


def _whole(threads: Iterable[Thread], role: Role) -> tuple[Thread, ...]:
    return tuple(t for t in threads if t.now.role is role and not t.is_mistaken)


def _request(requests: Sequence[Thread]) -> Thread | None:
    """The author's latest word: whoever spoke of the request first made it, others copy it.

    Of two that were written at one time the open one holds: it will be looked at, and a closed
    one would be forgotten.
    """
    if not requests:
        return None
    author = min(requests, key=lambda t: (_began(t), t.now.thread)).now
    own = [thread for thread in requests if _is_of(author, thread.now)]
    own = [thread for thread in own if not thread.is_mistaken] or own
    return max(own, key=lambda t: (t.now.said_at, t.now.state in OPEN_REQUEST, t.now.thread))


def _is_of(author: ReferralFact, fact: ReferralFact) -> bool:
    """The author's own source, or the author's own message that another one passed on."""
    return fact.source == author.source or fact.speaker == author.speaker


def _began(thread: Thread) -> datetime:
    return min(state.said_at for state in thread.states)


def _answer(answers: Sequence[Thread]) -> Thread | None:
    """Of several answers the one that is under way and furthest, else the last that was given.

    One service may refuse and another accept: the referral is with the one that has it.
    """
    under_way = [thread for thread in answers if thread.now.state in UNDER_WAY]
    if under_way:
        return max(under_way, key=lambda t: (UNDER_WAY.index(t.now.state), *_lateness(t)))
    return max(answers, key=_lateness, default=None)


def _lateness(thread: Thread) -> tuple[object, ...]:
    now = thread.now
    return now.said_at, now.state not in NOT_ANSWERED, now.version, now.thread


def status_of(sides: Sides) -> Status:
    """The status of a referral: the sender's last word where it is one, else the receiver's."""
    wanted = sides.request.now.state if sides.request else State.ACTIVE
    progress = _progress(sides)
    match wanted:
        case State.MISTAKEN:
            return Status.ENTERED_IN_ERROR
        case State.COMPLETED:
            return Status.COMPLETED
        case State.REVOKED:
            return Status.REJECTED if progress is Status.REJECTED else Status.CANCELLED
        case State.ON_HOLD:
            return Status.ON_HOLD
        case State.DRAFT if progress is Status.SENT:
            return Status.DRAFT
    return progress


def _progress(sides: Sides) -> Status:
    """What the receiver's statements come to."""
    answer = sides.answer.now.state if sides.answer else State.REQUESTED
    if answer in ENDED:
        return ENDED[answer]
    if answer is State.ON_HOLD:
        return Status.ON_HOLD
    if answer in NOT_ANSWERED or answer is State.RECEIVED:
        ended = _ended_by_visits(sides)
        if ended is not None:
            return ended
    reached = [_reached(thread) for thread in (*sides.bookings, *sides.visits)]
    return max([REACHED.get(answer, Status.SENT), *reached], key=ORDER.__getitem__)


def _reached(thread: Thread) -> Status:
    """What a booking or a visit says at least: a visit that is planned for a time is booked."""
    now = thread.now
    if now.state is State.PLANNED and now.start is not None:
        return Status.BOOKED
    return REACHED.get(now.state, Status.SENT)


def _ended_by_visits(sides: Sides) -> Status | None:
    """Where nothing but visits tells of the end: all of them over and nothing booked."""
    visits = {thread.now.state for thread in sides.visits}
    is_booked = any(t.now.state in {State.BOOKED, State.WAITING} for t in sides.bookings)
    if not visits or is_booked or visits - {State.FINISHED, State.CANCELLED}:
        return None
    return Status.COMPLETED if State.FINISHED in visits else Status.CANCELLED
