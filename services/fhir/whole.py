"""What of a whole record is asked for: the parameters of `$everything`. Pure.

Source: FHIR R4, Patient-everything.
"""

from datetime import datetime
from typing import NamedTuple

from services.fhir.asking import (
    AFTER,
    NO_DATE,
    UNKNOWN,
    USUAL,
    Pairs,
    address,
    at_least_one,
    read,
    refused,
)
from services.fhir.parameters import PATIENT
from services.fhir.spans import ALWAYS, Span, span_of


class Whole(NamedTuple):
    """A page of a whole record. `types`: None for all; `since`: what became known after that.

    `span`: what happened in that time. `used`: what was understood, for addresses.
    """

    types: frozenset[str] | None = None
    since: datetime | None = None
    span: Span = ALWAYS
    limit: int = USUAL
    after: str | None = None
    used: tuple[tuple[str, str], ...] = ()

    @property
    def has_patient(self) -> bool:
        """Whether the one Patient of the person is asked for."""
        return self.types is None or PATIENT in self.types

    def takes(self, kind: str, known_at: datetime) -> bool:
        """Whether a thing of that type, its state known since then, is asked for.

        Since it became known here, not since its source wrote it: what comes late is not missed.
        """
        is_type = self.types is None or kind in self.types
        return is_type and (self.since is None or known_at > self.since)

    def address(self, person: str, after: str | None) -> str:
        """A page of the record as an address below the server's."""
        return address(f"{PATIENT}/{person}/$everything", self.used, after)


def whole_of(pairs: Pairs, *, lenient: bool = False) -> Whole:
    """What is asked. Raises NotAsked."""
    return read(Whole(), pairs, _with, lenient=lenient)


def _with(asked: Whole, name: str, value: str) -> Whole:
    return _taken(asked, name, value)._replace(used=(*asked.used, (name, value)))


def _taken(asked: Whole, name: str, value: str) -> Whole:
    match name:
        case "_type":
            return asked._replace(types=frozenset(value.split(",")) | (asked.types or frozenset()))
        case "_since":
            return asked._replace(since=_span(name, value).start)
        case "start":
            return asked._replace(span=Span(_span(name, value).start, asked.span.end))
        case "end":
            return asked._replace(span=Span(asked.span.start, _span(name, value).end))
        case "_count":
            return asked._replace(limit=at_least_one(value))
        case _ if name == AFTER:
            return asked._replace(after=value)
    raise refused(name, "is not supported for $everything: see the metadata", UNKNOWN)


def _span(name: str, value: str) -> Span:
    # A plus that nobody encoded is read as a space.
    found = span_of(value.replace(" ", "+"))
    if found is None:
        raise refused(name, NO_DATE)
    return found
