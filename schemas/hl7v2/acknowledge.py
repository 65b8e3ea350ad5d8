"""The answer to an HL7 v2 message: an ACK in its sender's own signs (HL7 v2.8, chapter 2)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from schemas.errors import Problem
from schemas.hl7v2.escapes import NEVER, escaped
from schemas.hl7v2.message import DEFAULT_SEPARATORS, Segment

# Where nothing of a message could be read, not even how it writes.
NO_HEADER = Segment("MSH|^~\\&|||||||||P|2.5.1", DEFAULT_SEPARATORS)
# From here on ERR has a field for each thing that it says; before, all of it is in ERR-1.
FIRST_WITH_ERR_FIELDS = (2, 5)
# The fields for whose values alone an enhanced answer is CR; everything else is CE.
CR_FIELDS = frozenset({("MSH", "9"), ("MSH", "11"), ("MSH", "12")})
HL7_ERRORS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "104": "Value too long",
    "200": "Unsupported message type",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "207": "Application internal error",
}
_BY_FIELD = {("MSH", "9"): "200", ("MSH", "11"): "202", ("MSH", "12"): "203"}
_BY_CODE = {
    "structure": "100",
    "required": "101",
    "value": "102",
    "invalid": "102",
    "code-invalid": "103",
    "too-long": "104",
    "not-supported": "200",
}
_VERSION = re.compile(r"(\d+)\.(\d+)")
_PATH = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\.(\d+))?)?")
# What ends a line or a frame, and what is no text. ESC switches the characters of some sets.
_CONTROLS = re.compile(r"[\x00-\x1a\x1c-\x1f\x7f]")


class Verdict(StrEnum):
    """What became of a message; the letter is the second one of MSA-1.

    `ERROR`: kept, but it can never become a fact. `REJECT`: not kept; its sender must send it
    again, or mend it.
    """

    ACCEPT = "A"
    ERROR = "E"
    REJECT = "R"


class Said(NamedTuple):
    """What is to be told of a message. `problems`: none where it was taken."""

    verdict: Verdict
    problems: Sequence[Problem] = ()
    reason: str = ""


def is_acknowledgement(header: Segment) -> bool:
    """Whether the message is itself an answer: answering it would never end."""
    return header.text(9) in {"ACK", "MCF"}


def acknowledge(header: Segment | None, said: Said, own_id: str, at: datetime) -> str | None:
    """The ACK; None where its sender wants none (MSH-15, MSH-16). At most one for a message.

    `header` is None where none could be read. `own_id` becomes MSH-10, at most 20 characters.
    What is echoed is verbatim, but for control characters: those would end the frame.
    """
    header = header or NO_HEADER
    code = _code(header, said)
    if code is None:
        return None
    lines = [_header(header, own_id, at), _answer(header, code, said)]
    lines += [_error(header, problem, said.reason) for problem in said.problems]
    # A separator that its sender has no sign for is none in the answer either.
    return "".join(f"{line}\r" for line in lines).replace(NEVER, " ")


def _code(header: Segment, said: Said) -> str | None:
    """MSA-1. Without MSH-15 and MSH-16 the original mode; with them accept before application.

    An accept acknowledgement tells what an application's would: a message is read before it is
    kept. So there is never a second answer, on which a sender that counts answers would trip.
    """
    accept, application = header.text(15).upper(), header.text(16).upper()
    is_original = not (accept or application)
    if not is_original and _is_due(accept, said.verdict):
        return _accept_code(said)
    if is_original or _is_due(application, said.verdict):
        return f"A{said.verdict}"
    return None


def _is_due(condition: str, verdict: Verdict) -> bool:
    """HL7 table 0155. What is no value of it asks for an answer: one too many harms nobody."""
    if condition in {"", "NE"}:
        return False
    if condition in {"ER", "SU"}:
        return (condition == "SU") is (verdict is Verdict.ACCEPT)
    return True


def _accept_code(said: Said) -> str:
    if said.verdict is Verdict.ACCEPT:
        return "CA"
    places = [_place(problem.path) for problem in said.problems]
    return "CR" if any(place.field_of in CR_FIELDS for place in places) else "CE"


def _header(header: Segment, own_id: str, at: datetime) -> str:
    field, component = header.separators[0], header.separators[1]
    trigger = header.text(9, 2)
    kind = component.join(("ACK", trigger, "ACK")) if trigger.isalnum() else "ACK"
    fields = [
        f"MSH{header.separators.replace(NEVER, '')}",
        *(_echo(header.field(number)) for number in (5, 6, 3, 4)),
        at.astimezone(UTC).strftime("%Y%m%d%H%M%S.%f")[:-3] + "+0000",
        "",
        kind,
        own_id,
        *(_echo(header.field(number)) for number in (11, 12)),
        *[""] * 5,
        _echo(header.field(18)),
    ]
    return field.join(fields).rstrip(field)


def _answer(header: Segment, code: str, said: Said) -> str:
    fields = ["MSA", code, _echo(header.field(10))]
    if said.problems and _is_old(header):
        fields.append(escaped(said.problems[0].text, header.separators))
    return header.separators[0].join(fields)


def _error(header: Segment, problem: Problem, reason: str) -> str:
    """ERR for one problem: 2 where, 3 HL7's code, 4 severity, 5 our own code, 7 in words."""
    field, component, _, _, subcomponent, *_ = tuple(header.separators)
    place = _place(problem.path)
    number = _error_code(problem, place)
    coded = (number, HL7_ERRORS[number], "HL70357")
    if _is_old(header):
        # ELD: segment, sequence, field, code. One component is a code with its own parts.
        eld = (place.segment, place.sequence, place.field, subcomponent.join(coded))
        return field.join(("ERR", component.join(eld)))
    erl = (*place[:3], "1" if place.field else "", place.component)
    fields = (
        "ERR",
        "",
        component.join(erl).rstrip(component),
        component.join(coded),
        "E",
        component.join((escaped(reason, header.separators), "", "L")) if reason else "",
        "",
        escaped(problem.text, header.separators),
    )
    return field.join(fields)


class _Place(NamedTuple):
    """Where a problem is, in HL7's own terms; empty where it is of the whole message."""

    segment: str = ""
    sequence: str = ""
    field: str = ""
    component: str = ""

    @property
    def field_of(self) -> tuple[str, str]:
        return self.segment, self.field


def _place(path: str) -> _Place:
    """`PID-3.4`, `MSH[2]-9` (of the second message of a batch)."""
    found = _PATH.fullmatch(path)
    if found is None:
        return _Place()
    segment, sequence, field, component = found.groups("")
    return _Place(segment, sequence or "1", field, component)


def _error_code(problem: Problem, place: _Place) -> str:
    """HL7 table 0357, by the field that is wrong, else by what is wrong."""
    if place.field_of in _BY_FIELD:
        return _BY_FIELD[place.field_of]
    if problem.code == "structure" and place.field:
        return "102"  # a field, not an order of segments
    return _BY_CODE.get(problem.code, "207")


def _is_old(header: Segment) -> bool:
    said = _VERSION.match(header.text(12))
    return said is None or (int(said[1]), int(said[2])) < FIRST_WITH_ERR_FIELDS


def _echo(text: str) -> str:
    return _CONTROLS.sub("", text)
