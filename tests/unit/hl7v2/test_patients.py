"""Whom a message is about, by which numbers, and what it says of two of them."""

from collections.abc import Mapping

import pytest

from schemas.hl7v2 import parse
from schemas.hl7v2.patients import NO_PATIENT, Patient, patients_of
from schemas.hl7v2.values import Identifier, Place, identifiers, place
from schemas.identity import NHS_NUMBER_SYSTEM
from tests.builders import NHS_NUMBER
from tests.unit.hl7v2.made import adt, line, pid, pv1, segment

MR = Identifier("PAS", "1001", "MR")


def patient(identifier: str = "1001^^^PAS^MR", fields: Mapping[int, str] | None = None) -> Patient:
    (found,) = patients_of(parse(adt("A01", pid(identifier, fields))))
    return found


def grouped(number: str) -> str:
    return f"{number[:3]} {number[3:6]} {number[6:]}"


@pytest.mark.parametrize(
    "said",
    [
        f"{NHS_NUMBER}^^^NHS^NH",
        f"{NHS_NUMBER}^^^NHS",
        f"{NHS_NUMBER}^^^nhsno",
        f"{NHS_NUMBER}^^^^NH",
        f"{NHS_NUMBER}^^^^nhs",
        f"{NHS_NUMBER}^^^Spine&2.16.840.1.113883.2.1.4.1&ISO",
        f"{NHS_NUMBER}^^^&2.16.840.1.113883.2.1.4.1&ISO",
        f"{grouped(NHS_NUMBER)}^^^NHS^NH",
        f"{grouped(NHS_NUMBER).replace(' ', '-')}^^^NHS^NH",
        f"{grouped(NHS_NUMBER).replace(' ', chr(0xA0))}^^^NHS^NH",
        f" {NHS_NUMBER} ^^^NHS^NH",
    ],
)
def test_an_nhs_number_is_known_in_every_form(said: str) -> None:
    (found,) = identifiers(segment(f"PID|||{said}"), 3)
    assert found.is_nhs
    assert (found.system, found.value) == (NHS_NUMBER_SYSTEM, NHS_NUMBER)


@pytest.mark.parametrize(
    ("said", "system"),
    [
        ("1001^^^PAS^MR", "PAS"),
        ("1001^^^PAS&1.2.3&ISO^MR", "PAS"),
        ("1001^^^&1.2.3&ISO^MR", "1.2.3"),
        ("1001^^^^MR^SITE A", "SITE A"),
        ("1001^^^^MR^&1.2.4&ISO", "1.2.4"),
        ("1001^^^PAS^MR^SITE A", "PAS"),
        ('1001^^^""^MR', ""),
        ("1001", ""),
    ],
)
def test_a_number_belongs_to_its_authority_by_name_else_by_id_else_to_its_facility(
    said: str, system: str
) -> None:
    (found,) = identifiers(segment(f"PID|||{said}"), 3)
    assert (found.system, found.value) == (system, "1001")


def test_numbers_of_one_patient_are_this_sources_first_and_the_nhs_number_last() -> None:
    found = patient(f'{NHS_NUMBER}^^^NHS^NH~ab1^^^US^SS~""^^^PAS^MR~1001^^^PAS^MR~~2^^^X')
    assert [one.value for one in found.identifiers] == ["1001", "2", "ab1", NHS_NUMBER]


def test_old_messages_have_their_numbers_elsewhere() -> None:
    (found,) = patients_of(parse(adt("A01", line("PID", {2: "7^^^OLD", 4: "8"}))))
    assert found.identifiers == (Identifier("OLD", "7"),)
    (found,) = patients_of(parse(adt("A01", line("PID", {4: "8"}))))
    assert found.identifiers == (Identifier("", "8"),)


@pytest.mark.parametrize(
    ("said", "born"),
    [
        ("19480229", "1948-02-29"),
        ("194802291530+0100", "1948-02-29"),
        ("19470229", None),
        ("194802", None),
        ("1948", None),
        ('""', None),
        ("", None),
        ("unknown!", None),
    ],
)
def test_a_day_of_birth_is_one_that_exists(said: str, born: str | None) -> None:
    assert patient(fields={7: said}).born == born


def test_pid_32_says_that_the_nhs_number_is_verified() -> None:
    assert patient(fields={32: "01"}).verified
    assert patient(fields={32: "US~01"}).verified
    assert not patient(fields={32: "02"}).verified
    assert not patient().verified


