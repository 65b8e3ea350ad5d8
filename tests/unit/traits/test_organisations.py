"""What organisations say of themselves: posts, and how many beds of a ward have staff."""

from typing import Any

import pytest

from streams.traits.read import traits_of
from streams.traits.trait import Kind, Trait
from tests.builders import delete, event_of, history
from tests.unit.traits.read import ODS, is_nothing, traits

EXTENSIONS = "https://throughline.example/fhir/StructureDefinition"


def said(found: tuple[Trait, ...], kind: Kind) -> dict[str, Any]:
    (trait,) = found
    assert (trait.kind, trait.subject) == (kind, None)
    return dict(trait.said)


def test_a_role_says_whose_post_it_is_where_and_how_much_of_a_whole_time() -> None:
    found = traits(
        "PractitionerRole",
        extension=[{"url": f"{EXTENSIONS}/whole-time-equivalent", "valueDecimal": 0.6}],
        active=False,
        period={"start": "2020-01-01", "end": "2026-01-31"},
        practitioner={"reference": "Practitioner/7"},
        organization={
            "reference": "Organization/3",
            "identifier": {"system": ODS, "value": "RC1"},
        },
        healthcareService=[{"reference": "HealthcareService/N01/_history/2"}],
    )
    assert said(found, Kind.ROLE) == {
        "practitioner": "7",
        "organisation": "RC1",
        "service": "N01",
        "wte": 0.6,
        "since": "2020-01-01",
        "until": "2026-01-31",
        "active": False,
    }


def test_a_role_that_says_little_is_active_and_of_its_source() -> None:
    assert said(traits("PractitionerRole"), Kind.ROLE) == {"organisation": "RX1", "active": True}


def ward(**elements: Any) -> tuple[Trait, ...]:
    beds = [{"url": f"{EXTENSIONS}/staffed-beds", "valueInteger": 12}]
    return traits("Location", **{"status": "active", "extension": beds, **elements})


def test_a_ward_says_how_many_of_its_beds_have_staff() -> None:
    found = ward(
        identifier=[{"system": "https://example.nhs.uk/ward", "value": "W1"}],
        managingOrganization={"identifier": {"system": ODS, "value": "RX1"}},
        partOf={"reference": "Location/S1"},
    )
    assert said(found, Kind.BEDS) == {
        "provider": "RX1",
        "site": "S1",
        "ward": "W1",
        "beds": 12,
        "since": "2026-02-03T23:30:00+00:00",
    }


@pytest.mark.parametrize(("status", "beds"), [("suspended", 0), ("inactive", 0), (None, 12)])
def test_a_ward_that_is_closed_has_no_beds(status: str | None, beds: int) -> None:
    found = said(ward(status=status), Kind.BEDS)
    assert (found["ward"], found["provider"], found["beds"]) == ("x1", "RX1", beds)


def test_a_place_that_says_nothing_of_beds_takes_nothing_back() -> None:
    assert ward(extension=None) == ()


def test_a_place_that_was_deleted_takes_back_what_it_said() -> None:
    assert is_nothing(traits_of(event_of(history(delete("Location/x1")))))
