"""HL7 v2 messages of January 2026, as facts of RX1."""

from schemas.events import CareEvent
from schemas.topics import ContentType
from tests.builders import events_of


def adt(trigger: str, day: int, *segments: str, hour: int = 10) -> list[CareEvent]:
    """The facts of an HL7 v2 message of that day of January."""
    at = f"202601{day:02}{hour:02}00"
    lines = [
        f"MSH|^~\\&|PAS|RX1|TL|TL|{at}||ADT^{trigger}|{trigger}-{day}-{hour}|P|2.5",
        f"EVN|{trigger}|{at}||||{at}",
        *segments,
    ]
    body = "\r".join(lines).encode()
    return events_of(body, content_type=ContentType.HL7V2)


def pid(number: str) -> str:
    return f"PID|1||{number}^^^RX1^MR||EXAMPLE^ANN||19480229|F"


def pv1(visit: str) -> str:
    return f"PV1|1|I|A||||||||||||||||{visit}"
