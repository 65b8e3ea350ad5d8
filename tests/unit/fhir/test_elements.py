"""The words in elements, whatever stands where they are looked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.fhir.elements import (
    concept_text,
    human_name,
    plain_text,
    reference_text,
    type_named,
    values,
)


@pytest.mark.parametrize(
    ("concept", "words"),
    [
        ({"text": "a", "coding": [{"display": "b"}]}, "a"),
        ({"coding": [{"code": "c"}, {"code": "d", "display": "b"}]}, "b"),
        ({"coding": [{"code": "c"}]}, "c"),
        ({"code": "c", "display": "a coding"}, "a coding"),
        ({"coding": [{}]}, None),
        ({"coding": 7}, None),
        ({"text": "  "}, None),
        ({}, None),
        ("text", None),
        (None, None),
    ],
)
def test_a_concept_is_its_text_else_its_display_else_its_code(
    concept: object, words: str | None
) -> None:
    assert concept_text(concept) == words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ({"text": "Ms A B Jones", "family": "Other"}, "Ms A B Jones"),
        ({"prefix": ["Ms"], "given": ["A", None, "B"], "family": "Jones"}, "Ms A B Jones"),
        ({}, None),
        (7, None),
    ],
)
def test_a_name_is_its_text_else_its_parts(name: object, words: str | None) -> None:
    assert human_name(name) == words


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ({"reference": "Patient/7"}, "Patient"),
        ({"reference": "https://host/fhir/Location/7/_history/2"}, "Location"),
        ({"reference": "Patient?identifier=a|b"}, "Patient"),
        ({"type": "Device", "identifier": {"value": "1"}}, "Device"),
        ({"reference": "#p"}, "Practitioner"),
        ({"reference": "urn:uuid:1"}, None),
        ({"reference": "#none"}, None),
        ("Patient/7", None),
    ],
)
def test_a_reference_shows_the_type_that_it_names(reference: object, kind: str | None) -> None:
    inner = {"resourceType": "Practitioner", "id": "p"}
    assert type_named(reference, {"contained": [inner]}) == kind


def test_a_role_is_named_by_its_practitioner() -> None:
    role = {"resourceType": "PractitionerRole", "id": "r", "practitioner": {"display": "A Jones"}}
    assert reference_text({"reference": "#r"}, {"contained": [role]}) == "A Jones"


def test_values_flatten_every_list_on_the_way() -> None:
    element = {"a": [{"b": [1, 2]}, {"b": 3}, 4, {"c": 5}]}
    assert list(values(element, "a.b")) == [1, 2, 3]


NAMES = ["text", "coding", "code", "display", "value", "low", "start", "reference", "name"]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "text",
                    "coding",
                    "code",
                    "display",
                    "value",
                    "low",
                    "high",
                    "start",
                    "reference",
                    "name",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_whatever_stands_there_has_words_or_none(found: object) -> None:
    for read in (concept_text, human_name, plain_text):
        words = read(found)
        assert words is None or words.strip()
    assert type_named(found, {}) is None or isinstance(found, dict)
