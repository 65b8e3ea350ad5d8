"""An HL7 v2 message as care events: one fact for each patient that it names."""

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from schemas.errors import Problem, Reason, Reject
from schemas.events import CareEvent, Flag
from schemas.hl7v2 import Message, Moment, NotHl7v2, bodies, characters_of, moment_of, texts
from schemas.hl7v2.headers import key_of
from schemas.hl7v2.patients import Patient, patients_of
from schemas.hl7v2.triggers import is_known
from schemas.identity import indexable
from schemas.inbound import Inbound
from streams.intake.patients import NOBODY, of_identifiers
from streams.intake.stamps import event_id, sortable, stamped

_KIND = re.compile(r"[A-Z][A-Z0-9]{2}(?:\^[A-Z0-9]{1,3})?")
_DIGITS = re.compile(r"[0-9]+")
_WIDEST_NUMBER = 20
_LONGEST_CONTROL = 80
# How large the facts of a message may be, in times the largest message. Each patient's fact holds
# the whole message, and characters of one byte can take six as JSON.
LARGEST_FACT = 1.5
LARGEST_FACTS = 4
MOST_STATEMENTS = 1_000
MOST_PROBLEMS = 100
# Where the thing that a message is about has a name, and each message tells its whole state.
NAMES = {
    "SIU": (("SCH", 2), ("SCH", 1)),
    "REF": (("RF1", 6), ("RF1", 11)),
    "RRI": (("RF1", 6), ("RF1", 11)),
    "ORM": (("RF1", 6), ("RF1", 11)),
    "OMG": (("RF1", 6), ("RF1", 11)),
    "MDM": (("TXA", 12),),
}
# What each kind of message says of when the thing happened: start, end.
TIMES: dict[str, tuple[tuple[tuple[str, int, int], ...], tuple[tuple[str, int, int], ...]]] = {
    "SIU": (
        (("TQ1", 7, 1), ("SCH", 11, 4), ("AIS", 4, 1), ("AIL", 6, 1)),
        (("TQ1", 8, 1), ("SCH", 11, 5)),
    ),
    "REF": ((("RF1", 9, 1), ("RF1", 7, 1)), ()),
    "RRI": ((("RF1", 9, 1), ("RF1", 7, 1)), ()),
    "MDM": ((("TXA", 4, 1), ("TXA", 6, 1)), ()),
    "ORU": ((("OBR", 7, 1), ("OBX", 14, 1)), ()),
    "ORM": ((("ORC", 9, 1), ("OBR", 6, 1)), ()),
}
_NO_TIMES: tuple[tuple[()], tuple[()]] = ((), ())


class Told(NamedTuple):
    """What a message says of itself, for each of its facts alike."""

    message: Message
    kind: str
    control: str
    digest: bytes
    raw: bytes
    start: Moment | None
    end: Moment | None
    written: Moment | None
    sent: Moment | None
    flags: tuple[str, ...]


def read(inbound: Inbound, max_bytes: int) -> list[CareEvent]:
    """The facts in a message or in a batch of them, in order, at least one. Raises Reject."""
    found = [characters_of(body) for body in bodies(inbound.body)]
    if any("\0" in one.text for one in found):
        raise _refused(Reason.NUL_CHARACTER, "", "value", "a text holds the character U+0000")
    try:
        said = [(text, one.doubtful) for one in found for text in texts(one.text)]
    except NotHl7v2 as error:
        raise _refused(Reason.NOT_HL7V2, error.where, "structure", error.text) from None
    events: list[CareEvent] = []
    for one in _all_told(said):
        events += _events(one, inbound, max_bytes)
    return events


def _refused(reason: Reason, where: str, code: str, text: str) -> Reject:
    return Reject(reason, [Problem(where, code, text)])


def _all_told(said: list[tuple[str, bool]]) -> list[Told]:
    """Raises Reject with the problems of every message of a batch."""
    told, problems = [], []
    for number, (text, doubtful) in enumerate(said, 1):
        try:
            told.append(_told(Message(text), doubtful=doubtful))
        except NotHl7v2 as error:
            which = f"MSH[{number}]" if len(said) > 1 else "MSH"
            where = error.where.replace("MSH", which, 1)
            problems.append(Problem(where, "structure", error.text))
    if problems:
        raise Reject(Reason.NOT_HL7V2, problems[:MOST_PROBLEMS])
    return told


