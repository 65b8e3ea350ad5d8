"""Which looks at a person's record a search of AuditEvents asks for. Pure."""

from functools import partial
from typing import NamedTuple
from uuid import UUID

from services.fhir.asking import (
    AFTER,
    NO_DATE,
    UNKNOWN,
    USUAL,
    Pairs,
    address,
    at_least_one,
    patient_named,
    read,
    refused,
)
from services.fhir.parameters import AUDIT_EVENT
from services.fhir.spans import ALWAYS, Span, bound_of


class Looks(NamedTuple):
    """A page of the looks in a time, newest first. `used`: what was understood, for addresses."""

    patient: UUID | None = None
    span: Span = ALWAYS
    limit: int = USUAL
    after: str | None = None
    used: tuple[tuple[str, str], ...] = ()

    def address(self, after: str | None) -> str:
        """A page of them as an address below the server's."""
        return address(AUDIT_EVENT, self.used, after)


def looks_of(pairs: Pairs, *, lenient: bool = False, base: str = "") -> tuple[UUID, Looks]:
    """Whose record was looked at, since each is decided, and which looks. Raises NotAsked."""
    asked = read(Looks(), pairs, partial(_with, base=base), lenient=lenient)
    if asked.patient is None:
        raise refused("patient", "say whose record: the id of one Patient", "required")
    return asked.patient, asked


def _with(asked: Looks, name: str, value: str, *, base: str) -> Looks:
    return _taken(asked, name, value, base)._replace(used=(*asked.used, (name, value)))


def _taken(asked: Looks, name: str, value: str, base: str) -> Looks:
    match name:
        case "patient":
            return asked._replace(patient=patient_named(asked.patient, name, value, base))
        case "date":
            return asked._replace(span=asked.span.within(_moments(name, value)))
        case "_count":
            return asked._replace(limit=at_least_one(value))
        case _ if name == AFTER:
            return asked._replace(after=value)
    raise refused(name, f"is not supported for {AUDIT_EVENT}: see the metadata", UNKNOWN)


def _moments(name: str, value: str) -> Span:
    bound = bound_of(value)
    if bound is None:
        raise refused(name, NO_DATE)
    moments = bound.moments()
    if moments is None:
        raise refused(name, "every prefix but ne", UNKNOWN)
    return moments
