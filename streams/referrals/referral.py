"""A referral as it is answered for, and what is to be done about it now."""

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from streams.referrals.answer_times import REVIEW_AFTER, answer_due
from streams.referrals.facts import Party


class Status(StrEnum):
    """Where a referral is on its way. Each is a term of the glossary."""

    DRAFT = "draft"
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    BOOKED = "booked"
    BEING_SEEN = "being-seen"
    ON_HOLD = "on-hold"
    COMPLETED = "completed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    ENTERED_IN_ERROR = "entered-in-error"


UNANSWERED = frozenset({Status.SENT, Status.RECEIVED})
CLOSED = frozenset({Status.COMPLETED, Status.REJECTED, Status.CANCELLED, Status.ENTERED_IN_ERROR})


class ReferralFlag(StrEnum):
    """What the facts of a referral contradict each other in. Shown, and never a reason to drop."""

    NO_REQUEST = "no-request"
    UNKNOWN_STATUS = "unknown-status"
    REQUESTS_DISAGREE = "requests-disagree"
    SUBJECTS_DIFFER = "subjects-differ"
    SEEN_AFTER_CANCELLED = "seen-after-cancelled"
    SEEN_AFTER_REJECTED = "seen-after-rejected"
    COMPLETED_BUT_OPEN = "completed-but-open"
    ANSWERED_BEFORE_SENT = "answered-before-sent"


class Action(StrEnum):
    """What happens next, named for what its owner does."""

    SEND = "send"
    ANSWER = "answer"
    BOOK = "book"
    ATTEND = "attend"
    RECORD_OUTCOME = "record-outcome"
    REVIEW = "review"
    RESUME = "resume"
    DECIDE = "decide"


class Booking(msgspec.Struct, frozen=True):
    """A time that is booked and of which no outcome is known yet."""

    start: datetime
    end: datetime | None


class Contact(msgspec.Struct, frozen=True):
    """The person was seen or spoken to: `how` is visit, appointment or message."""

    at: datetime
    how: str


class Referral(msgspec.Struct, frozen=True, kw_only=True):
    """One referral as it is known. Times in UTC; `name` is the thread of its first request.

    `owner`: who has it now; nobody once it is closed. `wanted_by`: when the request or the receiver
    wants it done. `answer_due`: by when it must be, or had to be, answered. `is_request_closed`:
    the sender asks for it no more, so a refusal leaves it nothing to decide.
    """

    name: str
    status: Status
    subject: str | None = None
    requester: Party | None = None
    receiver: Party | None = None
    owner: Party | None = None
    what: str | None = None
    priority: str | None = None
    outcome: str | None = None
    sent_at: datetime | None = None
    received_at: datetime | None = None
    accepted_at: datetime | None = None
    first_contact: Contact | None = None
    last_contact: Contact | None = None
    closed_at: datetime | None = None
    wanted_by: datetime | None = None
    answer_due: datetime | None = None
    is_request_closed: bool = False
    bookings: tuple[Booking, ...] = ()
    names: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()
    flags: tuple[ReferralFlag, ...] = ()


class NextStep(NamedTuple):
    """What is to be done, by whom and by when (UTC); None where nobody has said so."""

    action: Action
    by: Party | None
    due: datetime | None


def is_silent(referral: Referral, now: datetime) -> bool:
    """A silent handoff: nobody has answered within the time. A receipt is no answer.

    Source: definitions, section 6.
    """
    due = referral.answer_due
    return referral.status in UNANSWERED and due is not None and due < now


def next_step(referral: Referral, now: datetime) -> NextStep | None:
    """What happens next with a referral; None for one that is closed with nothing left to do."""
    match referral.status:
        case Status.DRAFT:
            return NextStep(Action.SEND, referral.owner, None)
        case Status.SENT | Status.RECEIVED:
            return NextStep(Action.ANSWER, referral.receiver, referral.answer_due)
        case Status.ON_HOLD:
            return NextStep(Action.RESUME, referral.owner, referral.wanted_by)
        case Status.REJECTED | Status.CANCELLED if not referral.is_request_closed:
            return NextStep(Action.DECIDE, referral.owner, _decision_due(referral))
        case status if status in CLOSED:
            return None
    return _care_step(referral, now)


def _decision_due(referral: Referral) -> datetime | None:
    """A refusal is a handoff back: the sender has as long as a receiver has."""
    closed = referral.closed_at
    return answer_due(closed, referral.priority, None) if closed else None


def _care_step(referral: Referral, now: datetime) -> NextStep:
    """The next appointment; else what came of the last; else to book one, or to look again."""
    ahead = [one for one in referral.bookings if (one.end or one.start) >= now]
    if ahead:
        return NextStep(Action.ATTEND, referral.owner, ahead[0].start)
    if referral.bookings:
        last = referral.bookings[-1]
        return NextStep(Action.RECORD_OUTCOME, referral.owner, last.end or last.start)
    if referral.status is not Status.BEING_SEEN:
        return NextStep(Action.BOOK, referral.owner, referral.wanted_by)
    contact = referral.last_contact
    review = contact.at + REVIEW_AFTER if contact else None
    return NextStep(Action.REVIEW, referral.owner, referral.wanted_by or review)
