"""What a Patient and an HL7 v2 message say of who is one person, as links."""

from typing import Any

import pytest

from schemas.events import CareEvent, Link, LinkKind
from schemas.identity import identifier_key, local_key, nhs_born_key, nhs_key
from schemas.topics import ContentType
from tests.builders import (
    NHS_NUMBER,
    OTHER_NHS_NUMBER,
    bundle,
    delete,
    encounter,
    event_of,
    events_of,
    history,
    nhs_identifier,
    patient,
    verified,
)
from tests.unit.hl7v2.made import adt, line, pid

Json = dict[str, Any]

MERGED, LINKED, PARTED = LinkKind.MERGED, LinkKind.LINKED, LinkKind.PARTED
POSSIBLE = LinkKind.POSSIBLE
P1, P2 = local_key("RX1", "p1"), local_key("RX1", "p2")
MRN = {"system": "https://example.nhs.uk/mrn", "value": "77"}
NAMED = identifier_key("RX1", MRN["system"], "77")


def links(resource: Json) -> set[Link]:
    return set(event_of(resource).links)


def linking(kind: str, other: Json, **elements: Any) -> set[Link]:
    return links(patient(link=[{"type": kind, "other": other}], **elements))


TO_P2 = {"reference": "Patient/p2"}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("replaced-by", Link(P1, P2, MERGED)),
        ("replaces", Link(P2, P1, MERGED)),
        ("seealso", Link(P1, P2, LINKED)),
        ("refer", Link(P1, P2, POSSIBLE)),
    ],
)
def test_a_patients_link_says_who_was_given_up_for_whom(kind: str, said: Link) -> None:
    assert linking(kind, TO_P2) == {said}


def test_a_link_to_oneself_to_nobody_and_to_a_relative_says_nothing() -> None:
    assert linking("seealso", {"reference": "Patient/p1"}) == set()
    assert linking("seealso", {"display": "somebody"}) == set()
    assert linking("seealso", {"reference": "RelatedPerson/r1"}) == set()


def test_a_link_by_an_identifier_names_whom_the_source_calls_so() -> None:
    assert linking("replaced-by", {"identifier": MRN}) == {Link(P1, NAMED, MERGED)}


@pytest.mark.parametrize("kind", ["replaced-by", "replaces", "seealso", "refer"])
def test_a_link_by_an_nhs_number_is_no_proof(kind: str) -> None:
    said = linking(kind, {"identifier": nhs_identifier(OTHER_NHS_NUMBER)})
    assert said == {Link(P1, nhs_key(OTHER_NHS_NUMBER), POSSIBLE)}


def test_two_patients_of_one_message_may_link_to_one_another() -> None:
    one = patient(link=[{"type": "seealso", "other": TO_P2}])
    back = {"type": "seealso", "other": {"reference": "Patient/p1"}}
    other = patient(id="p2", link=[back])
    said = [set(event.links) for event in events_of(bundle("collection", one, other))]
    assert said == [{Link(P1, P2, LINKED)}, {Link(P2, P1, LINKED)}]


def test_contained_patients_may_link_to_one_another() -> None:
    inner = [
        {
            "resourceType": "Patient",
            "id": name,
            "identifier": [{**MRN, "value": value}],
            "link": [{"type": "seealso", "other": {"reference": f"#{other}"}}],
        }
        for name, value, other in (("a", "77", "b"), ("b", "78", "a"))
    ]
    event = event_of(encounter(contained=inner, subject={"reference": "#a"}))
    other = identifier_key("RX1", MRN["system"], "78")
    assert (event.subject, event.links) == (NAMED, (Link(NAMED, other, LINKED),))


def test_what_is_about_a_patient_of_its_message_leaves_it_to_say_who_that_is() -> None:
    visit = encounter(subject={"reference": "Patient/p1"})
    events = events_of(bundle("collection", verified(), visit))
    born = nhs_born_key(NHS_NUMBER, "1948-02-29")
    assert [set(event.links) for event in events] == [{Link(P1, born)}, set()]
    assert [event.subject for event in events] == [P1, P1]


def test_what_is_about_a_contained_patient_says_whose_its_number_is() -> None:
    inner = verified(id="c1")
    inner["identifier"].append(MRN)
    event = event_of(encounter(contained=[inner], subject={"reference": "#c1"}))
    assert event.subject == NAMED
    assert set(event.links) == {Link(NAMED, nhs_born_key(NHS_NUMBER, "1948-02-29"))}


def test_a_deletion_says_that_its_source_deleted_the_patient_and_nothing_else() -> None:
    (event,) = events_of(history(delete("Patient/p1"), timestamp="2026-01-01T00:00:00Z"))
    assert (event.subject, event.links) == (P1, (Link(P1, P1, LinkKind.DELETED),))


def test_the_names_that_a_source_has_for_a_patient_are_one_persons() -> None:
    assert links(patient(identifier=[MRN])) == {Link(P1, NAMED)}
    nameless = patient(identifier=[MRN, {**MRN, "value": "78"}])
    del nameless["id"]
    assert links(nameless) == {Link(NAMED, identifier_key("RX1", MRN["system"], "78"))}


