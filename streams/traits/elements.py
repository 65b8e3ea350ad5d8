"""What the readers of traits read in FHIR elements: days, codes, extensions, who is named."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

from schemas.fhir.elements import codes, text, values
from schemas.identity import indexable
from schemas.times import london_date, moment

Resource = dict[str, Any]

SNOMED: Final = "http://snomed.info/sct"
# By its address and by its object identifier.
ICD_10: Final = ("http://hl7.org/fhir/sid/icd-10", "urn:oid:2.16.840.1.113883.6.3")
COHORTS: Final = "https://throughline.example/fhir/CodeSystem/cohort"
DISCHARGE: Final = "https://throughline.example/fhir/CodeSystem/discharge"
_DATE_LENGTH: Final = len("2026-01-31")


def without_gaps(**said: Any) -> dict[str, Any]:
    """What is said: what is None or an empty text is not."""
    return {key: value for key, value in said.items() if value is not None and value != ""}


def day(value: object) -> str | None:
    """The London day of a FHIR date or time; None where the day is not said."""
    said = text(value)
    at = moment(said) if len(said) >= _DATE_LENGTH else None
    return london_date(at).isoformat() if at else None


def instant(at: datetime | None) -> str | None:
    """A moment as traits hold it."""
    return at.astimezone(UTC).isoformat() if at else None


def codes_in(concepts: object, path: str, systems: Collection[str]) -> list[str]:
    """The codes of these systems in the concepts at a path, sorted, each once."""
    found = (pair for concept in values(concepts, path) for pair in codes(concept))
    return sorted({code for system, code in found if system in systems})


def extension(element: object, url: str) -> Resource | None:
    """The first extension of an element with that url; None where it has none."""
    found = (one for one in values(element, "extension") if isinstance(one, dict))
    return next((one for one in found if one.get("url") == url), None)


def code_of(reference: object) -> str | None:
    """The code of an organisation, a place or a service that a Reference names.

    Its identifier, else the id at the end of the reference.
    """
    if not isinstance(reference, dict):
        return None
    identifier = reference.get("identifier")
    value = text(identifier.get("value")) if isinstance(identifier, dict) else ""
    said = text(reference.get("reference")).partition("/_history/")[0].rpartition("/")[2]
    return indexable(value or said) or None
