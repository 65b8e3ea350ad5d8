"""Whom a message is about: every way to say it, and the ways that are not believed."""

from typing import Any

import pytest
from hypothesis import given

from schemas.events import Flag, Link, LinkKind
from schemas.identity import (
    LONGEST_NAME,
    NHS_NUMBER_SYSTEM,
    identifier_key,
    local_key,
    nhs_born_key,
    nhs_key,
)
from tests.builders import (
    NHS_NUMBER,
    OTHER_NHS_NUMBER,
    bundle,
    encounter,
    event_of,
    events_of,
    message_header,
    nhs_identifier,
    nhs_numbers,
    patient,
    verified,
    wrong_check_digit,
)

Json = dict[str, Any]

URN = "urn:uuid:4f9f3ab4-63a0-4b57-8b8f-0ed4c7b60d11"
LOCAL = local_key("RX1", "p1")


def subject(reference: Json, **elements: Any) -> str | None:
    return event_of(encounter(subject=reference, **elements)).subject


def with_entry_names(made: Json, *names: str | None) -> Json:
    entries = [
        {**entry, "fullUrl": name} if name else entry
        for entry, name in zip(made["entry"], names, strict=True)
    ]
    return {**made, "entry": entries}


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p1",
        "Patient/p1/_history/3",
        "https://example.nhs.uk/fhir/Patient/p1",
        "https://example.nhs.uk/fhir/Patient/p1/_history/3",
    ],
)
def test_a_literal_reference_names_the_patient_of_that_source(reference: str) -> None:
    assert subject({"reference": reference}) == LOCAL


def test_the_same_reference_from_another_source_is_another_identity() -> None:
    assert event_of(encounter(), source="RY2").subject == local_key("RY2", "p1") != LOCAL


@pytest.mark.parametrize("kind", ["transaction", "batch", "message", "collection"])
def test_a_urn_is_resolved_to_the_patient_in_the_same_message(kind: str) -> None:
    visit = encounter(subject={"reference": URN})
    first = message_header() if kind == "message" else verified(OTHER_NHS_NUMBER, id="p9")
    made = with_entry_names(bundle(kind, first, visit, verified()), None, None, URN)
    assert [e.subject for e in events_of(made) if e.kind == "Encounter"] == [LOCAL]


def test_a_urn_that_is_not_in_the_message_is_an_identity_of_its_own() -> None:
    assert subject({"reference": URN}) == identifier_key("RX1", "urn", URN)


def test_a_contained_patient_is_known_by_its_identifiers_not_by_its_id_in_there() -> None:
    numbered = verified(id="c1")
    assert subject({"reference": "#c1"}, contained=[numbered]) == nhs_key(NHS_NUMBER)
    assert subject({"reference": "#c1"}, contained=[patient(id="c1")]) is None


@pytest.mark.parametrize(
    "reference", ["#c1", "c1", "Patient?name=Example", "Group/g1", "Patient?identifier=s%7C%00"]
)
def test_a_reference_that_could_mean_several_people_names_nobody(reference: str) -> None:
    event = event_of(encounter(subject={"reference": reference}))
    assert event.subject is None
    assert Flag.NO_PATIENT in event.flags


def test_a_conditional_reference_names_by_identifier() -> None:
    by_number = {"reference": f"Patient?identifier={NHS_NUMBER_SYSTEM}|{NHS_NUMBER}"}
    by_local = {"reference": "Patient?identifier=https://example.nhs.uk/mrn|77"}
    assert subject(by_number) == nhs_key(NHS_NUMBER)
    assert subject(by_local) == identifier_key("RX1", "https://example.nhs.uk/mrn", "77")


@given(number=nhs_numbers())
def test_an_identifier_alone_names_by_a_valid_nhs_number(number: str) -> None:
    event = event_of(encounter(subject={"identifier": nhs_identifier(number)}))
    assert (event.subject, event.flags) == (nhs_key(number), ())


@given(number=nhs_numbers())
def test_a_wrong_check_digit_is_flagged_and_stays_the_sources_own(number: str) -> None:
    wrong = wrong_check_digit(number)
    own = identifier_key("RX1", NHS_NUMBER_SYSTEM, wrong)
    for reference in (
        {"identifier": nhs_identifier(wrong)},
        {"reference": f"Patient?identifier={NHS_NUMBER_SYSTEM}|{wrong}"},
    ):
        event = event_of(encounter(subject=reference))
        assert (event.subject, event.flags) == (own, (Flag.BAD_NHS_NUMBER,))


