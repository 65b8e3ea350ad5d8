"""What a Patient says of a person."""

from collections.abc import Iterator
from typing import Any, Final

from schemas.events import CareEvent, Flag
from schemas.fhir.elements import text, type_named, values
from schemas.times import london_date, moment
from streams.traits.demographics import CARE_HOME, ethnicity, postcode, says_care_home
from streams.traits.elements import code_of, day, extension, without_gaps
from streams.traits.trait import Kind, Trait

Resource = dict[str, Any]

ETHNIC_EXTENSION: Final = (
    "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
)
RESIDENCE_EXTENSION: Final = "https://throughline.example/fhir/StructureDefinition/residence"
SEXES: Final = frozenset({"male", "female", "other", "unknown"})
_PAST: Final = frozenset({"old", "billing"})


def of_patient(event: CareEvent, patient: Resource) -> Iterator[Trait]:
    """Who and where the person of a Patient is: one trait."""
    home = _home(patient)
    said = without_gaps(
        birth=day(patient.get("birthDate")),
        died=_died(event, patient),
        sex=_known(text(patient.get("gender"))),
        ethnicity=_ethnicity(patient),
        postcode=postcode(text(home.get("postalCode"))),
        practice=_practice(patient),
        lives=_lives(patient, home),
        flags=number_flags(event),
    )
    yield Trait(Kind.PERSON, event.thread, event.subject, said)


def number_flags(event: CareEvent) -> list[str]:
    """What a reader should know of the numbers of the person that a fact is about."""
    return [Flag.BAD_NHS_NUMBER.value] if Flag.BAD_NHS_NUMBER in event.flags else []


def _known(sex: str) -> str | None:
    return sex if sex in SEXES else None


def _died(event: CareEvent, patient: Resource) -> str | None:
    """The day of death; where only the death is said, the day on which that was written."""
    known = day(patient.get("deceasedDateTime"))
    if known is None and (patient.get("deceasedBoolean") is True or "deceasedDateTime" in patient):
        said = moment(patient.get("deceasedDateTime")) or event.recorded
        return london_date(said).isoformat()
    return known


def _ethnicity(patient: Resource) -> str | None:
    found = extension(patient, ETHNIC_EXTENSION)
    codes = (text(code) for code in values(found, "valueCodeableConcept.coding.code"))
    return next(filter(None, map(ethnicity, codes)), None)


def _home(patient: Resource) -> Resource:
    """The address where they live: called home, else the first that is not a past one."""
    addresses = [one for one in values(patient, "address") if isinstance(one, dict)]
    current = [one for one in addresses if one.get("use") not in _PAST]
    homes = [one for one in current if one.get("use") == "home"]
    return next(iter(homes or current), {})


def _practice(patient: Resource) -> str | None:
    """The code of the general practice that they are registered with."""
    for reference in values(patient, "generalPractitioner"):
        if type_named(reference, patient) in {None, "Organization"}:
            code = code_of(reference)
            if code:
                return code
    return None


def _lives(patient: Resource, home: Resource) -> str | None:
    for element in (home, patient):
        code = text((extension(element, RESIDENCE_EXTENSION) or {}).get("valueCode"))
        if code:
            return code
    lines = (*values(home, "line"), home.get("text"))
    return CARE_HOME if says_care_home(map(text, lines)) else None
