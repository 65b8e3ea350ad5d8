"""What resources say, for the tests of traits."""

from typing import Any

from streams.traits.read import traits_of
from streams.traits.trait import Kind, Trait
from tests.builders import event_of

Json = dict[str, Any]

WRITTEN = {"lastUpdated": "2026-02-03T23:30:00Z", "versionId": "1"}
SNOMED = "http://snomed.info/sct"
DISCHARGE = "https://throughline.example/fhir/CodeSystem/discharge"
COHORTS = "https://throughline.example/fhir/CodeSystem/cohort"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"
PERSON = {"reference": "Patient/p1"}


def traits(kind: str, **elements: Any) -> tuple[Trait, ...]:
    """What a resource of RX1, written on the third of February 2026, says."""
    made = {"resourceType": kind, "id": "x1", "meta": WRITTEN, **elements}
    return traits_of(event_of({name: value for name, value in made.items() if value is not None}))


def is_nothing(found: tuple[Trait, ...]) -> bool:
    return [(trait.kind, dict(trait.said)) for trait in found] == [(Kind.NOTHING, {})]


def coded(system: str, *codes: str) -> Json:
    return {"coding": [{"system": system, "code": code} for code in codes]}
