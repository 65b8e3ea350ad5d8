"""Which format a client takes, which version it has, and how strict it wants to be answered."""

import pytest

from services.fhir.content import is_lenient, is_unchanged, takes_json


@pytest.mark.parametrize(
    ("accept", "format_asked", "takes"),
    [
        (None, None, True),
        ("", None, True),
        ("*/*", None, True),
        ("application/fhir+json", None, True),
        ("application/fhir+json;fhirVersion=4.0", None, True),
        ("text/html, application/json;q=0.5", None, True),
        ("application/fhir+xml", None, False),
        ("application/fhir+xml, */*;q=0", None, False),
        ("application/fhir+xml", "json", True),
        ("application/fhir+json", "xml", False),
        (None, "application/fhir json", True),
        (None, "application/fhir+json; charset=utf-8", True),
        (None, "ttl", False),
    ],
)
def test_json_is_given_to_who_takes_it(
    accept: str | None, format_asked: str | None, takes: bool
) -> None:
    assert takes_json(accept, format_asked) == takes


def test_only_who_wishes_it_is_answered_leniently() -> None:
    assert is_lenient("handling=lenient")
    assert is_lenient("respond-async, handling=lenient")
    assert not is_lenient("handling=strict")
    assert not is_lenient(None)


def test_a_version_is_known_in_each_way_that_clients_write_it() -> None:
    assert all(is_unchanged(said, "v1") for said in ('W/"v1"', '"v1"', "v1", 'W/"v0", W/"v1"'))
    assert not is_unchanged('W/"v2"', "v1")
    assert not is_unchanged(None, "v1")
