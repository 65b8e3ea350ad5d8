"""A fact of a person as the story reads it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from schemas.events import CareEvent
from schemas.times import moment
from streams.timeline.mistaken import is_mistaken

Resource = dict[str, Any]

# Statuses with which a source says that a thing counts no more.
OVER = frozenset(
    "inactive completed finished cancelled revoked rejected stopped superseded "  # noqa: SIM905
    "entered-in-error draft proposed planned waitlist suspended resolved".split()
)


class Fact(NamedTuple):
    """A fact, and its resource (empty for HL7 v2). `struck`: mistaken, or deleted at its source."""

    event: CareEvent
    resource: Resource
    struck: bool = False


def fact_of(event: CareEvent, *, gone: bool = False) -> Fact:
    """The fact of an event. `gone`: a later fact of its thread takes it from the person."""
    resource = {} if event.is_hl7v2 else event.parsed()
    return Fact(event, resource, gone or event.deleted or is_mistaken(resource))


def in_order(facts: Iterable[Fact]) -> list[Fact]:
    """The facts, each once, the latest written first, in one order however they come."""
    once = {fact.event.id: fact for fact in facts}.values()
    return sorted(once, key=_written, reverse=True)


def _written(fact: Fact) -> tuple[datetime, str, str]:
    return fact.event.recorded, fact.event.version, fact.event.id


def sound(facts: Iterable[Fact], *kinds: str) -> list[Fact]:
    """The facts of these kinds that are not struck, the latest written first."""
    return in_order(fact for fact in facts if fact.event.kind in kinds and not fact.struck)


def since(element: Resource, otherwise: datetime | None) -> datetime | None:
    """The start of an element's period."""
    return moment(_period(element).get("start")) or otherwise


def until(element: Resource) -> datetime | None:
    """The end of an element's period; None where it has none."""
    return moment(_period(element).get("end"))


def _period(element: Resource) -> Resource:
    period = element.get("period")
    return period if isinstance(period, dict) else {}


def is_current(resource: Resource, at: datetime) -> bool:
    """True where neither its status nor its period says that it is over, or not yet begun."""
    begun, ended = since(resource, None), until(resource)
    if resource.get("status") in OVER:
        return False
    return (begun is None or begun <= at) and (ended is None or at < ended)
