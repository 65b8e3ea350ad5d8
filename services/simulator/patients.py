"""A person as one source knows them: the UK Core Patient."""

from services.simulator.fhir import (
    DECILE_EXTENSION,
    LSOA_EXTENSION,
    RESIDENCE_EXTENSION,
    UK_CORE,
    Resource,
    coded,
    local_system,
    nhs_number_identifier,
    organisation_reference,
)
from services.simulator.organisations import Organisation
from services.simulator.people import Household, Person

_ETHNIC_SYSTEM = "https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategoryEngland"
_ETHNIC_DISPLAYS = {
    "A": "British, Mixed British",
    "B": "Irish",
    "C": "Any other White background",
    "D": "White and Black Caribbean",
    "E": "White and Black African",
    "F": "White and Asian",
    "G": "Any other mixed background",
    "H": "Indian or British Indian",
    "J": "Pakistani or British Pakistani",
    "K": "Bangladeshi or British Bangladeshi",
    "L": "Any other Asian background",
    "M": "Caribbean",
    "N": "African",
    "P": "Any other Black background",
    "R": "Chinese",
    "S": "Any other ethnic group",
    "Z": "Not stated",
    "99": "Not known",
}


def patient(
    person: Person,
    source: Organisation,
    patient_id: str,
    *,
    verified: bool,
    misspelt: bool = False,
) -> Resource:
    """The Patient without its `meta`, under the source's own id.

    `verified`: whether the source has traced the NHS number; `misspelt`: whether it is none.
    """
    number = _misspelt(person.nhs_number) if misspelt else person.nhs_number
    local = {"system": local_system(source.source, "patient"), "value": patient_id}
    return {
        "resourceType": "Patient",
        "id": patient_id,
        "extension": [_ethnic_category(person)],
        "identifier": [nhs_number_identifier(source, number, verified=verified), local],
        "active": True,
        "name": [{"use": "official", "family": person.family, "given": [person.given]}],
        "gender": person.sex,
        "birthDate": person.birth_date.isoformat(),
        "address": [_address(person.household)],
        "generalPractitioner": [organisation_reference(person.practice)],
    }


def _misspelt(nhs_number: str) -> str:
    """With another check digit, so that it is nobody's."""
    return f"{nhs_number[:-1]}{(int(nhs_number[-1]) + 1) % 10}"


def _ethnic_category(person: Person) -> Resource:
    code = person.ethnic_category
    return {
        "url": f"{UK_CORE}/Extension-UKCore-EthnicCategory",
        "valueCodeableConcept": coded(_ETHNIC_SYSTEM, code, _ETHNIC_DISPLAYS[code]),
    }


def _address(household: Household) -> Resource:
    area = household.area
    lives = [{"url": RESIDENCE_EXTENSION, "valueCode": "care-home"}] if household.care_home else []
    return {
        "extension": [
            {"url": LSOA_EXTENSION, "valueCode": area.lsoa},
            {"url": DECILE_EXTENSION, "valueInteger": area.imd_decile},
            *lives,
        ],
        "use": "home",
        "line": [household.line],
        "city": area.place,
        "district": area.neighbourhood,
        "postalCode": household.postcode,
    }
