"""What a Patient says of a person that measures need."""

from typing import Any

import pytest

from streams.traits.read import traits_of
from streams.traits.trait import Kind
from tests.builders import (
    NHS_NUMBER,
    delete,
    event_of,
    history,
    nhs_identifier,
    patient,
    wrong_check_digit,
)

ETHNIC = "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory"
RESIDENCE = "https://throughline.example/fhir/StructureDefinition/residence"
ODS = "https://fhir.nhs.uk/Id/ods-organization-code"


def said(**elements: Any) -> dict[str, Any]:
    """What a Patient with these elements says."""
    (trait,) = traits_of(event_of(patient(**elements)))
    assert trait.kind is Kind.PERSON
    return dict(trait.said)


def of_category(code: str) -> list[dict[str, Any]]:
    return [{"url": ETHNIC, "valueCodeableConcept": {"coding": [{"code": code}]}}]


def test_a_patient_says_who_and_where_a_person_is() -> None:
    found = said(
        gender="female",
        extension=of_category("J"),
        deceasedDateTime="2026-03-29T23:30:00Z",
        address=[
            {"use": "old", "postalCode": "ZZ99 9ZZ"},
            {"use": "home", "postalCode": "zz991aj"},
        ],
        generalPractitioner=[
            {"reference": "Practitioner/7"},
            {"identifier": {"system": ODS, "value": "ZP0001"}},
        ],
    )
    assert found == {
        "birth": "1948-02-29",
        "died": "2026-03-30",
        "sex": "female",
        "ethnicity": "J",
        "postcode": "ZZ99 1AJ",
        "practice": "ZP0001",
        "flags": [],
    }


def test_it_is_about_the_patient_in_the_patients_thread() -> None:
    event = event_of(patient())
    (trait,) = traits_of(event)
    assert (trait.subject, trait.thread) == ("RX1/Patient/p1", event.thread)


@pytest.mark.parametrize(
    "address",
    [
        {"extension": [{"url": RESIDENCE, "valueCode": "care-home"}]},
        {"line": ["Elm Test Care Home", "1 High Street"]},
        {"text": "The Limes nursing home, Newtown"},
    ],
)
def test_an_address_says_that_somebody_lives_in_a_care_home(address: dict[str, Any]) -> None:
    assert said(address=[address])["lives"] == "care-home"


def test_an_address_that_only_sounds_like_it_does_not() -> None:
    assert "lives" not in said(address=[{"line": ["1 Carehome Lane"]}])


@pytest.mark.parametrize(
    ("code", "category"),
    [("A", "A"), ("b1", "B"), ("Z", "Z"), ("99", "99"), ("T", None), ("XX", None)],
)
def test_only_national_ethnic_categories_are_said(code: str, category: str | None) -> None:
    assert said(extension=of_category(code)).get("ethnicity") == category


@pytest.mark.parametrize("birth", ["1948", "1948-02"])
def test_a_birth_without_a_day_is_not_said(birth: str) -> None:
    assert "birth" not in said(birthDate=birth)


def test_a_death_without_a_date_is_of_the_day_on_which_it_was_written() -> None:
    meta = {"lastUpdated": "2026-02-03T09:00:00Z"}
    assert said(meta=meta, deceasedBoolean=True)["died"] == "2026-02-03"
    assert "died" not in said(meta=meta, deceasedBoolean=False)


def test_a_number_that_fails_its_check_is_flagged() -> None:
    assert said(identifier=[nhs_identifier(wrong_check_digit(NHS_NUMBER))])["flags"] == [
        "bad-nhs-number"
    ]


def test_a_deleted_patient_says_nothing_in_its_thread() -> None:
    event = event_of(history(delete("Patient/p1")))
    (trait,) = traits_of(event)
    assert (trait.kind, trait.thread, trait.said) == (Kind.NOTHING, "RX1|Patient/p1", {})