@pytest.mark.parametrize(
    "identifier",
    [
        {"value": "77"},
        {"system": MRN["system"]},
        {**MRN, "value": "unknown"},
        {**MRN, "value": "0000000"},
        {**MRN, "value": "0"},
        {**MRN, "value": "999999"},
        {**MRN, "type": {"coding": [{"code": "SS"}]}},
        {**MRN, "type": {"coding": [{"code": "MC"}]}},
        nhs_identifier("1111111111"),
    ],
)
def test_what_is_not_the_sources_own_name_for_one_patient_joins_nobody(identifier: Json) -> None:
    assert links(patient(identifier=[identifier])) == set()


# HL7 v2.


def key(value: str, authority: str = "PAS") -> str:
    return identifier_key("RX1", authority, value)


def told(trigger: str, *segments: str) -> list[CareEvent]:
    return events_of(adt(trigger, *segments).encode(), content_type=ContentType.HL7V2)


def said(trigger: str, *segments: str) -> set[Link]:
    return {link for event in told(trigger, *segments) for link in event.links}


NEW, OLD = key("1001"), key("900")
MRG = line("MRG", {1: "900^^^PAS^MR"})
MERGES = ["A18", "A30", "A34", "A36", "A39", "A40", "A46", "A47", "A48"]


@pytest.mark.parametrize("trigger", MERGES)
def test_what_was_merged_or_renamed_was_given_up(trigger: str) -> None:
    assert said(trigger, pid(), MRG) == {Link(OLD, NEW, MERGED)}


@pytest.mark.parametrize("trigger", ["A01", "A08", "A31", "A44", "A45", "A50", "A51"])
def test_other_triggers_give_nobody_up(trigger: str) -> None:
    assert said(trigger, pid(), MRG) == set()


def test_a_number_that_both_have_was_not_given_up() -> None:
    both = pid("1001^^^PAS^MR~5^^^MPI^PI")
    merge = line("MRG", {1: "900^^^PAS^MR~5^^^MPI^PI"})
    assert said("A40", both, merge) == {Link(OLD, NEW, MERGED), Link(NEW, key("5", "MPI"))}


def test_an_outside_number_that_changed_is_given_up_for_the_patient() -> None:
    now = pid(fields={2: "E2^^^MPI^PI"})
    merge = line("MRG", {1: "1001^^^PAS^MR", 4: "E1^^^MPI^PI"})
    assert said("A39", now, merge) == {Link(key("E1", "MPI"), NEW, MERGED)}


def test_a_merge_by_an_nhs_number_is_no_proof() -> None:
    merge = line("MRG", {1: f"{OTHER_NHS_NUMBER}^^^NHS^NH"})
    assert said("A40", pid(), merge) == {Link(NEW, nhs_key(OTHER_NHS_NUMBER), POSSIBLE)}
    beside = line("MRG", {1: f"{OTHER_NHS_NUMBER}^^^NHS^NH~900^^^PAS^MR"})
    assert said("A40", pid(), beside) == {Link(OLD, NEW, MERGED)}


def test_each_patient_of_a_merge_has_its_own() -> None:
    second = pid("1002^^^PAS^MR"), line("MRG", {1: "901^^^PAS^MR"})
    assert said("A40", pid(), MRG, *second) == {
        Link(OLD, NEW, MERGED),
        Link(key("901"), key("1002"), MERGED),
    }


@pytest.mark.parametrize(("trigger", "kind"), [("A24", LINKED), ("A37", PARTED)])
def test_two_patients_are_linked_and_parted_by_their_own_numbers(
    trigger: str, kind: LinkKind
) -> None:
    one = pid(f"1001^^^PAS^MR~{NHS_NUMBER}^^^NHS^NH")
    other = pid(f"2002^^^PAS^MR~{OTHER_NHS_NUMBER}^^^NHS^NH")
    pairs = {
        frozenset((link.one, link.other)) for link in said(trigger, one, other) if link.kind is kind
    }
    assert pairs == {frozenset((NEW, key("2002")))}


def test_a_number_is_moved_from_one_patient_to_another() -> None:
    to = pid("55^^^ED^MR~1001^^^PAS^MR")
    moved = line("MRG", {1: "55^^^ED^MR~900^^^PAS^MR"})
    number = key("55", "ED")
    assert said("A43", to, moved) == {
        Link(OLD, number, PARTED),
        Link(NEW, number, LINKED),
        Link(number, NEW),
    }


def test_a_move_that_names_no_number_of_both_moves_all_of_them() -> None:
    assert said("A43", pid(), MRG) == {Link(OLD, NEW, MERGED)}


def test_who_is_deleted_is_told() -> None:
    assert said("A29", pid()) == {Link(NEW, NEW, LinkKind.DELETED)}


def test_the_numbers_of_one_patient_in_one_message_are_one_persons() -> None:
    found = said("A08", pid("1001^^^PAS^MR~7^^^ED^PI~8^^^US^SS~X^^^ED^PI~9"))
    assert found == {Link(NEW, key("7", "ED"))}


def test_a_number_that_is_verified_is_proof_and_any_other_is_to_be_looked_at() -> None:
    both = f"1001^^^PAS^MR~{NHS_NUMBER}^^^NHS^NH"
    born = nhs_born_key(NHS_NUMBER, "1948-02-29")
    assert said("A08", pid(both, {32: "01"})) == {Link(NEW, born)}
    quoted = {Link(NEW, nhs_key(NHS_NUMBER), POSSIBLE)}
    assert said("A08", pid(both)) == quoted
    assert said("A08", pid(both, {32: "02"})) == quoted
    assert said("A08", pid(both, {32: "01", 7: "1948"})) == quoted
