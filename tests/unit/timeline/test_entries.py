"""What a fact says on a timeline: a title for every type, a stay as it happened, errors struck."""

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Reject
from streams.timeline.encounters import CLASS_TITLES
from streams.timeline.entries import entries_of
from streams.timeline.entry import Entry
from streams.timeline.words import OF_TYPE
from tests.builders import (
    at_ward,
    delete,
    encounter,
    event_of,
    events_of,
    history,
    observation,
    of_kind,
)
from tests.unit.fhir.seeds import SEEDS

Json = dict[str, Any]

PERSON = {"reference": "Patient/p1"}
CONCEPT = {"text": "Words of the concept"}
NEEDED: dict[str, Json] = {
    "Patient": {},
    "RelatedPerson": {"patient": PERSON},
    "EpisodeOfCare": {"patient": PERSON, "status": "active"},
    "ServiceRequest": {"subject": PERSON, "status": "active", "intent": "order"},
    "Task": {"for": PERSON, "status": "requested", "intent": "order"},
    "Appointment": {"status": "booked", "participant": [{"actor": PERSON, "status": "accepted"}]},
    "CarePlan": {"subject": PERSON, "status": "active", "intent": "plan"},
    "CareTeam": {"subject": PERSON},
    "Goal": {"subject": PERSON, "lifecycleStatus": "active", "description": CONCEPT},
    "Condition": {"subject": PERSON},
    "AllergyIntolerance": {"patient": PERSON},
    "Flag": {"subject": PERSON, "status": "active", "code": CONCEPT},
    "Observation": {"subject": PERSON, "status": "final", "code": CONCEPT},
    "Procedure": {"subject": PERSON, "status": "completed"},
    "Communication": {"subject": PERSON, "status": "completed"},
    "QuestionnaireResponse": {"subject": PERSON, "status": "completed"},
    "DocumentReference": {
        "subject": PERSON,
        "status": "current",
        "content": [{"attachment": {"contentType": "text/plain"}}],
    },
    "Composition": {
        "subject": PERSON,
        "status": "final",
        "type": CONCEPT,
        "date": "2026-02-01",
        "author": [{"display": "Ward 5"}],
        "title": "Words of the concept",
    },
    "Consent": {
        "patient": PERSON,
        "status": "active",
        "scope": CONCEPT,
        "category": [CONCEPT],
        "policyRule": CONCEPT,
    },
    "Immunization": {"patient": PERSON, "vaccineCode": CONCEPT},
    "MedicationRequest": {"subject": PERSON, "medicationCodeableConcept": CONCEPT},
    "MedicationStatement": {"subject": PERSON, "medicationCodeableConcept": CONCEPT},
    "DiagnosticReport": {"subject": PERSON, "code": CONCEPT},
    "DetectedIssue": {"patient": PERSON, "code": CONCEPT},
    "RequestGroup": {"subject": PERSON, "code": CONCEPT},
    "AppointmentResponse": {"actor": PERSON},
    "CommunicationRequest": {"subject": PERSON},
    "NutritionOrder": {"patient": PERSON},
    "FamilyMemberHistory": {"patient": PERSON, "relationship": CONCEPT},
    "ClinicalImpression": {"subject": PERSON, "code": CONCEPT},
    "RiskAssessment": {"subject": PERSON, "code": CONCEPT},
    "ImagingStudy": {"subject": PERSON},
    "MedicationDispense": {"subject": PERSON, "medicationCodeableConcept": CONCEPT},
    "MedicationAdministration": {"subject": PERSON, "medicationCodeableConcept": CONCEPT},
    "DeviceUseStatement": {"subject": PERSON},
    "DeviceRequest": {"subject": PERSON, "codeCodeableConcept": CONCEPT},
}


def entries(resource: Json) -> list[Entry]:
    return entries_of(event_of(resource))


def entry(resource: Json) -> Entry:
    (one,) = entries(resource)
    return one


def test_every_type_that_has_words_is_tried_here() -> None:
    assert NEEDED.keys() == OF_TYPE.keys()


@pytest.mark.parametrize("kind", NEEDED)
def test_every_type_has_its_kind_and_a_title(kind: str) -> None:
    made = {"resourceType": kind, "id": "x1", **NEEDED[kind]}
    event = event_of(made)
    assert event.subject == ("RX1/Patient/x1" if kind == "Patient" else "RX1/Patient/p1")
    (one,) = entries_of(event)
    assert one.kind == OF_TYPE[kind].kind
    state = OF_TYPE[kind].states.get(made.get("status", ""))
    has_words = CONCEPT in made.values() or [CONCEPT] in made.values()
    assert one.title == (state or (CONCEPT["text"] if has_words else OF_TYPE[kind].name))


def test_a_type_without_words_is_called_by_its_name() -> None:
    assert entry({"resourceType": "BodyStructure", "id": "i1"}).title == "Body structure"


STAY = encounter(
    status="finished",
    period={"start": "2026-02-01T09:00:00Z", "end": "2026-02-05T09:00:00Z"},
    location=[
        at_ward("W2", "2026-02-02T09:00:00Z"),
        at_ward("S1", physicalType=of_kind("si")),
        at_ward("W9", "2026-02-03T09:00:00Z", status="planned"),
        at_ward("W1", "2026-02-01T09:00:00Z", physicalType=of_kind("wa")),
    ],
)


