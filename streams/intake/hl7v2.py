"""An HL7 v2 message as care events: one fact for each patient that it names."""

import re
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from schemas.errors import Problem, Reason, Reject
from schemas.events import CareEvent, Flag
from schemas.hl7v2 import Message, Moment, NotHl7v2, characters_of, messages_in, moment_of
from schemas.hl7v2.patients import Patient, patients_of
from schemas.hl7v2.triggers import is_known
from schemas.identity import indexable
from schemas.inbound import Inbound
from streams.intake.stamps import event_id, sortable, stamped
from streams.intake.subjects import NOBODY, of_identifiers

_KIND = re.compile(r"[A-Z][A-Z0-9]{2}\^?[A-Z0-9]{0,3}")
_DIGITS = re.compile(r"\d+")
_WIDEST_NUMBER = 20
# Where the thing that a message is about has a name, and each message tells its whole state.
NAMES = {
    "SIU": (("SCH", 2), ("SCH", 1)),
    "REF": (("RF1", 6), ("RF1", 11)),
    "MDM": (("TXA", 12),),
}
# What each kind of message says of when the thing happened: start, end.
TIMES: dict[str, tuple[tuple[tuple[str, int, int], ...], tuple[tuple[str, int, int], ...]]] = {
    "SIU": (
        (("TQ1", 7, 1), ("SCH", 11, 4), ("AIS", 4, 1), ("AIL", 6, 1)),
        (("TQ1", 8, 1), ("SCH", 11, 5)),
    ),
    "REF": ((("RF1", 9, 1), ("RF1", 7, 1)), ()),
    "MDM": ((("TXA", 4, 1), ("TXA", 6, 1)), ()),
    "ORU": ((("OBR", 7, 1), ("OBX", 14, 1)), ()),
    "ORM": ((("ORC", 9, 1), ("OBR", 6, 1)), ()),
}
_NO_TIMES: tuple[tuple[()], tuple[()]] = ((), ())
EVENT_TIMES = (("EVN", 6, 1), ("EVN", 2, 1), ("MSH", 7, 1))


class Told(NamedTuple):
    """What a message says of itself, for each of its facts alike."""

    message: Message
    kind: str
    control: str
    digest: bytes
    doubtful: bool


def read(message: Inbound) -> list[CareEvent]:
    """The facts in a message or in a batch of them, in order, at least one. Raises Reject."""
    characters = characters_of(message.body)
    if "\0" in characters.text:
        problem = Problem("", "value", "a text holds the character U+0000")
        raise Reject(Reason.NUL_CHARACTER, [problem])
    try:
        found = messages_in(characters.text)
    except NotHl7v2 as error:
        raise _refused(error.where, error.text) from None
    told = [_told(one, doubtful=characters.doubtful) for one in found]
    return [event for one in told for event in _events(one, message)]


def _refused(where: str, text: str) -> Reject:
    return Reject(Reason.NOT_HL7V2, [Problem(where, "structure", text)])


def _told(message: Message, *, doubtful: bool) -> Told:
    kind = message.kind or _by_event(message)
    if _KIND.fullmatch(kind) is None:
        raise _refused("MSH-9", "no message code and trigger, as in ADT^A01")
    digest = blake2b("\r".join(message.lines()).encode(), digest_size=16).digest()
    return Told(message, kind if "^" in kind else f"{kind}^", control_of(message), digest, doubtful)


def _by_event(message: Message) -> str:
    """The kind of a message without MSH-9: only ADT has a segment that names the trigger."""
    trigger = message.first("EVN").text(1)
    return f"ADT^{trigger}" if trigger else ""


def control_of(message: Message) -> str:
    """The name that its sender gives a message: (MSH-3, MSH-4, MSH-10); empty without MSH-10.

    Source: definitions, section 2.
    """
    if not message.control_id:
        return ""
    header = message.header
    return indexable(f"{header.text(3)}|{header.text(4)}|{message.control_id}")


def _events(told: Told, inbound: Inbound) -> Iterator[CareEvent]:
    for number, patient in enumerate(patients_of(told.message)):
        yield _event(told, inbound, number, patient)


def _event(told: Told, inbound: Inbound, part: int, patient: Patient) -> CareEvent:
    subject = of_identifiers(patient, inbound.source) if patient.identifiers else NOBODY
    message, digest = told.message, told.digest.hex()
    start, end = _occurred(message, told.kind)
    written = _first_time(message, (("EVN", 2, 1), ("MSH", 7, 1)))
    begun = start.at if start and told.kind.startswith("ADT") else None
    stamp = stamped(inbound.received, written.at if written else None, begun, subject)
    thread = indexable(f"{inbound.source}|{_name(told, part, digest)}")
    sent = moment_of(message.header.text(7))
    return CareEvent(
        event_id(thread, "", told.digest),
        inbound.source,
        inbound.sector,
        told.kind,
        thread,
        f"{stamp.micros:020d}.{_sent(sent, stamp.micros):020d}.{natural(message.control_id)}"
        f".{digest[:12]}",
        stamp.recorded,
        inbound.received,
        told.control or inbound.message_id,
        msgspec.Raw(msgspec.json.encode(message.text)),
        subject.key,
        start.at if start else None,
        end.at if end else None,
        subject.links,
        (*stamp.flags, *_flags(told, (start, end, written))),
        restricted=patient.protected,
        part=part,
    )


def _sent(sent: Moment | None, otherwise: int) -> int:
    return sortable(sent.at) if sent else otherwise


def natural(control_id: str) -> str:
    """A control id as a text that sorts by its numbers: 9 before 10; long ones are cut."""
    return _DIGITS.sub(lambda found: found[0].lstrip("0").zfill(_WIDEST_NUMBER), control_id)[:80]


def _name(told: Told, part: int, digest: str) -> str:
    """The thing that the message is a state of; a message that changes a thing is its own."""
    named = "" if part == 0 else f"#{part}"
    for segment, number in NAMES.get(told.kind[:3], ()):
        value = told.message.first(segment).text(number)
        if value:
            return f"{told.kind[:3]}/{value}{named}"
    return f"v2/{told.control or digest}{named}"


def _occurred(message: Message, kind: str) -> tuple[Moment | None, Moment | None]:
    starts, ends = TIMES.get(kind[:3], _NO_TIMES)
    start = _first_time(message, starts) or _first_time(message, EVENT_TIMES)
    end = _first_time(message, ends)
    return start, end if start and end and end.at >= start.at else None


def _first_time(message: Message, places: Iterable[tuple[str, int, int]]) -> Moment | None:
    for name, number, component in places:
        found = moment_of(message.first(name).text(number, component))
        if found is not None:
            return found
    return None


def _flags(told: Told, times: Iterable[Moment | None]) -> Iterator[str]:
    if any(at is not None and at.doubtful for at in times):
        yield Flag.DOUBTFUL_TIME
    if told.doubtful:
        yield Flag.DOUBTFUL_CHARACTERS
    if not is_known(told.kind):
        yield Flag.UNKNOWN_TRIGGER
