"""What Groups say of who belongs to a target group."""

from typing import Any

import pytest

from schemas.identity import NHS_NUMBER_SYSTEM, nhs_key
from streams.traits.read import traits_of
from streams.traits.trait import Kind
from tests.builders import NHS_NUMBER, bundle, events_of, message_header, patient
from tests.unit.traits.read import COHORTS, WRITTEN, coded, is_nothing, traits

REGISTER = {
    "type": "person",
    "actual": True,
    "active": True,
    "code": coded(COHORTS, "end-of-life"),
    "name": "Register",
}


def members(*references: Any, **elements: Any) -> list[tuple[str | None, dict[str, Any]]]:
    listed = [{"entity": reference} for reference in references]
    found = traits("Group", **REGISTER | {"member": listed} | elements)
    assert {trait.kind for trait in found} == {Kind.GROUP}
    return [(trait.subject, dict(trait.said)) for trait in found]


def test_each_member_belongs_for_the_days_that_are_said() -> None:
    listed = [
        {
            "entity": {"reference": "Patient/p1"},
            "period": {"start": "2026-01-01", "end": "2026-02-01"},
        },
        {"entity": {"reference": "Patient/p2"}, "inactive": True},
    ]
    assert members(member=listed) == [
        (
            "RX1/Patient/p1",
            {"cohort": "end-of-life", "since": "2026-01-01", "until": "2026-02-01"},
        ),
        ("RX1/Patient/p2", {"cohort": "end-of-life", "until": "2026-02-03"}),
    ]


def test_a_group_without_a_code_of_ours_is_called_by_its_name() -> None:
    ((_, said),) = members({"reference": "Patient/p1"}, code=None, name="Falls clinic")
    assert said == {"cohort": "Falls clinic"}


def test_members_are_found_by_whatever_names_them() -> None:
    number = {"identifier": {"system": NHS_NUMBER_SYSTEM, "value": NHS_NUMBER}, "type": "Patient"}
    found = members({"reference": "Patient/p1"}, number, {"reference": "Practitioner/7"})
    assert [subject for subject, _ in found] == ["RX1/Patient/p1", nhs_key(NHS_NUMBER)]


@pytest.mark.parametrize(
    ("known", "key"),
    [
        (patient(), "RX1/Patient/p1"),
        (
            {"resourceType": "Patient", "identifier": [{"system": "urn:own", "value": "a|7"}]},
            "RX1/id/urn:own|a|7",
        ),
        (
            {
                "resourceType": "Patient",
                "identifier": [{"system": NHS_NUMBER_SYSTEM, "value": NHS_NUMBER}],
            },
            nhs_key(NHS_NUMBER),
        ),
    ],
)
def test_a_member_whom_only_the_message_names_is_that_patient(
    known: dict[str, Any], key: str
) -> None:
    url = "urn:uuid:0a5b1f6e-3f0c-4a55-9a3e-6a7c1a8f0f01"
    listed = [{"entity": {"reference": url}}]
    group = {"resourceType": "Group", "id": "g1", "meta": WRITTEN, **REGISTER, "member": listed}
    message = bundle("message", message_header())
    message["entry"] += [
        {"fullUrl": url, "resource": known},
        {"fullUrl": "urn:uuid:g", "resource": group},
    ]
    found = {event.kind: event for event in events_of(message)}
    (trait,) = traits_of(found["Group"])
    assert trait.subject == key == found["Patient"].subject


@pytest.mark.parametrize(
    "elements",
    [
        {"member": None},
        {"active": False},
        {"actual": False, "member": None},
        {"type": "practitioner"},
        {"code": None, "name": None},
    ],
)
def test_a_group_that_lists_nobody_ends_what_it_said(elements: dict[str, Any]) -> None:
    listed = {"member": [{"entity": {"reference": "Patient/p1"}}]}
    assert is_nothing(traits("Group", **REGISTER | listed | elements))
