"""What Conditions and Flags say of a person's needs, and of the way out of a bed."""

from typing import Any

import pytest

from streams.traits.read import traits_of
from streams.traits.trait import Kind, Trait
from tests.builders import bundle, encounter, events_of, message_header, patient
from tests.unit.traits.read import (
    COHORTS,
    DISCHARGE,
    PERSON,
    SNOMED,
    WRITTEN,
    coded,
    is_nothing,
    traits,
)

ICD_10 = "http://hl7.org/fhir/sid/icd-10"
CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
VERIFICATION = "http://terminology.hl7.org/CodeSystem/condition-ver-status"


def condition(**elements: Any) -> tuple[Trait, ...]:
    return traits("Condition", **{"code": coded(SNOMED, "13645005"), "subject": PERSON, **elements})


def said(found: tuple[Trait, ...], kind: Kind) -> dict[str, Any]:
    (trait,) = found
    assert (trait.kind, trait.subject) == (kind, "RX1/Patient/p1")
    return dict(trait.said)


def test_a_condition_says_its_codes_and_its_days() -> None:
    codes = {"coding": [*coded(SNOMED, "13645005")["coding"], *coded(ICD_10, "J44.9")["coding"]]}
    codes["coding"] += coded("https://example.nhs.uk/local", "7")["coding"]
    found = condition(
        code=codes, onsetDateTime="2025-06-30T23:30:00Z", abatementDateTime="2026-01-05"
    )
    assert said(found, Kind.CONDITION) == {
        "codes": ["13645005", "J44.9"],
        "since": "2025-07-01",
        "until": "2026-01-05",
    }


@pytest.mark.parametrize(
    ("elements", "since"),
    [
        ({"onsetPeriod": {"start": "2025-01-02"}, "recordedDate": "2025-03-04"}, "2025-01-02"),
        ({"recordedDate": "2025-03-04"}, "2025-03-04"),
        ({"onsetDateTime": "2025"}, None),
        ({}, None),
    ],
)
def test_a_condition_begins_with_its_onset_else_when_it_was_written_down(
    elements: dict[str, Any], since: str | None
) -> None:
    assert said(condition(**elements), Kind.CONDITION).get("since") == since


def test_a_condition_that_is_over_without_a_date_ended_when_that_was_written() -> None:
    found = condition(clinicalStatus=coded(CLINICAL, "resolved"))
    assert said(found, Kind.CONDITION)["until"] == "2026-02-03"


@pytest.mark.parametrize(
    ("status", "holds"), [("confirmed", None), ("refuted", False), ("differential", False)]
)
def test_a_condition_holds_unless_somebody_doubts_it(status: str, holds: bool | None) -> None:
    found = condition(verificationStatus=coded(VERIFICATION, status))
    assert said(found, Kind.CONDITION).get("holds") is holds


@pytest.mark.parametrize(
    "elements",
    [
        {"verificationStatus": coded(VERIFICATION, "entered-in-error")},
        {"code": {"text": "Something"}},
        {"code": None},
    ],
)
def test_a_condition_that_is_an_error_or_has_no_known_code_says_nothing(
    elements: dict[str, Any],
) -> None:
    assert is_nothing(condition(**elements))


def flag(**elements: Any) -> tuple[Trait, ...]:
    made = {"status": "active", "code": coded(DISCHARGE, "ready"), "subject": PERSON}
    return traits("Flag", **made | elements)


def test_a_flag_says_what_it_is_about_which_visit_and_since_when() -> None:
    found = flag(
        category=[coded("http://terminology.hl7.org/CodeSystem/flag-category", "admin")],
        period={"start": "2026-02-01T10:00:00+01:00", "end": "2026-02-03T09:00:00Z"},
        encounter={"reference": "Encounter/v7/_history/2"},
    )
    assert said(found, Kind.FLAG) == {
        "codes": ["ready"],
        "category": "admin",
        "since": "2026-02-01T09:00:00+00:00",
        "until": "2026-02-03T09:00:00+00:00",
        "visit": "v7",
    }


def test_a_flag_that_is_over_without_an_end_ended_when_that_was_written() -> None:
    found = flag(status="inactive", code=coded(COHORTS, "frailty"))
    assert said(found, Kind.FLAG) == {"codes": ["frailty"], "until": "2026-02-03T23:30:00+00:00"}


@pytest.mark.parametrize(
    "elements",
    [{"status": "entered-in-error"}, {"code": coded("https://example.nhs.uk/flags", "ready")}],
)
def test_a_flag_that_is_an_error_or_of_an_unknown_system_says_nothing(
    elements: dict[str, Any],
) -> None:
    assert is_nothing(flag(**elements))


def test_a_flags_visit_is_the_one_that_its_message_names() -> None:
    visit = {"fullUrl": "urn:uuid:0a5b1f6e-3f0c-4a55-9a3e-6a7c1a8f0f01", "resource": encounter()}
    made = {
        "resourceType": "Flag",
        "id": "f1",
        "meta": WRITTEN,
        "status": "active",
        "code": coded(DISCHARGE, "ready"),
        "subject": PERSON,
        "encounter": {"reference": visit["fullUrl"]},
    }
    message = bundle("message", message_header())
    message["entry"] += [visit, {"fullUrl": "urn:uuid:f", "resource": made}, _told(patient())]
    found = [trait for event in events_of(message) for trait in traits_of(event)]
    assert [trait.said["visit"] for trait in found if trait.kind is Kind.FLAG] == ["e1"]


def _told(resource: dict[str, Any]) -> dict[str, Any]:
    return {"fullUrl": "urn:uuid:p", "resource": resource}
