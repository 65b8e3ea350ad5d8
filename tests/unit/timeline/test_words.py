"""What the table of words says of each type besides its title: state, detail, author, place."""

from typing import Any

import pytest

from streams.timeline.entries import entries_of
from streams.timeline.entry import LONGEST_DETAIL, Entry
from tests.builders import bundle, encounter, event_of, events_of, observation, patient

Json = dict[str, Any]

PERSON = {"reference": "Patient/p1", "display": "The person"}


def entry(kind: str, **elements: Any) -> Entry:
    (one,) = entries_of(event_of({"resourceType": kind, "id": "x1", **elements}))
    return one


def somebody(name: str, kind: str = "Practitioner") -> Json:
    return {"reference": f"{kind}/1", "display": name}


def appointment(status: str, *actors: Json, **elements: Any) -> Entry:
    taking_part = [{"actor": actor, "status": "accepted"} for actor in (PERSON, *actors)]
    return entry("Appointment", status=status, participant=taking_part, **elements)


@pytest.mark.parametrize(
    ("status", "title"),
    [
        ("booked", "Appointment booked"),
        ("cancelled", "Appointment cancelled"),
        ("noshow", "Did not attend an appointment"),
        ("fulfilled", "Appointment attended"),
    ],
)
def test_an_appointment_says_what_became_of_it_and_what_it_is_for(status: str, title: str) -> None:
    told = appointment(status, serviceType=[{"text": "Podiatry"}], reasonCode=[{"text": "a sore"}])
    assert (told.title, told.detail, told.status) == (title, "Podiatry; a sore", status)


def test_an_appointment_is_with_whom_gives_care_where_it_is_never_with_the_person() -> None:
    told = appointment("booked", somebody("Clinic 2", "Location"), somebody("A Jones"))
    assert (told.author, told.place) == ("A Jones", "Clinic 2")
    assert appointment("booked").author is None


def test_a_referral_says_to_whom_and_why() -> None:
    asked = {
        "subject": PERSON,
        "intent": "order",
        "code": {"text": "Falls assessment"},
        "reasonCode": [{"text": "two falls"}],
        "performer": [somebody("Falls service", "HealthcareService")],
        "requester": somebody("Dr A"),
    }
    told = entry("ServiceRequest", status="active", **asked)
    assert told.title == "Falls assessment"
    assert (told.detail, told.author) == ("to Falls service; two falls", "Dr A")
    withdrawn = entry("ServiceRequest", status="revoked", **asked)
    assert withdrawn.title == "Referral withdrawn"
    assert withdrawn.detail == "Falls assessment; to Falls service; two falls"


SYSTOLIC = {"code": {"text": "Systolic"}, "valueQuantity": {"value": 107, "unit": "mmHg"}}
DIASTOLIC = {"code": {"text": "Diastolic"}, "valueQuantity": {"value": 60, "unit": "mmHg"}}