@pytest.mark.parametrize("number", ["1111111111", "999 000 0026", "999000002", "٩٩٩٠٠٠٠٠٢٦"])
def test_what_is_no_nhs_number_is_never_linked_by(number: str) -> None:
    event = event_of(verified(number))
    assert (event.subject, event.links) == (LOCAL, ())
    assert Flag.BAD_NHS_NUMBER in event.flags


@given(number=nhs_numbers())
def test_a_verified_number_with_a_date_of_birth_links(number: str) -> None:
    event = event_of(verified(number))
    born = nhs_born_key(number, "1948-02-29")
    assert event.subject == LOCAL
    assert set(event.links) == {Link(LOCAL, born)}
    assert not {Flag.BAD_NHS_NUMBER, Flag.UNVERIFIED_NHS_NUMBER} & set(event.flags)


@pytest.mark.parametrize("status", [None, "02", "03", "08"])
def test_an_unverified_number_is_kept_and_flagged_and_does_not_link(status: str | None) -> None:
    event = event_of(patient(identifier=[nhs_identifier(status=status)]))
    assert event.subject == LOCAL
    assert event.links == (Link(LOCAL, nhs_key(NHS_NUMBER), LinkKind.POSSIBLE),)
    assert Flag.UNVERIFIED_NHS_NUMBER in event.flags


@pytest.mark.parametrize("born", [None, "1948", "1948-02"])
def test_a_number_without_a_whole_date_of_birth_does_not_link(born: str | None) -> None:
    made = {k: v for k, v in {**verified(), "birthDate": born}.items() if v is not None}
    event = event_of(made)
    assert event.links == (Link(LOCAL, nhs_key(NHS_NUMBER), LinkKind.POSSIBLE),)
    assert Flag.UNVERIFIED_NHS_NUMBER in event.flags


def test_one_number_given_twice_is_one_number() -> None:
    twice = [nhs_identifier(status="01"), nhs_identifier(status="01")]
    assert event_of(patient(identifier=twice)).links == event_of(verified()).links


def test_two_verified_numbers_contradict_each_other_and_link_nothing() -> None:
    both = [nhs_identifier(status="01"), nhs_identifier(OTHER_NHS_NUMBER, status="01")]
    kinds = {link.kind for link in event_of(patient(identifier=both)).links}
    assert kinds == {LinkKind.POSSIBLE}


def test_a_patient_without_an_id_is_known_by_its_own_identifier_before_the_nhs_number() -> None:
    own = {"system": "https://example.nhs.uk/mrn", "value": "77"}
    made = patient(identifier=[nhs_identifier(status="01"), own])
    del made["id"]
    assert event_of(made).subject == identifier_key("RX1", own["system"], "77")
    made["identifier"] = [nhs_identifier(status="01")]
    assert event_of(made).subject == nhs_key(NHS_NUMBER)


def test_an_appointment_is_about_its_patient_not_its_clinician() -> None:
    clinician = {"actor": {"reference": URN}, "status": "accepted"}
    person = {"actor": {"reference": "Patient/p1"}, "status": "accepted"}
    made = {"resourceType": "Appointment", "status": "booked", "participant": [clinician, person]}
    assert event_of(made).subject == LOCAL
    assert event_of({**made, "participant": [clinician]}).subject is None


def test_an_actor_that_resolves_to_a_patient_of_the_message_is_the_person() -> None:
    part = {"actor": {"reference": URN}, "status": "accepted"}
    made = {"resourceType": "Appointment", "status": "booked", "participant": [part]}
    together = with_entry_names(bundle("collection", made, patient()), None, URN)
    assert [event.subject for event in events_of(together)] == [LOCAL, LOCAL]


def test_a_fact_about_nobody_is_kept_and_flagged() -> None:
    event = event_of({"resourceType": "Organization", "id": "o1", "name": "Ward team"})
    assert event.subject is None
    assert Flag.NO_PATIENT in event.flags


def test_a_name_too_long_to_index_is_cut_and_still_its_own() -> None:
    keys = [subject({"identifier": {"value": "x" * 5_000 + end}}) for end in "ab"]
    assert all(key is not None and len(key) <= LONGEST_NAME for key in keys)
    assert keys[0] != keys[1]
