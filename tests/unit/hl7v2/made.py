"""Small HL7 v2 messages with defaults, and generated ones; a test names only what it is about."""

from collections.abc import Mapping

from hypothesis import strategies as st

from schemas.hl7v2 import Message, Segment, parse

SEPARATORS = "|^~\\&"
EVENT, WRITTEN, SENT = "20260201090000+0000", "20260201090100+0000", "20260201090200+0000"


def line(name: str, fields: Mapping[int, str], separator: str = "|") -> str:
    """A segment by its fields' numbers; those that are not named are empty."""
    last = max(fields, default=0)
    return separator.join([name, *(fields.get(number, "") for number in range(1, last + 1))])


def msh(kind: str = "ADT^A01", fields: Mapping[int, str] | None = None) -> str:
    """An MSH segment with the usual separators."""
    said = {3: "PAS", 4: "RX1", 7: SENT, 9: kind, 10: "M1", 11: "P", 12: "2.4", **(fields or {})}
    # MSH-1 is the separator itself, so the fields begin one later.
    return line("MSH", {number - 1: text for number, text in ({2: "^~\\&"} | said).items()})


def evn(trigger: str = "A01", fields: Mapping[int, str] | None = None) -> str:
    return line("EVN", {1: trigger, 2: WRITTEN, 6: EVENT, **(fields or {})})


def pid(identifier: str = "1001^^^PAS^MR", fields: Mapping[int, str] | None = None) -> str:
    return line("PID", {3: identifier, 5: "SURNAME^GIVEN", 7: "19480229", 8: "F", **(fields or {})})


def pv1(place: str = "W1^R1^B1^SITE", fields: Mapping[int, str] | None = None) -> str:
    return line("PV1", {2: "I", 3: place, 19: "V1", **(fields or {})})


def adt(trigger: str = "A01", *segments: str, **header: str) -> str:
    """An ADT message: header and event, then the segments given, else one patient and visit."""
    fields = {int(name.removeprefix("msh_")): text for name, text in header.items()}
    rest = segments or (pid(), pv1())
    return "\r".join([msh(f"ADT^{trigger}", fields), evn(trigger), *rest])


def parsed(*segments: str) -> Message:
    """A message with these segments after its header."""
    return parse("\r".join([msh(), *segments]))


def segment(text: str, separators: str = SEPARATORS) -> Segment:
    return Segment(text, separators)


def signs() -> st.SearchStrategy[str]:
    """Five or six different signs that can separate, in the order that `Segment` has them."""
    usable = "|^~\\&#!$%*+:;<=>?@/_{}§¶¦"
    return st.lists(st.sampled_from(usable), min_size=5, max_size=6, unique=True).map("".join)