@pytest.mark.parametrize(
    ("with_it", "is_protected"),
    [
        (line("PD1", {12: "Y"}), True),
        (line("PD1", {12: "N"}), False),
        (line("PV2", {22: "Y"}), True),
        (line("ARV", {1: "1", 2: "A", 3: "DEM"}), True),
        (line("ARV", {1: "1", 3: "LOC"}), True),
        (line("ARV", {1: "1", 2: "D", 3: "DEM"}), False),
        (line("ARV", {1: "1", 2: "A", 3: "NO"}), False),
        (line("ARV", {1: "1"}), False),
        (line("NTE", {12: "Y"}), False),
    ],
)
def test_a_patient_is_protected_where_a_segment_says_so(with_it: str, is_protected: bool) -> None:
    (found,) = patients_of(parse(adt("A01", pid(), with_it)))
    assert found.protected is is_protected


def test_protection_is_of_the_patient_that_it_follows() -> None:
    said = parse(adt("A17", pid("1"), line("PD1", {12: "Y"}), pv1(), pid("2"), pv1()))
    assert [one.protected for one in patients_of(said)] == [True, False]


@pytest.mark.parametrize("trigger", ["A18", "A30", "A34", "A36", "A39", "A40", "A43", "A46", "A47"])
def test_a_merge_says_what_each_patient_was_before(trigger: str) -> None:
    said = adt(trigger, pid("1"), "MRG|9^^^PAS~8", pid("2"), "MRG|7", pid("3"))
    found = patients_of(parse(said))
    assert [one.prior for one in found] == [
        (Identifier("PAS", "9"), Identifier("", "8")),
        (Identifier("", "7"),),
        (),
    ]


def test_an_old_merge_has_the_number_elsewhere() -> None:
    (found,) = patients_of(parse(adt("A30", pid(), "MRG||||9^^^PAS")))
    assert found.prior == (Identifier("PAS", "9"),)


def test_a_merge_that_names_its_trigger_in_the_event_segment_only_is_one() -> None:
    (found,) = patients_of(parse(adt("A40", pid(), "MRG|9", msh_9="ADT")))
    assert found.prior == (Identifier("", "9"),)


@pytest.mark.parametrize("trigger", ["A01", "A08", "A35", "A41", "A44", "A45", "A49", "A50"])
def test_what_is_no_merge_of_people_says_nothing_of_another(trigger: str) -> None:
    (found,) = patients_of(parse(adt(trigger, pid(), "MRG|9^^^PAS|||||VISIT9")))
    assert found.prior == ()


@pytest.mark.parametrize(("trigger", "said"), [("A24", "linked"), ("A37", "parted")])
def test_a_link_and_its_end_are_said_of_both(trigger: str, said: str) -> None:
    first, second, third = patients_of(parse(adt(trigger, pid("1"), pid("2"), pid("3"))))
    assert getattr(first, said) == (Identifier("", "2"),)
    assert getattr(second, said) == (Identifier("", "1"),)
    other = {"linked": "parted", "parted": "linked"}[said]
    assert getattr(first, other) == getattr(third, said) == ()


def test_a_link_of_one_patient_says_nothing() -> None:
    assert patients_of(parse(adt("A24", pid())))[0].linked == ()


def test_a_message_without_a_patient_is_about_nobody() -> None:
    assert patients_of(parse(adt("A01", "PV1|1|I"))) == [NO_PATIENT]
    (empty,) = patients_of(parse(adt("A01", "PID|1||||||||")))
    assert empty == NO_PATIENT


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("W1^R1^B1^SITE", Place("W1", "R1", "B1", "SITE")),
        ("W1&1.2&ISO^^^SITE&1.3&ISO", Place("W1", "", "", "SITE")),
        ("&1.2&ISO^^^&1.3&ISO", Place("1.2", "", "", "1.3")),
        ("^^^^^^^^By the lift", Place("By the lift", "", "", "")),
        ("W\\T\\1", Place("W&1", "", "", "")),
        ("W1~W2", Place("W1", "", "", "")),
        ('""', Place("", "", "", "")),
        ("", Place("", "", "", "")),
    ],
)
def test_a_place_is_ward_room_bed_and_site(said: str, found: Place) -> None:
    assert place(segment(f"PV1||I|{said}"), 3) == found
