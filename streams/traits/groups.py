"""What a Group says of who belongs to a target group: the register that somebody keeps."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from schemas.events import CareEvent
from schemas.fhir.elements import codes, text, values
from schemas.fhir.references import key_of
from schemas.times import london_date
from streams.intake.references import Context
from streams.intake.subjects import of_reference, of_thread
from streams.traits.elements import COHORTS, day, without_gaps
from streams.traits.trait import Kind, Trait

Resource = dict[str, Any]

_PERSON: Final = "person"


def of_group(event: CareEvent, group: Resource) -> Iterator[Trait]:
    """Each member of a group of people who are really listed; nothing where nobody is."""
    cohort = _cohort(group)
    if not cohort or group.get("type") != _PERSON or group.get("actual") is not True:
        return
    if group.get("active") is False:
        return
    told, context = dict(event.references), Context(event.source).within(group)
    for member in values(group, "member"):
        subject = _subject(member.get("entity"), told, context)
        if subject:
            yield Trait(Kind.GROUP, event.thread, subject, _said(event, cohort, member))


def _cohort(group: Resource) -> str:
    """The group's code where it has one of ours, else its name."""
    ours = (code for system, code in sorted(codes(group.get("code"))) if system == COHORTS)
    return next(ours, text(group.get("name")))


def _said(event: CareEvent, cohort: str, member: Resource) -> dict[str, Any]:
    period = member.get("period")
    times = period if isinstance(period, dict) else {}
    until = day(times.get("end"))
    if until is None and member.get("inactive") is True:
        until = london_date(event.recorded).isoformat()
    return without_gaps(cohort=cohort, since=day(times.get("start")), until=until)


def _subject(reference: object, told: Mapping[str, str], context: Context) -> str | None:
    """The identity of a member: by what its message told of the reference, else by its words."""
    if not isinstance(reference, dict):
        return None
    thread = told.get(key_of(reference))
    if thread is not None:
        return of_thread(thread, context.source)
    return of_reference(reference, context).key
