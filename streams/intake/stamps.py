"""When a fact was written down, how far that can be believed, and the id that content gives it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

from schemas.events import Flag
from schemas.times import FIRST_MOMENT, micros
from streams.intake.patients import Subject

# A clock may be a little ahead of ours; a day is no clock's drift.
CLOCK_TOLERANCE = timedelta(days=1)
# Versions count from here: a text of digits sorts as its number only where none is negative.
_FIRST_MICROS = micros(FIRST_MOMENT)


class Stamp(NamedTuple):
    """When the source wrote the fact, also as the number that versions begin with, and flags."""

    recorded: datetime
    micros: int
    flags: tuple[str, ...]


def stamped(
    received: datetime, written: datetime | None, begun: datetime | None, subject: Subject
) -> Stamp:
    """The stamp of a fact. `begun`: since when it says that something is so, if it says.

    A fact from the future, or about it, is flagged and counts as written when it came.
    """
    recorded = written or received
    latest = received + CLOCK_TOLERANCE
    ahead = recorded > latest or (begun is not None and begun > latest)
    recorded = recorded if recorded <= latest else received
    flags = tuple(_flags(subject, written, ahead=ahead))
    return Stamp(recorded, sortable(recorded), flags)


def sortable(at: datetime) -> int:
    """Microseconds since the first moment there is: never negative."""
    return micros(at) - _FIRST_MICROS


def _flags(subject: Subject, written: datetime | None, *, ahead: bool) -> Iterable[str]:
    yield from subject.flags
    if subject.key is None:
        yield Flag.NO_PATIENT
    if written is None:
        yield Flag.NO_RECORDED_TIME
    if ahead:
        yield Flag.CLOCK_AHEAD


def event_id(thread: str, said_outside: str, digest: bytes) -> str:
    """The id of a fact, 32 hex digits: the same for the same thing, content and time of saying."""
    told = f"{thread}\0{said_outside}\0".encode() + digest
    return blake2b(told, digest_size=16).hexdigest()