def test_a_stay_is_told_as_it_happened() -> None:
    told = [(one.slot, one.title, one.place, one.at) for one in entries(STAY)]
    assert told == [
        ("admitted", "Admitted to hospital", "W1", datetime(2026, 2, 1, 9, tzinfo=UTC)),
        ("moved-1", "Moved ward", "W2", datetime(2026, 2, 2, 9, tzinfo=UTC)),
        ("discharged", "Discharged from hospital", "W2", datetime(2026, 2, 5, 9, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("planned", "Admission planned"),
        ("cancelled", "Admission cancelled"),
        ("in-progress", "Admitted to hospital"),
    ],
)
def test_only_an_admission_that_happened_is_called_one(status: str, title: str) -> None:
    (one,) = entries(encounter(status=status))
    assert (one.slot, one.title, one.status) == ("admitted", title, status)


def test_a_stay_tells_its_leaves_its_reasons_and_where_the_person_went() -> None:
    home = {"dischargeDisposition": {"text": "home"}, "admitSource": {"text": "a care home"}}
    away = {"start": "2026-02-03T09:00:00Z", "end": "2026-02-04T09:00:00Z"}
    past = [{"status": "onleave", "period": away}, {"status": "arrived", "period": away}]
    told = entries(
        {**STAY, "reasonCode": [{"text": "a fall"}], "hospitalization": home, "statusHistory": past}
    )
    assert [(one.title, one.detail) for one in told if one.slot in {"admitted", "discharged"}] == [
        ("Admitted to hospital", "a fall; from a care home"),
        ("Discharged from hospital", "to home"),
    ]
    leaves = [(one.title, one.at) for one in told if one.kind == "leave"]
    assert leaves == [
        ("Left on leave", datetime(2026, 2, 3, 9, tzinfo=UTC)),
        ("Returned from leave", datetime(2026, 2, 4, 9, tzinfo=UTC)),
    ]


def test_a_move_says_where_the_person_came_from() -> None:
    assert [one.detail for one in entries(STAY) if one.kind == "transfer"] == ["from W1"]


def test_a_stay_that_goes_on_has_no_discharge() -> None:
    assert "discharged" not in {one.slot for one in entries({**STAY, "status": "in-progress"})}


@pytest.mark.parametrize(("code", "title"), [*CLASS_TITLES.items(), ("something-new", "Visit")])
def test_a_visit_that_is_no_stay_is_called_by_its_class(code: str, title: str) -> None:
    assert entry(encounter(**{"class": {"code": code}})).title == title


def test_a_visit_is_called_by_its_type_where_it_has_one() -> None:
    made = encounter(**{"class": {"code": "AMB"}}, type=[{"text": "Podiatry review"}])
    assert entry(made).title == "Podiatry review"


@pytest.mark.parametrize("status", ["planned", "cancelled"])
def test_a_visit_that_did_not_happen_is_not_told_as_one(status: str) -> None:
    assert (
        entry(encounter(status=status, **{"class": {"code": "HH"}})).title == f"Home visit {status}"
    )


MISTAKEN = {"coding": [{"code": "entered-in-error"}]}


@pytest.mark.parametrize(
    "resource",
    [
        {**STAY, "status": "entered-in-error"},
        observation(status="entered-in-error"),
        {"resourceType": "Condition", "subject": PERSON, "verificationStatus": MISTAKEN},
        {"resourceType": "AllergyIntolerance", "patient": PERSON, "verificationStatus": MISTAKEN},
        {"resourceType": "Goal", **NEEDED["Goal"], "lifecycleStatus": "entered-in-error"},
        history(delete("Encounter/e1")),
        history(delete("Observation/o1")),
    ],
    ids=lambda resource: str(resource["resourceType"]),
)
def test_a_mistake_or_a_deletion_stays_struck_through(resource: Json) -> None:
    told = entries(resource)
    assert told
    assert all(one.struck for one in told)


def test_nothing_else_is_struck_through() -> None:
    sound = {"coding": [{"code": "confirmed"}]}
    condition = {"resourceType": "Condition", "subject": PERSON, "verificationStatus": sound}
    assert not any(one.struck for one in [*entries(STAY), *entries(condition)])


def test_an_entry_is_at_the_time_of_the_event_else_at_the_time_of_writing() -> None:
    when = {"effectiveDateTime": "2026-02-01T10:00:00Z"}
    written = {"meta": {"lastUpdated": "2026-02-02T10:00:00Z"}}
    assert entry(observation(**when, **written)).at == datetime(2026, 2, 1, 10, tzinfo=UTC)
    assert entry(observation(**written)).at == datetime(2026, 2, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("elements", "author"),
    [
        ({"performer": [{"display": "Ward 5"}]}, "Ward 5"),
        ({"performer": [{"reference": "Practitioner/1"}]}, None),
        ({}, None),
    ],
)
def test_an_entry_names_its_author_where_the_resource_does(
    elements: Json, author: str | None
) -> None:
    assert entry(observation(**elements)).author == author


@given(
    seed=st.sampled_from([one for one in SEEDS if one["resourceType"] != "Bundle"]),
    data=st.data(),
)
def test_any_valid_resource_has_entries_with_titles(seed: Json, data: st.DataObject) -> None:
    kept = data.draw(st.sets(st.sampled_from(sorted(seed))))
    made = {name: value for name, value in seed.items() if name in kept or name == "resourceType"}
    try:
        events = events_of(orjson.dumps(made))
    except Reject:
        return
    for event in events:
        told = entries_of(event)
        assert told
        assert all(one.title and one.kind and one.at for one in told)
        assert len({one.slot for one in told}) == len(told)
