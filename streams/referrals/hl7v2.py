"""HL7 v2 messages as facts of referrals: REF, RRI, and orders and bookings that name one (RF1)."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from schemas.events import CareEvent
from schemas.hl7v2 import Message, Segment, moment_of, parse
from schemas.identity import indexable
from schemas.times import micros
from streams.referrals.facts import Party, ReferralFact, Role, State
from streams.referrals.names import Mention, rf1_names

CODES = frozenset({"REF", "RRI", "ORM", "OMG", "SIU"})
_RF1 = b"RF1"
EXPIRED = "Expired"

# HL7 table 0283, and the words of local tables: what it means for the request, what it answers.
STATUSES = {
    "A": (State.ACTIVE, State.ACCEPTED),
    "P": (State.ACTIVE, State.REQUESTED),
    "R": (State.ACTIVE, State.REJECTED),
    "E": (State.REVOKED, State.REQUESTED),
    "ACCEPTED": (State.ACTIVE, State.ACCEPTED),
    "PENDING": (State.ACTIVE, State.REQUESTED),
    "REJECTED": (State.ACTIVE, State.REJECTED),
    "EXPIRED": (State.REVOKED, State.REQUESTED),
    "CANCELLED": (State.REVOKED, State.REQUESTED),
    "CANCELED": (State.REVOKED, State.REQUESTED),
}
NOT_SAID = (State.ACTIVE, State.REQUESTED)
UNKNOWN = (State.UNKNOWN, State.REQUESTED)
# HL7 table 0280 in the words of FHIR.
PRIORITIES = {"S": "stat", "A": "asap", "R": "routine", "U": "urgent"}
# HL7 table 0119 (ORC-1) and table 0038 (ORC-5), as far as they end or stop an order.
ORDER_CONTROLS = {
    "CA": State.REVOKED,
    "OC": State.REVOKED,
    "CR": State.REVOKED,
    "DC": State.REVOKED,
    "OD": State.REVOKED,
    "HD": State.ON_HOLD,
    "OH": State.ON_HOLD,
}
ORDER_STATUSES = {
    "CM": State.COMPLETED,
    "CA": State.REVOKED,
    "DC": State.REVOKED,
    "HD": State.ON_HOLD,
}
# HL7 table 0278 (SCH-25), else what the trigger says.
SCHEDULES = {
    "BOOKED": State.BOOKED,
    "OVERBOOK": State.BOOKED,
    "PENDING": State.WAITING,
    "WAITLIST": State.WAITING,
    "STARTED": State.ARRIVED,
    "COMPLETE": State.FULFILLED,
    "CANCELLED": State.CANCELLED,
    "DC": State.CANCELLED,
    "NOSHOW": State.NOSHOW,
    "DELETED": State.MISTAKEN,
}
TRIGGERS = {
    "S15": State.CANCELLED,
    "S16": State.CANCELLED,
    "S17": State.MISTAKEN,
    "S26": State.NOSHOW,
}
STARTS = (("TQ1", 7, 1), ("SCH", 11, 4), ("AIS", 4, 1), ("AIL", 6, 1))
ENDS = (("TQ1", 8, 1), ("SCH", 11, 5))
# A version begins with when it was recorded, in microseconds.
RECORDED = 20
CANCEL, QUERY = "I14", "I15"


def concerns(event: CareEvent) -> bool:
    """Whether the message may say something of a referral."""
    code = event.kind[:3]
    return code in {"REF", "RRI"} or (code in CODES and _RF1 in bytes(event.resource))


def facts_of_message(event: CareEvent, known: int) -> list[ReferralFact]:
    """The facts in a message: a REF tells what is asked for and what was answered, so two."""
    message = parse(event.text())
    rf1 = message.first("RF1")
    names = tuple(dict.fromkeys(rf1_names(rf1, event.source)))
    if not names:
        return []
    return [
        ReferralFact(
            version=event.version,
            event_id=event.id,
            known=known,
            source=event.source,
            speaker="|".join(_sender(message)) or event.source,
            thread=event.thread,
            said_at=event.recorded,
            subject=event.subject,
            key=indexable(f"message|{event.source}|{event.message_id}"),
            rank=f"{event.version[:RECORDED]}.{micros(event.received):020d}",
            **elements,
        )
        for elements in _READERS[event.kind[:3]](event, message, rf1, names)
    ]


def _sender(message: Message) -> tuple[str, ...]:
    said = message.header.text(3), message.header.text(4)
    return said if any(said) else ()


Elements = Iterator[dict[str, Any]]


def _referral(event: CareEvent, message: Message, rf1: Segment, names: tuple[str, ...]) -> Elements:
    """REF^I12 to I15: what the sender wants, and in RF1-1 what it knows of the answer."""
    wanted, answered = _status(rf1)
    trigger = event.kind[4:]
    if trigger == QUERY:
        wanted, answered = State.ASKED, State.ASKED
    elif trigger == CANCEL:
        wanted = State.REVOKED
    yield {**_asked_for(event, message, rf1), "state": wanted, "names": names}
    yield _answered(message, rf1, names, answered)


def _reply(event: CareEvent, message: Message, rf1: Segment, names: tuple[str, ...]) -> Elements:
    """RRI: the receiver's own answer; pending says that it has it."""
    wanted, answered = _status(rf1)
    if wanted is State.REVOKED or event.kind[4:] == CANCEL:
        answered = State.CANCELLED
    elif answered is State.REQUESTED:
        answered = State.RECEIVED
    receiver = _provider(message, "RT") or _facility(message, 4)
    yield {**_answered(message, rf1, names, answered), "receiver": receiver}