def _told(message: Message, *, doubtful: bool) -> Told:
    """Raises NotHl7v2 where the message does not say of what kind it is."""
    kind = message.kind
    if _KIND.fullmatch(kind) is None:
        raise NotHl7v2("MSH-9", "no message code and trigger, as in ADT^A01")
    kind = kind if "^" in kind else f"{kind}^"
    sent = moment_of(message.header.text(7))
    event = message.first("EVN")
    written = moment_of(event.text(2)) or sent
    start, end = _occurred(message, kind)
    start = start or moment_of(event.text(6)) or written
    end = end if start and end and end.at >= start.at else None
    doubtful_time = any(at is not None and at.doubtful for at in (start, end, written))
    return Told(
        message,
        kind,
        key_of(message.header),
        blake2b("\r".join(message.lines()).encode(), digest_size=16).digest(),
        msgspec.json.encode(message.text),
        start,
        end,
        written,
        sent,
        tuple(_flags(kind, doubtful_time=doubtful_time, doubtful_characters=doubtful)),
    )


def _events(told: Told, inbound: Inbound, max_bytes: int) -> list[CareEvent]:
    """The fact of each patient. Raises Reject where they would be far larger than the message."""
    patients = patients_of(told.message)
    size = len(told.raw)
    if size > max_bytes * LARGEST_FACT or size * len(patients) > max_bytes * LARGEST_FACTS:
        raise _refused(Reason.TOO_LARGE, "PID", "too-long", "too large for a fact of each patient")
    if any(
        len(one.prior) + len(one.linked) + len(one.parted) > MOST_STATEMENTS for one in patients
    ):
        raise _refused(Reason.TOO_LARGE, "MRG-1", "too-long", f"over {MOST_STATEMENTS} identifiers")
    return [_event(told, inbound, part, patient) for part, patient in enumerate(patients)]


def _event(told: Told, inbound: Inbound, part: int, patient: Patient) -> CareEvent:
    subject = of_identifiers(patient, inbound.source) if patient.identifiers else NOBODY
    digest = told.digest.hex()
    start, end, written = told.start, told.end, told.written
    begun = start.at if start and told.kind.startswith("ADT") else None
    stamp = stamped(inbound.received, written.at if written else None, begun, subject)
    thread = indexable(f"{inbound.source}|{_name(told, part, digest)}")
    sent = sortable(told.sent.at) if told.sent else stamp.micros
    order = natural(told.message.control_id)
    return CareEvent(
        event_id(thread, "", told.digest),
        inbound.source,
        inbound.sector,
        told.kind,
        thread,
        f"{stamp.micros:020d}.{sent:020d}.{order}.{digest[:12]}",
        stamp.recorded,
        inbound.received,
        told.control or inbound.message_id,
        msgspec.Raw(told.raw),
        subject.key,
        start.at if start else None,
        end.at if end else None,
        subject.links,
        (*stamp.flags, *told.flags),
        restricted=patient.protected,
        part=part,
    )


def natural(control_id: str) -> str:
    """A control id as a text that sorts by its numbers: 9 before 10; long ones are cut."""
    padded = _DIGITS.sub(
        lambda found: found[0].lstrip("0").zfill(_WIDEST_NUMBER), control_id[:_LONGEST_CONTROL]
    )
    return padded[:_LONGEST_CONTROL]


def _name(told: Told, part: int, digest: str) -> str:
    """The thing that the message is a state of; a message that changes a thing is its own."""
    named = "" if part == 0 else f"#{part}"
    for segment, number in NAMES.get(told.kind[:3], ()):
        value = told.message.first(segment).text(number)
        if value:
            return f"{told.kind[:3]}/{value}{named}"
    # With the content's mark: where a key is used again, the other message is another thing.
    return f"v2/{told.control}/{digest[:12]}{named}"


def _occurred(message: Message, kind: str) -> tuple[Moment | None, Moment | None]:
    """Start and end where this kind of message has places of its own for them."""
    starts, ends = TIMES.get(kind[:3], _NO_TIMES)
    return _first_time(message, starts), _first_time(message, ends)


def _first_time(message: Message, places: Iterable[tuple[str, int, int]]) -> Moment | None:
    for name, number, component in places:
        found = moment_of(message.first(name).text(number, component))
        if found is not None:
            return found
    return None


def _flags(kind: str, *, doubtful_time: bool, doubtful_characters: bool) -> Iterator[str]:
    if doubtful_time:
        yield Flag.DOUBTFUL_TIME
    if doubtful_characters:
        yield Flag.DOUBTFUL_CHARACTERS
    if not is_known(kind):
        yield Flag.UNKNOWN_TRIGGER
