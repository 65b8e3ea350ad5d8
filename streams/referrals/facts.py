"""What one event says of a referral, in the few words that the fold needs."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

import msgspec

from streams.referrals.names import Mention


class Role(StrEnum):
    """What kind of statement a fact is.

    REQUEST: what the sender wants. ANSWER: how far the receiver says that it is. BOOKING: an
    appointment. VISIT: an encounter of the receiver's. CONTACT: a message to or from the person.
    """

    REQUEST = "request"
    ANSWER = "answer"
    BOOKING = "booking"
    VISIT = "visit"
    CONTACT = "contact"


class State(StrEnum):
    """What a fact says, in one vocabulary for FHIR and HL7 v2.

    ASKED: somebody asked how it stands, and told nothing new. MISTAKEN: entered in error, or
    deleted by its source. NOTHING: it tells of nothing that happened.
    """

    DRAFT = "draft"
    ACTIVE = "active"
    ASKED = "asked"
    UNKNOWN = "unknown"
    ON_HOLD = "on-hold"
    REVOKED = "revoked"
    COMPLETED = "completed"
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    IN_PROGRESS = "in-progress"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PLANNED = "planned"
    TRIAGED = "triaged"
    FINISHED = "finished"
    WAITING = "waiting"
    BOOKED = "booked"
    ARRIVED = "arrived"
    FULFILLED = "fulfilled"
    NOSHOW = "noshow"
    CONTACTED = "contacted"
    NOTHING = "nothing"
    MISTAKEN = "entered-in-error"


class Party(msgspec.Struct, frozen=True, omit_defaults=True):
    """An organisation, service, team or person: a code (ODS, or its source's own), a name."""

    code: str | None = None
    name: str | None = None


class ReferralFact(msgspec.Struct, frozen=True, array_like=True, kw_only=True):
    """A full state of one thing that belongs to referrals: the greatest `version` holds.

    `known` counts microseconds since 1970. `said_at`: when the source says that the state began,
    else when it wrote it down. `names` are what a REQUEST is called, `mentions` what the others
    call the requests that they are about. `start`: a REQUEST was written, an ANSWER was asked
    for, the rest begins. `end`: a REQUEST or an ANSWER is wanted by then, the rest ends.
    `requester` and `receiver` are as the fact says; None where it does not. `speaker`: who
    says it, whoever passes it on. `key` names the HL7 v2 message that the fact comes from, and
    `rank` sorts what claims to be that message.
    """

    version: str
    event_id: str
    known: int
    role: Role
    source: str
    speaker: str
    thread: str
    state: State
    said_at: datetime
    names: tuple[str, ...] = ()
    mentions: tuple[Mention, ...] = ()
    subject: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    requester: Party | None = None
    receiver: Party | None = None
    priority: str | None = None
    what: str | None = None
    outcome: str | None = None
    key: str = ""
    rank: str = ""


def names_in(fact: ReferralFact) -> set[str]:
    """Every name that the fact knows: its thread, its message, what it is called, or about."""
    about = (name for mention in fact.mentions for name in mention.names)
    return {fact.thread, *fact.names, *about, *filter(None, [fact.key])}


def merged(facts: Sequence[ReferralFact], more: Sequence[ReferralFact]) -> list[ReferralFact]:
    """The facts with those that are new, in an order of their own, whichever came here first.

    A repeat of a fact that says no time of writing has a later time of receipt, so a greater
    version: only an earlier one is kept, beside what was known before.
    """
    kept = {_thing(fact): _report(fact) for fact in reported(facts)}
    found = list(facts)
    for fact in sorted(more, key=lambda one: (_report(one), _thing(one))):
        before = kept.get(_thing(fact))
        if before is None or _report(fact) < before:
            kept[_thing(fact)] = _report(fact)
            found.append(fact)
    return sorted(found, key=lambda one: (_thing(one), _report(one)))


def reported(facts: Sequence[ReferralFact]) -> list[ReferralFact]:
    """Each fact once, as it was first reported by whoever reported it earliest."""
    first: dict[tuple[str, Role], ReferralFact] = {}
    for fact in facts:
        before = first.setdefault(_thing(fact), fact)
        if _report(fact) < _report(before):
            first[_thing(fact)] = fact
    return list(first.values())


def counting(facts: Sequence[ReferralFact]) -> list[ReferralFact]:
    """Each fact once, without those whose message used the key of another one.

    Of two contents under one key the first written one counts. Source: definitions, section 2.
    """
    once = reported(facts)
    holders: dict[str, tuple[str, str]] = {}
    for fact in once:
        if fact.key:
            holders[fact.key] = min(_claim(fact), holders.get(fact.key, _claim(fact)))
    return [fact for fact in once if not fact.key or holders[fact.key][1] == _claim(fact)[1]]


def _thing(fact: ReferralFact) -> tuple[str, Role]:
    return fact.event_id, fact.role


def _report(fact: ReferralFact) -> tuple[str, str]:
    return fact.version, fact.rank


def _claim(fact: ReferralFact) -> tuple[str, str]:
    """What sorts the contents that claim a key, and the mark of this one."""
    return fact.rank, fact.version.rpartition(".")[2]