def _order(event: CareEvent, message: Message, rf1: Segment, names: tuple[str, ...]) -> Elements:
    """An order that is a referral: ORC says what becomes of it."""
    orc = message.first("ORC")
    wanted, answered = _status(rf1)
    state = ORDER_CONTROLS.get(orc.text(1)) or ORDER_STATUSES.get(orc.text(5)) or wanted
    yield {**_asked_for(event, message, rf1), "state": state, "names": names}
    yield _answered(message, rf1, names, answered)


def _booking(event: CareEvent, message: Message, _: Segment, names: tuple[str, ...]) -> Elements:
    said = message.first("SCH")
    by_trigger = TRIGGERS.get(event.kind[4:], State.BOOKED)
    by_status = SCHEDULES.get(said.text(25).upper()) or SCHEDULES.get(said.text(25, 2).upper())
    # A cancellation, a deletion and a person who did not come say so by their trigger.
    state = by_trigger if by_trigger is not State.BOOKED else by_status or State.BOOKED
    yield {
        "role": Role.BOOKING,
        "state": state,
        "mentions": (Mention(names),),
        "start": _time(message, STARTS),
        "end": _time(message, ENDS),
    }


def _asked_for(event: CareEvent, message: Message, rf1: Segment) -> dict[str, Any]:
    expires = moment_of(rf1.text(8))
    return {
        "role": Role.REQUEST,
        "end": expires.at if expires else None,
        "requester": _provider(message, "RP") or Party(event.source),
        "receiver": _receiver(message),
        "priority": PRIORITIES.get(rf1.text(2).upper()),
        "what": rf1.text(3, 2) or rf1.text(10, 2) or rf1.text(3) or None,
        "outcome": EXPIRED if _code(rf1) in {"E", "EXPIRED"} else None,
    }


def _answered(
    message: Message, rf1: Segment, names: tuple[str, ...], state: State
) -> dict[str, Any]:
    return {
        "role": Role.ANSWER,
        "state": state,
        "mentions": (Mention(names),),
        "receiver": _receiver(message),
        "outcome": (rf1.text(4, 2) or rf1.text(4) or None) if state is State.REJECTED else None,
    }


def _code(rf1: Segment) -> str:
    """RF1-1 by the code of HL7's table, else by a word that means the same."""
    code, word = rf1.text(1).upper(), rf1.text(1, 2).upper()
    return code if code in STATUSES else word


def _status(rf1: Segment) -> tuple[State, State]:
    code = _code(rf1)
    is_said = bool(rf1.text(1))
    return STATUSES.get(code, UNKNOWN if is_said else NOT_SAID)


def _receiver(message: Message) -> Party | None:
    """The provider referred to (PRD), else the facility that the message goes to (MSH-6)."""
    return _provider(message, "RT") or _facility(message, 6)


def _facility(message: Message, number: int) -> Party | None:
    name = message.header.text(number)
    return Party(name=name) if name else None


def _provider(message: Message, role: str) -> Party | None:
    """The organisation of the provider in a role (HL7 table 0286), else the provider's name."""
    for segment in message.segments("PRD"):
        if segment.text(1) != role:
            continue
        name = segment.text(10) or " ".join(filter(None, (segment.text(2, 2), segment.text(2))))
        code = segment.text(10, 10) or segment.text(10, 3) or segment.text(7)
        if name or code:
            return Party(code or None, name or None)
    return None


def _time(message: Message, places: Iterable[tuple[str, int, int]]) -> datetime | None:
    for name, number, component in places:
        found = moment_of(message.first(name).text(number, component))
        if found is not None:
            return found.at
    return None


_READERS = {
    "REF": _referral,
    "RRI": _reply,
    "ORM": _order,
    "OMG": _order,
    "SIU": _booking,
}
