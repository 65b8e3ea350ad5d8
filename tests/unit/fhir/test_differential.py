"""The compiled schema agrees with `fhir.resources`, and is stricter only where listed."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from schemas.fhir import SUPPORTED, check, is_valid
from tests.unit.fhir.seeds import ENCOUNTER, OBSERVATION, PATIENT, SEEDS, TASK

Json = dict[str, Any]
Steps = tuple[Any, ...]

# Where `check` refuses what `fhir.resources` accepts: how the refusal starts, and why it is right.
STRICTER = {
    "Must be one of:": "required code bindings, which the models do not check",
    "Must not be empty": "FHIR has no empty arrays, objects or strings",
    "Must be true or false": "the models take 1 and 'true' for true",
    "Must be a whole number": "the models take '1' and true for 1",
    "Must be a number": "the models take '2.5' for 2.5",
    "Must be a JSON string": "the models take null for nothing and numbers for dates",
    "Must be a JSON object": "the models take null for nothing",
    "Must be a JSON array": "the models take null for nothing",
    "Must be a URI": "the models' pattern of a URI matches any text",
    "Must be a code": "null, or a trailing newline",
    "'resourceType' is missing": "the models take a resource within another that says no type",
}


def accepted_by_models(resource: Json) -> bool:
    """Whether `fhir.resources.R4B` accepts the resource."""
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(deepcopy(resource))
    except (ValidationError, ValueError, TypeError, KeyError, AttributeError):
        return False
    return True


def places(value: Any, steps: Steps = ()) -> Iterator[Steps]:
    """The steps to every value within a resource, the resource itself left out."""
    children: Any = ()
    if isinstance(value, dict):
        children = value.items()
    elif isinstance(value, list):
        children = enumerate(value)
    for key, child in children:
        if key != "resourceType":
            yield (*steps, key)
            yield from places(child, (*steps, key))


def drop(parent: Any, key: Any) -> None:
    del parent[key]


def rename(parent: Any, key: Any) -> None:
    if isinstance(parent, dict):
        parent[f"{key}X"] = parent.pop(key)


def wrap(parent: Any, key: Any) -> None:
    parent[key] = [parent[key]]


def unwrap(parent: Any, key: Any) -> None:
    if isinstance(parent[key], list) and parent[key]:
        parent[key] = parent[key][0]


def repeat(parent: Any, key: Any) -> None:
    if isinstance(parent[key], list):
        parent[key] = parent[key] * 2


def add_element(parent: Any, key: Any) -> None:
    if isinstance(parent[key], dict):
        parent[key]["surprise"] = "x"


def add_extension(parent: Any, key: Any) -> None:
    if isinstance(parent, dict):
        parent[f"_{key}"] = {"extension": [{"url": "https://example.nhs.uk/why"}]}


def replace_by(value: Any) -> Callable[[Any, Any], None]:
    def replace(parent: Any, key: Any) -> None:
        parent[key] = deepcopy(value)

    replace.__name__ = f"replace_by_{value!r}"
    return replace


VALUES: list[Any] = [
    *(0, 1, -1, 2.5, 2**40, True, None, "", " ", "a b", "x", "banana", "1", [], {}, [[]], [{}]),
    *("2026", "2026-02", "2026-02-30", "2025-02-29", "2024-02-29", "2026-13-01", "0000-01-01"),
    *("2026-01-31T10:00:00", "2026-01-31T10:00Z", "2026-01-31T24:00:00Z", "10:00:00", "25:00:00"),
    *("2016-12-31T23:59:60Z", "2026-01-31T10:00:00+14:30", "2026-01-31T10:00:00.5-05:00"),
    {"reference": "Patient/1"},
    {"text": "a text"},
    {"url": "https://example.nhs.uk/e", "valueString": "a", "valueCode": "b"},
    {"url": "https://example.nhs.uk/e", "valueString": "a", "valueCode": "b", "id": "c"},
    {"resourceType": "Organization", "name": "A place"},
    {"resourceType": "Organization", "nam": "A place"},
]
MUTATIONS: list[Callable[[Any, Any], None]] = [
    drop,
    rename,
    wrap,
    unwrap,
    repeat,
    add_element,
    add_extension,
]
MUTATIONS += [replace_by(value) for value in VALUES]


@st.composite
def mutated(draw: st.DrawFn) -> Json:
    """A seed with one to three things changed."""
    resource = deepcopy(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 3))):
        steps = draw(st.sampled_from(list(places(resource)) or [()]))
        if not steps:
            break
        parent: Any = resource
        for step in steps[:-1]:
            parent = parent[step]
        draw(st.sampled_from(MUTATIONS))(parent, steps[-1])
    return resource


@pytest.mark.parametrize("seed", SEEDS, ids=lambda seed: seed["resourceType"])
def test_seeds_are_valid(seed: Json) -> None:
    assert check(seed) == []
    assert accepted_by_models(seed)


@settings(max_examples=300, deadline=None)
@given(resource=mutated())
def test_agrees_with_fhir_resources_or_is_stricter_where_listed(resource: Json) -> None:
    problems = check(resource)
    assert is_valid(resource) == (problems == [])
    if not problems:
        assert accepted_by_models(resource)
    elif accepted_by_models(resource):
        assert [p for p in problems if not p.text.startswith(tuple(STRICTER))] == []


@pytest.mark.parametrize(
    ("resource", "why"),
    [
        ({**ENCOUNTER, "status": "banana"}, "a code outside its required binding"),
        ({**OBSERVATION, "valueQuantity": {"comparator": "~"}}, "a comparator R4 does not have"),
        ({**ENCOUNTER, "location": []}, "an empty array"),
        ({**ENCOUNTER, "subject": {}}, "an empty element"),
        ({**ENCOUNTER, "subject": None}, "a null element"),
        ({**PATIENT, "active": "true"}, "a boolean written as text"),
        ({**PATIENT, "multipleBirthInteger": "2"}, "a number written as text"),
        ({**PATIENT, "birthDate": 0}, "a date written as a number of seconds"),
        ({**PATIENT, "maritalStatus": '{"text": "x"}'}, "an element written as JSON text"),
        ({**PATIENT, "contained": [{"id": "a"}]}, "a contained resource of no type"),
        ({**PATIENT, "id": "a" * 65}, "an id of more than 64 characters"),
        ({**TASK, "instantiatesUri": "not a uri"}, "a URI with spaces"),
        ({**PATIENT, "fhir_comments": "x"}, "comments, which JSON lost in FHIR R4"),
        (
            {**{k: v for k, v in TASK.items() if k != "for"}, "for_fhir": TASK["for"]},
            "the Python name of an element",
        ),
        (
            {**TASK, "focus": {"resourceType": "Reference", "reference": "Task/1"}},
            "a resourceType on what is no resource",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_is_stricter_than_fhir_resources_here(resource: Json, why: str) -> None:
    assert accepted_by_models(resource), why
    assert not is_valid(resource), why
    assert check(resource) != []


def test_allows_a_meta_as_an_open_choice_as_r4_does() -> None:
    extended = {"url": "https://example.nhs.uk/e", "valueMeta": {"versionId": "1"}}
    assert is_valid({**PATIENT, "extension": [extended]})
    assert not is_valid({**PATIENT, "extension": [{**extended, "valueString": "x"}]})
    assert not is_valid({**PATIENT, "extension": [{**extended, "valueMeta": {"version": "1"}}]})


@pytest.mark.parametrize("name", SUPPORTED)
def test_every_supported_type_refuses_an_unknown_element(name: str) -> None:
    found = check({"resourceType": name, "surprise": 1})
    assert (f"{name}.surprise", "structure") in [(p.path, p.code) for p in found]
    required = {str(error["loc"][0]) for error in errors_of_models(name) if error["loc"]}
    assert required <= {p.path.split(".")[1] for p in found if p.code == "required"}


def errors_of_models(name: str) -> list[Any]:
    """What `fhir.resources` says is missing from a resource of this type that has nothing."""
    try:
        get_fhir_model_class(name).model_validate({"resourceType": name})
    except ValidationError as error:
        return list(error.errors())
    return []
