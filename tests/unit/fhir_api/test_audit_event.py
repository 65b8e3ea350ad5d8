"""A line of the audit as an AuditEvent: valid FHIR R4, in the shape of IHE's patterns."""

from base64 import b64decode
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from hypothesis import given
from hypothesis import strategies as st

from schemas.fhir import check
from services.access.relationships import Relationship
from services.access.viewer import Role
from services.access.views import VIEWS, Deed
from services.fhir.audit_event import audit_event
from services.record.audit_models import Noted

PERSON = UUID(int=7)
NOTED = Noted(
    4711,
    PERSON,
    "u1",
    "Priya Demo",
    "clinician",
    "RX1",
    "timeline",
    True,
    frozenset({Relationship.STAY}),
    "r-1",
    "192.0.2.7",
    datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC),
)
SERVER = "https://care.example/fhir"


def event(**other: Any) -> dict[str, Any]:
    return audit_event(NOTED._replace(**other), SERVER)


def entity(found: dict[str, Any], kind: str) -> dict[str, Any]:
    (one,) = [one for one in found["entity"] if one["type"]["code"] == kind]
    return dict(one)


def agent(found: dict[str, Any], code: str) -> dict[str, Any]:
    (one,) = [one for one in found["agent"] if one["type"]["coding"][0]["code"] == code]
    return dict(one)


def purpose(found: dict[str, Any]) -> str:
    return str(found["purposeOfEvent"][0]["coding"][0]["code"])


def test_it_says_who_looked_at_whose_what_when_and_from_where() -> None:
    found = event()
    assert found["recorded"] == "2026-03-01T12:30:15.123Z"
    assert (found["outcome"], found["action"]) == ("0", "R")
    assert found["meta"]["profile"][0].endswith("IHE.BasicAudit.PatientRead")
    assert entity(found, "1")["what"] == {"reference": f"Patient/{PERSON}"}
    assert entity(found, "XrequestId")["what"] == {"identifier": {"value": "r-1"}}
    user = agent(found, "IRCP")
    assert user["who"]["identifier"]["value"] == "u1"
    assert user["name"] == "Priya Demo"
    assert [role["coding"][0]["code"] for role in user["role"]] == ["clinician", "RX1"]
    # Of a read, the server is where it comes from.
    assert agent(found, "110153")["network"]["address"] == SERVER
    assert agent(found, "110152")["network"] == {"address": "192.0.2.7", "type": "2"}


def test_a_search_goes_the_other_way_and_keeps_nothing_of_what_was_asked() -> None:
    found = event(view="search")
    assert (found["action"], found["subtype"][0]["code"]) == ("E", "search")
    assert agent(found, "110153")["network"]["address"] == "192.0.2.7"
    asked = entity(found, "2")
    assert b64decode(asked["query"]) == b"search"
    assert "what" not in asked


def test_a_denial_is_told_and_claims_no_profile_of_success() -> None:
    found = event(allowed=False)
    assert found["outcome"] == "4"
    assert "meta" not in found


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({}, "TREAT"),
        ({"because": frozenset({"break-glass"})}, "BTG"),
        ({"because": frozenset({"break-glass", "care-team"})}, "TREAT"),
        ({"view": "break-glass"}, "BTG"),
        ({"role": "person"}, "PATRQT"),
        ({"role": "privacy-officer"}, "HCOMPL"),
        ({"role": "no role of ours"}, "TREAT"),
    ],
)
def test_it_says_what_for(said: dict[str, Any], code: str) -> None:
    found = event(**said)
    assert purpose(found) == code
    assert agent(found, "IRCP")["purposeOfUse"] == found["purposeOfEvent"]


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Z"]), min_size=1)
noted = st.builds(
    Noted,
    id=st.integers(1, 2**63 - 1),
    person=st.uuids(),
    viewer=texts,
    name=st.none() | texts,
    role=st.sampled_from(list(Role)).map(str),
    org=st.from_regex(r"[A-Z0-9]{3,6}", fullmatch=True),
    view=st.sampled_from(list(VIEWS)) | st.just("another-look"),
    allowed=st.booleans(),
    because=st.frozensets(st.sampled_from(list(Relationship)).map(str)),
    request=st.none() | texts,
    address=st.none() | st.just("2001:db8::1"),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)


@given(noted)
def test_every_line_is_valid_with_exactly_one_patient(line: Noted) -> None:
    found = audit_event(line, SERVER)
    assert check(found) == []
    AuditEvent.model_validate_json(orjson.dumps(found))
    people = [one for one in found["entity"] if one["type"]["code"] == "1"]
    assert [one["what"]["reference"] for one in people] == [f"Patient/{line.person}"]
    assert len([one for one in found["agent"] if one["requestor"]]) == 1
    if "meta" in found:
        assert {"110152", "110153"} < {one["type"]["coding"][0]["code"] for one in found["agent"]}


def test_every_deed_has_its_action() -> None:
    actions = {view.deed: event(view=name)["action"] for name, view in VIEWS.items()}
    assert actions == {Deed.READ: "R", Deed.SEARCH: "E", Deed.CREATE: "C", Deed.UPDATE: "U"}
