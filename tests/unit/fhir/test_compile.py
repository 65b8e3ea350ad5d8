"""What the compiled schema takes from the models and what it adds to them."""

from datetime import date
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given
from hypothesis import strategies as st

from schemas.fhir import SUPPORTED, is_valid
from schemas.fhir.bindings import codes_of
from schemas.fhir.compile import compiled_schema
from tests.unit.fhir.seeds import ENCOUNTER, PATIENT


def is_a_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@given(year=st.integers(0, 9999), month=st.integers(0, 13), day=st.integers(0, 32))
def test_a_date_is_valid_when_the_calendar_has_it(year: int, month: int, day: int) -> None:
    written = f"{year:04}-{month:02}-{day:02}"
    assert is_valid({**PATIENT, "birthDate": written}) == is_a_day(year, month, day)
    period = {"start": f"{written}T10:00:00Z"}
    assert is_valid({**ENCOUNTER, "period": period}) == is_a_day(year, month, day)


@given(year=st.integers(1, 9999), end=st.sampled_from([2, 28, 29, 30]))
def test_every_february_has_its_own_length(year: int, end: int) -> None:
    written = f"{year:04}-02-{end:02}"
    assert is_valid({**PATIENT, "birthDate": written}) == is_a_day(year, 2, end)


@pytest.mark.parametrize(
    ("model", "element"),
    [
        ("Encounter", "status"),
        ("EncounterStatusHistory", "status"),
        ("Observation", "status"),
        ("Task", "status"),
        ("QuestionnaireItem", "type"),
    ],
)
def test_codes_that_the_models_list_in_part_are_all_allowed(model: str, element: str) -> None:
    extra: Any = get_fhir_model_class(model).model_fields[element].json_schema_extra
    listed = [str(code) for code in extra["enum_values"]]
    assert listed[-1] == "+"
    assert set(listed[:-1]) < set(codes_of(f"{model}.{element}", listed) or [])


def test_an_open_list_binds_nothing() -> None:
    assert codes_of("Made.up", ["a", "b", "+"]) is None
    assert codes_of("Made.up", ["a", "b", "etc."]) is None
    assert codes_of("Made.up", None) is None
    assert codes_of("Made.up", ["a", "b"]) == ["a", "b"]


def test_every_reference_within_the_schema_leads_somewhere() -> None:
    schema = compiled_schema()
    definitions = schema["$defs"]
    assert set(SUPPORTED) <= definitions.keys()
    waiting: list[Any] = [schema]
    seen = set()
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            seen.add(part.get("$ref", "#/$defs/AnyResource"))
        nested = part.values() if isinstance(part, dict) else part
        waiting += [child for child in nested if isinstance(child, dict | list)]
    assert {name.removeprefix("#/$defs/") for name in seen} <= definitions.keys()


@pytest.mark.parametrize("status", codes_of("Encounter.status", None) or [])
def test_every_status_of_r4_is_accepted(status: str) -> None:
    assert is_valid({**ENCOUNTER, "status": status})
