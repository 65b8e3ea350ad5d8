"""What a Condition and a Flag say of a person's needs, and of the way out of a bed."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.events import CareEvent
from schemas.fhir.elements import text, values
from schemas.fhir.references import named
from schemas.times import london_date, moment
from streams.traits.elements import (
    COHORTS,
    DISCHARGE,
    ICD_10,
    SNOMED,
    codes_in,
    day,
    instant,
    without_gaps,
)
from streams.traits.trait import Kind, Trait

Resource = dict[str, Any]

_CONDITION_SYSTEMS: Final = frozenset({SNOMED, *ICD_10})
_FLAG_SYSTEMS: Final = frozenset({SNOMED, *ICD_10, COHORTS, DISCHARGE})
_OVER: Final = frozenset({"inactive", "remission", "resolved"})
# Source: FHIR R4, condition-ver-status: all but `confirmed`, which is also what is not said.
_NOT_SURE: Final = frozenset({"unconfirmed", "provisional", "differential", "refuted"})
_ENCOUNTER: Final = len("|Encounter/")


def of_condition(event: CareEvent, condition: Resource) -> Iterator[Trait]:
    """A condition by its codes, with its days; nothing where it has no code that is known."""
    found = codes_in(condition, "code", _CONDITION_SYSTEMS)
    statuses = set(values(condition, "verificationStatus.coding.code"))
    said = without_gaps(
        codes=found,
        since=_begun(condition),
        until=_ended(event, condition),
        holds=False if statuses & _NOT_SURE else None,
    )
    if found:
        yield Trait(Kind.CONDITION, event.thread, event.subject, said)


def _begun(condition: Resource) -> str | None:
    """The day of its onset, else the day on which somebody wrote that it is there."""
    onset = day(condition.get("onsetDateTime")) or day(_period(condition, "onsetPeriod", "start"))
    return onset or day(condition.get("recordedDate"))


def _ended(event: CareEvent, condition: Resource) -> str | None:
    """The day of its end; where only the end is said, the day on which that was written."""
    known = day(condition.get("abatementDateTime"))
    known = known or day(_period(condition, "abatementPeriod", "end"))
    if known is None and _OVER.intersection(values(condition, "clinicalStatus.coding.code")):
        return london_date(event.recorded).isoformat()
    return known


def of_flag(event: CareEvent, flag: Resource) -> Iterator[Trait]:
    """A flag by its codes, with its moments; nothing where it has no code that is known."""
    found = codes_in(flag, "code", _FLAG_SYSTEMS)
    until = moment(_period(flag, "period", "end"))
    if until is None and flag.get("status") == "inactive":
        until = event.recorded
    said = without_gaps(
        codes=found,
        category=next(map(text, values(flag, "category.coding.code")), None),
        since=instant(moment(_period(flag, "period", "start"))),
        until=instant(until),
        visit=_visit(event, flag),
    )
    if found:
        yield Trait(Kind.FLAG, event.thread, event.subject, said)


def _visit(event: CareEvent, flag: Resource) -> str | None:
    """The source's own number of the visit that a flag is about."""
    found = named(flag.get("encounter"), flag, event)
    if found.kind != "Encounter" or found.thread is None:
        return None
    return found.thread[len(event.source) + _ENCOUNTER :]


def _period(resource: Resource, name: str, end: str) -> object:
    period = resource.get(name)
    return period.get(end) if isinstance(period, dict) else None