@pytest.mark.parametrize(
    ("elements", "detail"),
    [
        ({"valueQuantity": {"value": 82.5, "unit": "kg"}}, "82.5 kg"),
        ({"valueQuantity": {"comparator": "<", "value": 5, "code": "mg"}}, "< 5 mg"),
        ({"valueCodeableConcept": {"text": "steady"}}, "steady"),
        ({"valueBoolean": False}, "no"),
        ({"valueInteger": 3}, "3"),
        ({"valueDateTime": "2026-02-01"}, "1 February 2026"),
        ({"valuePeriod": {"start": "2026-02"}}, "February 2026"),
        ({"valueRange": {"low": {"value": 1}, "high": {"value": 2}}}, "1 to 2"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1:128"),
        ({"component": [SYSTOLIC, DIASTOLIC]}, "Systolic 107 mmHg; Diastolic 60 mmHg"),
        ({"dataAbsentReason": {"text": "refused"}}, "refused"),
        ({}, None),
    ],
)
def test_an_observation_says_what_was_found(elements: Json, detail: str | None) -> None:
    (told,) = entries_of(event_of(observation(**elements)))
    assert (told.title, told.detail) == ("Weight", detail)


def test_a_care_team_names_its_members_with_their_roles() -> None:
    joining = [
        {"member": somebody("A Jones"), "role": [{"text": "district nurse"}]},
        {"member": somebody("B Khan")},
        {"role": [{"text": "GP"}]},
    ]
    told = entry("CareTeam", subject=PERSON, participant=joining, name="Home team")
    assert (told.title, told.detail) == ("Home team", "A Jones (district nurse); B Khan; GP")


def test_who_is_contained_is_named() -> None:
    inner = {"resourceType": "Practitioner", "id": "a", "name": [{"family": "Jones"}]}
    (told,) = entries_of(event_of(observation(contained=[inner], performer=[{"reference": "#a"}])))
    assert told.author == "Jones"


@pytest.mark.parametrize(
    ("reference", "thread"),
    [
        ({"reference": "Practitioner/a-1"}, "RX1|Practitioner/a-1"),
        ({"reference": "https://host/fhir/Practitioner/1"}, "RX1|Practitioner/1"),
        ({"reference": "Practitioner/1", "display": "A Jones"}, None),
        ({"reference": "#nobody", "type": "Practitioner"}, None),
        ({"reference": "Patient/p1"}, None),
    ],
)
def test_who_has_no_name_here_is_told_by_the_thread_that_may_have_it(
    reference: Json, thread: str | None
) -> None:
    (told,) = entries_of(event_of(observation(performer=[reference])))
    assert told.author_thread == thread
    assert (told.author is None) == ("display" not in reference)


def test_a_urn_names_the_thread_that_its_message_says() -> None:
    urn = "urn:uuid:4f9f3ab4-63a0-4b57-8b8f-0ed4c7b60d11"
    made = bundle(
        "collection",
        {"resourceType": "Practitioner", "id": "9", "name": [{"family": "Khan"}]},
        observation(performer=[{"reference": urn, "type": "Practitioner"}]),
    )
    made["entry"][0]["fullUrl"] = urn
    _, event = events_of(made)
    assert entries_of(event)[0].author_thread == "RX1|Practitioner/9"


def test_a_place_that_is_only_referred_to_is_told_by_its_thread_too() -> None:
    ward = {"location": {"reference": "Location/w5"}}
    named = {"location": {"reference": "Location/w6", "display": "Ward 6"}}
    at = {"period": {"start": "2026-02-02T09:00:00Z"}}
    admitted, moved = entries_of(event_of(encounter(location=[ward, named | at])))
    assert (admitted.place, admitted.place_thread) == ("Location/w5", "RX1|Location/w5")
    assert (moved.place, moved.place_thread) == ("Ward 6", None)


def test_an_organisation_is_named_by_its_ods_code_where_it_has_no_other_name() -> None:
    ods = {"system": "https://fhir.nhs.uk/Id/ods-organization-code", "value": "RX9"}
    other = {"system": "https://example.nhs.uk/staff", "value": "123"}
    told = [
        entries_of(event_of(observation(performer=[{"identifier": identifier}])))[0].author
        for identifier in (ods, other)
    ]
    assert told == ["RX9", None]


@pytest.mark.parametrize(
    ("kind", "elements", "replaced"),
    [
        (
            "DocumentReference",
            {"relatesTo": [{"code": "replaces", "target": {"reference": "DocumentReference/1"}}]}
            | {"status": "current", "content": [{"attachment": {"title": "a letter"}}]},
            ("RX1|DocumentReference/1",),
        ),
        (
            "DocumentReference",
            {"relatesTo": [{"code": "appends", "target": {"reference": "DocumentReference/1"}}]}
            | {"status": "current", "content": [{"attachment": {"title": "a letter"}}]},
            (),
        ),
        (
            "ServiceRequest",
            {"replaces": [{"reference": "ServiceRequest/1"}], "status": "active"}
            | {"intent": "order"},
            ("RX1|ServiceRequest/1",),
        ),
        (
            "CarePlan",
            {"replaces": [{"identifier": {"value": "7"}, "type": "CarePlan"}], "status": "active"}
            | {"intent": "plan"},
            ("RX1|CarePlan?|7",),
        ),
    ],
)
def test_what_takes_the_place_of_another_names_it(
    kind: str, elements: Json, replaced: tuple[str, ...]
) -> None:
    assert entry(kind, subject=PERSON, **elements).replaces == replaced


def test_a_death_is_told() -> None:
    (died,) = entries_of(event_of(patient(deceasedDateTime="2026-02-01")))
    assert (died.title, died.detail) == ("Death recorded", "1 February 2026")
    (alive,) = entries_of(event_of(patient(deceasedBoolean=False)))
    assert alive.title == "Personal details recorded"


def test_a_long_detail_is_cut_and_says_so() -> None:
    payload = [{"contentString": "words " * 200}]
    told = entry("Communication", subject=PERSON, status="completed", payload=payload)
    assert told.detail is not None
    assert len(told.detail) == LONGEST_DETAIL
    assert told.detail.endswith("…")
