"""The referrals that facts describe: a fold that no order, repeat or batch can change."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from msgspec.structs import replace

from streams.referrals.answer_times import answer_due
from streams.referrals.contradictions import contradictions
from streams.referrals.facts import Party, ReferralFact, State
from streams.referrals.progress import NOT_ANSWERED, OPEN_REQUEST, Sides, sides_of, status_of
from streams.referrals.referral import CLOSED, Booking, Contact, Referral, Status
from streams.referrals.threads import Members, Thread, apart

Value = TypeVar("Value")

SENT = tuple({*State} - {State.DRAFT, State.MISTAKEN, State.ASKED})
ACCEPTING = (
    State.ACCEPTED,
    State.IN_PROGRESS,
    State.ON_HOLD,
    State.COMPLETED,
    State.PLANNED,
    State.TRIAGED,
    State.FINISHED,
    State.WAITING,
    State.BOOKED,
    State.ARRIVED,
    State.FULFILLED,
)
HAVING = (*ACCEPTING, State.RECEIVED, State.REJECTED, State.FAILED)
MET = {
    State.IN_PROGRESS: "visit",
    State.FINISHED: "visit",
    State.ARRIVED: "appointment",
    State.FULFILLED: "appointment",
    State.CONTACTED: "message",
}
# The request or the answer that closes a referral, by its status.
CLOSING = {
    Status.COMPLETED: (State.COMPLETED,),
    Status.REJECTED: (State.REJECTED,),
    Status.CANCELLED: (State.REVOKED, State.CANCELLED, State.FAILED),
    Status.ENTERED_IN_ERROR: (State.MISTAKEN,),
}
AT_THE_SENDER = frozenset({Status.DRAFT, Status.SENT, Status.REJECTED, Status.CANCELLED})
GONE = frozenset({Status.COMPLETED, Status.ENTERED_IN_ERROR})
FAILED = "Failed"


def referrals_of(facts: Sequence[ReferralFact]) -> list[Referral]:
    """Every referral among facts that names connect, by name; none where nobody asked."""
    return [referral_of(members) for members in apart(facts)]


def referral_of(members: Members) -> Referral:
    """The referral that these threads tell of, whatever order and however often they came.

    The greatest version of each thread holds. Where the sender ends the referral, that counts;
    else what the receiver says; else whatever got furthest. Source: definitions, sections 2 and 6.
    """
    sides = sides_of(members.threads)
    status = status_of(sides)
    said = [thread.content for thread in (sides.request, sides.answer) if thread]
    contacts = sorted(_contacts(sides), key=lambda contact: (contact.at, contact.how))
    accepted_at = _earliest([*_firsts(sides, ACCEPTING), *(c.at for c in contacts[:1])])
    referral = Referral(
        name=members.name,
        status=status,
        subject=_subject(sides),
        requester=_requester(sides),
        receiver=_receiver(sides),
        what=_first(fact.what for fact in said),
        priority=_first(fact.priority for fact in said),
        outcome=_outcome(sides, status),
        sent_at=_sent_at(sides),
        received_at=_earliest([*_firsts(sides, HAVING), accepted_at]),
        accepted_at=accepted_at,
        first_contact=contacts[0] if contacts else None,
        last_contact=contacts[-1] if contacts else None,
        closed_at=_closed_at(sides, status),
        wanted_by=_first(fact.end for fact in reversed(said)),
        is_request_closed=_is_request_closed(sides),
        bookings=() if status in CLOSED else tuple(_bookings(sides)),
        names=members.names,
        event_ids=tuple(_event_ids(members.threads)),
    )
    referral = replace(referral, owner=_owner(sides, referral), answer_due=_due(referral))
    return replace(referral, flags=contradictions(sides, referral))


def _subject(sides: Sides) -> str | None:
    """The person whom the request is about, else the first that any statement names."""
    request = (sides.request,) if sides.request else ()
    threads = (*request, *sides.answers, *sides.visits, *sides.bookings, *sides.messages)
    return _first(thread.content.subject for thread in threads)


def _requester(sides: Sides) -> Party | None:
    if sides.request is not None:
        return sides.request.content.requester or Party(sides.request.now.source)
    return _first(thread.content.requester for thread in sides.answers)


def _receiver(sides: Sides) -> Party | None:
    """Who has answered; else who sees the person; else whom the request asks."""
    latest = sorted(sides.visits, key=lambda thread: (thread.now.said_at, thread.now.thread))
    return _first(
        [
            _answering(sides),
            *(thread.now.receiver for thread in reversed(latest)),
            *(thread.now.receiver for thread in sides.bookings),
            sides.request.content.receiver if sides.request else None,
        ]
    )


def _answering(sides: Sides) -> Party | None:
    if sides.answer is None:
        return None
    answer = sides.answer.now
    is_other = sides.request is None or sides.request.now.source != answer.source
    speaks = is_other and answer.state not in NOT_ANSWERED
    return answer.receiver or (Party(answer.source) if speaks else None)


def _owner(sides: Sides, referral: Referral) -> Party | None:
    """Who has it: the sender until somebody answers and after a refusal, else the receiver."""
    status = referral.status
    if status in GONE or (status in CLOSED and referral.is_request_closed):
        return None
    is_held_back = status is Status.ON_HOLD and referral.accepted_at is None
    at_sender = status in AT_THE_SENDER or is_held_back
    return referral.requester if at_sender else referral.receiver or referral.requester


def _is_request_closed(sides: Sides) -> bool:
    return sides.request is not None and sides.request.now.state not in OPEN_REQUEST


def _due(referral: Referral) -> datetime | None:
    if referral.sent_at is None:
        return None
    return answer_due(referral.sent_at, referral.priority, referral.wanted_by)


def _outcome(sides: Sides, status: Status) -> str | None:
    """What came of it in the words of who closed it; nothing while it is open."""
    if status not in CLOSED:
        return None
    answer = sides.answer.now if sides.answer else None
    visits = sorted(sides.visits, key=lambda thread: (thread.since, thread.now.thread))
    return _first(
        [
            answer.outcome if answer else None,
            sides.request.now.outcome if sides.request else None,
            FAILED if answer and answer.state is State.FAILED else None,
            *(thread.now.outcome for thread in reversed(visits)),
        ]
    )


def _sent_at(sides: Sides) -> datetime | None:
    """When the sender first asked; a draft has not been sent, however long ago it was written."""
    if not sides.requests:
        return _earliest([thread.content.start for thread in sides.answers])
    return _earliest([_sent(thread) for thread in sides.requests])


def _sent(thread: Thread) -> datetime | None:
    if thread.content.state is State.DRAFT:
        return None
    was_draft = any(state.state is State.DRAFT for state in thread.states)
    written = None if was_draft else thread.content.start
    return written or thread.first(*SENT)


def _closed_at(sides: Sides, status: Status) -> datetime | None:
    """Since when it is closed: by whoever said so first, else by the end of the last visit."""
    if status not in CLOSED:
        return None
    ends = [
        thread.since
        for thread in (sides.request, sides.answer)
        if thread and thread.now.state in CLOSING[status]
    ]
    visits = [thread.now.end or thread.since for thread in sides.visits]
    return min(ends, default=None) or max(visits, default=None)


def _firsts(sides: Sides, states: Sequence[State]) -> list[datetime | None]:
    return [t.first(*states) for t in (*sides.answers, *sides.bookings, *sides.visits)]


def _contacts(sides: Sides) -> Iterable[Contact]:
    for thread in (*sides.visits, *sides.bookings, *sides.messages):
        how = MET.get(thread.now.state)
        if how is not None:
            yield Contact(thread.now.start or thread.now.said_at, how)


def _bookings(sides: Sides) -> Iterable[Booking]:
    """The times that are booked, in order; a planned visit and its appointment are one."""
    planned = (t.now for t in sides.visits if t.now.state is State.PLANNED)
    booked = (t.now for t in sides.bookings if t.now.state is State.BOOKED)
    found: dict[datetime, datetime | None] = {}
    for fact in (*planned, *booked):
        if fact.start is not None:
            found[fact.start] = fact.end or found.get(fact.start)
    return [Booking(start, found[start]) for start in sorted(found)]


def _event_ids(threads: Iterable[Thread]) -> Iterable[str]:
    facts = {fact.event_id: fact for thread in threads for fact in thread.states}
    return sorted(facts, key=lambda event_id: (facts[event_id].said_at, event_id))


def _first(values: Iterable[Value | None]) -> Value | None:
    return next((value for value in values if value is not None), None)


def _earliest(moments: Iterable[datetime | None]) -> datetime | None:
    return min((at for at in moments if at is not None), default=None)
