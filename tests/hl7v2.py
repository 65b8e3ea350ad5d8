"""Small HL7 v2 messages with defaults; a test names only what it is about."""

from itertools import count

from schemas.events import CareEvent
from schemas.topics import ContentType
from tests.builders import events_of

_numbers = count(1)


def adt(
    trigger: str,
    at: str,
    *,
    written: str | None = None,
    control: str | None = None,
    visit: str = "V1",
    ward: str = "W1",
    prior: str = "",
    patient: str = "p1^^^RX1^MR",
    patient_class: str = "I",
    admitted: str = "",
    discharged: str = "",
    planned: str = "",
    named: bool = True,
    more: str = "",
) -> bytes:
    """An ADT message of an event at a time (YYYYMMDDHHMM), written then unless said otherwise.

    `named`: EVN-6 says the time of the event; without it only EVN-2 does. `more`: segments.
    """
    written = written or at
    control = control or f"C{next(_numbers)}"
    visit_fields = ["PV1", "1", patient_class, f"{ward}^^^S1" if ward else "", "", ""]
    visit_fields += [f"{prior}^^^S1" if prior else "", *[""] * 12, visit, *[""] * 24]
    lines = [
        f"MSH|^~\\&|PAS|RX1|||{written}||ADT^{trigger}|{control}|P|2.5",
        f"EVN|{trigger}|{written}|{planned}|||{at if named else ''}",
        f"PID|1||{patient}||DOE^JANE||19480229|F",
        "|".join(visit_fields) + f"|{admitted}|{discharged}",
    ]
    return ("\r".join([*lines, *([more] if more else [])]) + "\r").encode()


def told(*messages: bytes, source: str = "RX1") -> list[CareEvent]:
    """What intake reads in the messages, one after the other."""
    return [
        event
        for message in messages
        for event in events_of(message, content_type=ContentType.HL7V2, source=source)
    ]
