"""Reading an HL7 v2 message into a fact, beside the `hl7` library and beside splitting it only."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import hl7

from schemas.inbound import Inbound
from schemas.topics import ContentType
from streams.intake.read import Limits, read

OURS, LIBRARY, SPLIT = "read", "hl7.parse", "split"
MESSAGES, ROUNDS = 5_000, 10
_LIMITS = Limits(max_bytes=10 * 1024 * 1024, max_depth=64)
_FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)

Bodies = Sequence[bytes]


def typical(number: int) -> bytes:
    """An admission as most systems send it, about 650 bytes; each has its own times and numbers."""
    return "\r".join(_segments(number)).encode()


def large(number: int) -> bytes:
    """An admission with what often goes with it, about 3 kB."""
    more = [
        *(_contact(serial) for serial in range(1, 5)),
        *(_observation(serial) for serial in range(1, 12)),
        *(f"AL1|{n}|DA|372687004^Amoxicillin^SCT|MO|Rash on both arms" for n in range(1, 5)),
        *(f"DG1|{n}|I10|J18.{n}^Pneumonia, organism unspecified^I10|||W" for n in range(1, 5)),
        *(f"ZXA|{n}|local^^value|free text of a local segment|20260101" for n in range(1, 5)),
    ]
    return "\r".join([*_segments(number), *more]).encode()


def _segments(number: int) -> list[str]:
    at = f"{_FIRST + timedelta(seconds=61 * number):%Y%m%d%H%M%S}"
    doctor = "C1234567^CONSULTANT^CHRIS^^^DR^^^GMC"
    return [
        f"MSH|^~\\&|PAS|RX1|TIE|RX1|{at}||ADT^A01^ADT_A01|{number}|P|2.4|||AL|NE|GBR|UNICODE UTF-8",
        f"EVN|A01|{at}|||USER{number % 40}|{at}",
        f"PID|1||{number}^^^RX1^MR~999{number:07d}^^^NHS^NH||SURNAME{number}^GIVEN^MIDDLE^^MRS^^L||"
        f"19{number % 80 + 10}0229|F||A^White British^ETH|1 HIGH STREET^^LEEDS^^LS1 1AA^GBR^H||"
        "0113 496 0000^PRN^PH~07700 900000^PRN^CP|||M||||||||||||||||||01",
        f"PD1|||PRACTICE ROAD SURGERY^^B8600{number % 9}|G1234567^GP^GERALD^^^DR^^^GMC",
        f"PV1|1|I|W{number % 30}^BAY {number % 6}^BED {number % 4}^RX1|21||W{number % 7}|{doctor}|"
        f"{doctor}||300|||||||{doctor}||{number}^^^RX1^VN|||||||||||||||||||||||||{at}",
        "PV2|||^Pneumonia||||||||3|||||||||||||N",
    ]


def _contact(serial: int) -> str:
    return (
        f"NK1|{serial}|RELATIVE{serial}^RAY^^^MR|SPO^Spouse^HL70063|1 HIGH STREET^^LEEDS^^LS1 1AA|"
        "0113 496 0000|0113 496 0001|N^Next of kin"
    )


def _observation(serial: int) -> str:
    return (
        f"OBX|{serial}|NM|8867-4^Heart rate^LN||{60 + serial}|/min^beats a minute^UCUM|60-100|N|||"
        "F|||20260101090000|RX1|N123^NURSE^NAT"
    )


def _read(bodies: Bodies) -> None:
    for body in bodies:
        read(Inbound(body, "RX1", "acute", ContentType.HL7V2, "m", _FIRST), _LIMITS)


def _parse(bodies: Bodies) -> None:
    for body in bodies:
        hl7.parse(body.decode())


def _split(bodies: Bodies) -> None:
    """What any reading must do at least: the segments and their fields."""
    for body in bodies:
        for line in body.decode().split("\r"):
            line.split("|")


CONTENDERS: dict[str, tuple[Callable[[Bodies], None], int]] = {
    OURS: (_read, 1),
    # As many messages as take about as long.
    LIBRARY: (_parse, 20),
    SPLIT: (_split, 1),
}


def run_once(make: Callable[[int], bytes], messages: int) -> dict[str, float]:
    """Microseconds of processor time for a message by each contender, one after the other."""
    found = {}
    for name, (run, fewer) in CONTENDERS.items():
        count = max(messages // fewer, 1)
        bodies = [make(number) for number in range(count)]
        begun = time.process_time_ns()
        run(bodies)
        found[name] = (time.process_time_ns() - begun) / count / 1000
    return found
