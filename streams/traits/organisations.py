"""What organisations say of themselves: posts (PractitionerRole) and a ward's beds (Location)."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.events import CareEvent
from schemas.fhir.elements import text, values
from schemas.identity import indexable
from streams.traits.elements import code_of, day, extension, instant, without_gaps
from streams.traits.trait import Kind, Trait

Resource = dict[str, Any]

WTE_EXTENSION: Final = "https://throughline.example/fhir/StructureDefinition/whole-time-equivalent"
STAFFED_BEDS_EXTENSION: Final = "https://throughline.example/fhir/StructureDefinition/staffed-beds"


def of_role(event: CareEvent, role: Resource) -> Iterator[Trait]:
    """A post: whose it is, for which service, how much of a whole time, since and until when."""
    period = role.get("period")
    times = period if isinstance(period, dict) else {}
    said = without_gaps(
        practitioner=code_of(role.get("practitioner")),
        organisation=code_of(role.get("organization")) or event.source,
        service=next(filter(None, map(code_of, values(role, "healthcareService"))), None),
        wte=_number(extension(role, WTE_EXTENSION), "valueDecimal"),
        since=day(times.get("start")),
        until=day(times.get("end")),
        active=role.get("active") is not False,
    )
    yield Trait(Kind.ROLE, event.thread, event.subject, said)


def of_location(event: CareEvent, ward: Resource) -> Iterator[Trait]:
    """How many beds of a ward have staff, from when it is said; none in one that is closed."""
    beds = _number(extension(ward, STAFFED_BEDS_EXTENSION), "valueInteger")
    if beds is None or beds < 0:
        return
    said = without_gaps(
        provider=code_of(ward.get("managingOrganization")) or event.source,
        site=code_of(ward.get("partOf")),
        ward=_code(ward),
        beds=0 if ward.get("status") in {"inactive", "suspended"} else beds,
        since=instant(event.recorded),
    )
    yield Trait(Kind.BEDS, event.thread, event.subject, said)


def _code(ward: Resource) -> str:
    """The ward's code, as a visit names it: its first identifier, else its id."""
    found = next(filter(None, map(text, values(ward, "identifier.value"))), "")
    return indexable(found or text(ward.get("id")))


def _number(element: Resource | None, name: str) -> int | float | None:
    value = element.get(name) if element else None
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
