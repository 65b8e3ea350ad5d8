"""Where the facts of a referral contradict each other: shown as data confidence, never raised."""

from collections.abc import Iterable

from streams.referrals.facts import State
from streams.referrals.progress import OPEN_REQUEST, UNDER_WAY, Sides
from streams.referrals.referral import Referral, ReferralFlag, Status
from streams.referrals.threads import Thread


def contradictions(sides: Sides, referral: Referral) -> tuple[ReferralFlag, ...]:
    """What is doubtful about a referral that these two sides tell of."""
    return tuple(flag for flag in ReferralFlag if flag in {*_flags(sides, referral)})


def _flags(sides: Sides, referral: Referral) -> Iterable[ReferralFlag]:
    if sides.request is None:
        yield ReferralFlag.NO_REQUEST
    elif sides.request.now.state is State.UNKNOWN:
        yield ReferralFlag.UNKNOWN_STATUS
    if sides.request is not None and any(_disagrees(sides.request, o) for o in sides.requests):
        yield ReferralFlag.REQUESTS_DISAGREE
    if _has_two_subjects(sides):
        yield ReferralFlag.SUBJECTS_DIFFER
    yield from _out_of_turn(sides, referral)


def _disagrees(request: Thread, other: Thread) -> bool:
    """Somebody else says later that it is open although it is closed, or the other way round."""
    mine, theirs = request.now, other.now
    is_other = theirs.source != mine.source and theirs.speaker != mine.speaker
    is_later = is_other and theirs.said_at > mine.said_at
    return is_later and (theirs.state in OPEN_REQUEST) != (mine.state in OPEN_REQUEST)


def _has_two_subjects(sides: Sides) -> bool:
    """One source names two people; that two sources have two numbers for one is usual."""
    subjects: dict[str, set[str]] = {}
    everything = (*sides.requests, *sides.answers, *sides.bookings, *sides.visits, *sides.messages)
    for thread in everything:
        if thread.content.subject:
            subjects.setdefault(thread.now.source, set()).add(thread.content.subject)
    return any(len(named) > 1 for named in subjects.values())


def _out_of_turn(sides: Sides, referral: Referral) -> Iterable[ReferralFlag]:
    last, closed_at = referral.last_contact, referral.closed_at
    if last is not None and closed_at is not None and last.at > closed_at:
        if referral.status is Status.CANCELLED:
            yield ReferralFlag.SEEN_AFTER_CANCELLED
        if referral.status is Status.REJECTED:
            yield ReferralFlag.SEEN_AFTER_REJECTED
    is_open = sides.answer is not None and sides.answer.now.state in UNDER_WAY
    is_open = is_open or any(thread.now.state is State.IN_PROGRESS for thread in sides.visits)
    if referral.status is Status.COMPLETED and is_open:
        yield ReferralFlag.COMPLETED_BUT_OPEN
    sent_at, accepted_at = referral.sent_at, referral.accepted_at
    if sent_at is not None and accepted_at is not None and accepted_at < sent_at:
        yield ReferralFlag.ANSWERED_BEFORE_SENT
