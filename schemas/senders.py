"""Who may send over MLLP, which has no token: what a message says of its sender, as a source."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.events import Sector
from schemas.hl7v2 import Segment


class Sender(NamedTuple):
    """The organisation (ODS code) that a sending system's messages come from, and its sector."""

    source: str
    sector: str = Sector.UNKNOWN


def senders(said: object) -> object:
    """`RX1=RX1:acute, APP|GHH=RX2` as {"RX1": ..., "APP|GHH": ...}; what is no text as it is.

    Raises ValueError with the entry that cannot be read.
    """
    if not isinstance(said, str):
        return said
    return dict(_entry(entry.strip()) for entry in said.split(",") if entry.strip())


def _entry(text: str) -> tuple[str, Sender]:
    facility, _, organisation = text.rpartition("=")
    source, _, sector = (part.strip() for part in organisation.partition(":"))
    if not facility.strip() or not source:
        raise ValueError(f"{text!r} is not written as FACILITY=ODS:SECTOR")
    if sector and sector not in set(Sector):
        raise ValueError(f"{text!r} names no sector: {', '.join(Sector)}")
    return facility.strip(), Sender(source, sector or Sector.UNKNOWN)


def sender_of(header: Segment, known: Mapping[str, Sender], *, anyone: bool) -> Sender | None:
    """Whose message it is, by MSH-3 and MSH-4, else by MSH-4; None where that is nobody known.

    `anyone`: where no sender is known at all, MSH-4 itself is the source.
    """
    application, facility = header.text(3), header.text(4)
    found = known.get(f"{application}|{facility}") or known.get(facility)
    if found is None and anyone and not known and facility:
        return Sender(facility)
    return found
