"""Which places are a home, and are shown to nobody."""

from typing import Any

import pytest

from services.fhir.homes import is_home


def coded(*codes: str) -> dict[str, Any]:
    return {"coding": [{"code": code} for code in codes]}


@pytest.mark.parametrize(
    ("elements", "is_it"),
    [
        ({"physicalType": coded("ho")}, True),
        ({"physicalType": coded("bu", "ho")}, True),
        ({"type": [coded("PTRES")]}, True),
        ({"type": [coded("HOSP"), coded("PTRES")]}, True),
        ({"address": {"use": "home", "line": ["1 Elm Road"]}}, True),
        ({"physicalType": coded("wa"), "address": {"use": "home"}}, True),
        ({}, False),
        ({"physicalType": coded("wa")}, False),
        ({"physicalType": coded("HO")}, False),
        ({"physicalType": {"text": "ho"}}, False),
        ({"type": [coded("HOSP")]}, False),
        ({"address": {"use": "work"}}, False),
        ({"address": {"line": ["home"]}}, False),
        ({"name": "ho"}, False),
        ({"resourceType": "Organization", "address": [{"use": "home"}]}, False),
        ({"physicalType": "ho", "address": "home"}, False),
    ],
)
def test_a_house_a_residence_and_what_has_a_homes_address_are_homes(
    elements: dict[str, Any], *, is_it: bool
) -> None:
    assert is_home({"resourceType": "Location", **elements}) == is_it
