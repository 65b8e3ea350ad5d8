"""What HL7 v2 ADT messages say of a person that measures need."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import ContentType
from streams.traits.read import traits_of
from streams.traits.trait import Kind, Trait
from tests.builders import NHS_NUMBER, events_of, wrong_check_digit


def message(
    fields: dict[int, str], *segments: str, trigger: str = "A01", minute: int = 0, code: str = "ADT"
) -> list[tuple[Trait, ...]]:
    """What each fact of a message says; fields of PID by their number."""
    at = f"2026020109{minute:02d}"
    pid = [fields.get(number, "") for number in range(1, 33)]
    lines = [
        f"MSH|^~\\&|PAS|RX1|||{at}||{code}^{trigger}|{trigger}{minute}|P|2.5",
        f"EVN|{trigger}|{at}",
        "|".join(["PID", *pid]),
        *segments,
    ]
    body = "\r".join(lines).encode()
    return [traits_of(event) for event in events_of(body, content_type=ContentType.HL7V2)]


OWN = {3: "p1^^^RX1^MR"}
EVERYTHING = OWN | {
    7: "19480229",
    8: "F",
    11: "9 Old Road^^^^ZZ99 9ZZ^^BA~1 Elm Care Home^^Newtown^^ZZ991AJ^^H",
    22: "J",
    29: "20260330003000+0100",
}


def people(fields: dict[int, str], *segments: str, **more: Any) -> tuple[Trait, ...]:
    (found,) = message(fields, *segments, **more)
    assert {(trait.kind, trait.subject) for trait in found} == {(Kind.PERSON, "RX1/id/RX1|p1")}
    return found


def person(*fields: dict[int, str], **more: Any) -> dict[str, Any]:
    """What holds of a person after these messages, one a minute."""
    last: dict[str, Trait] = {}
    for minute, said in enumerate(fields):
        for trait in people(OWN | said, minute=minute, **more):
            last.pop(trait.thread, None)
            last[trait.thread] = trait
    return {key: value for trait in last.values() for key, value in trait.said.items()}


def test_a_message_says_who_and_where_its_patient_is() -> None:
    found = people(EVERYTHING, "PD1||||ZP0001")
    assert {key: value for trait in found for key, value in trait.said.items()} == {
        "birth": "1948-02-29",
        "died": "2026-03-30",
        "sex": "female",
        "ethnicity": "J",
        "postcode": "ZZ99 1AJ",
        "practice": "ZP0001",
        "lives": "care-home",
        "flags": [],
    }


def test_the_practice_of_a_facility_goes_before_a_practitioners_number() -> None:
    (trait,) = people(OWN, "PD1|||Quayside^^ZP0001|G1234567^SMITH")
    assert trait.said["practice"] == "ZP0001"


def test_a_death_without_a_time_is_of_the_day_on_which_it_was_written() -> None:
    assert person({30: "Y"})["died"] == "2026-02-01"


DIED = {29: "20260131", 30: "Y"}


@pytest.mark.parametrize("corrected", [{30: "N"}, {29: '""', 30: '""'}])
def test_a_death_that_is_corrected_is_none(corrected: dict[int, str]) -> None:
    assert person(DIED, {8: "F"})["died"] == "2026-01-31"
    assert "died" not in person(DIED, corrected)


def test_whoever_moves_out_of_a_care_home_lives_there_no_more() -> None:
    home, moved = {11: "Elm Care Home^^^^ZZ99 1AJ"}, {8: "F", 11: "9 Old Road^^^^ZZ99 9ZZ"}
    assert person(home, {8: "F"}, {11: "1 Work Road^^^^ZZ99 2AA^^B"})["lives"] == "care-home"
    assert person(home, moved) == {"sex": "female", "postcode": "ZZ99 9ZZ", "flags": []}


def test_an_address_that_is_taken_back_leaves_none() -> None:
    assert person({11: "Elm Care Home^^^^ZZ99 1AJ"}, {11: '""'}) == {"flags": []}


def test_a_number_that_fails_its_check_is_flagged() -> None:
    wrong = wrong_check_digit(NHS_NUMBER)
    assert person({3: f"p1^^^RX1^MR~{wrong}^^^NHS^NH"})["flags"] == ["bad-nhs-number"]


def test_each_patient_of_a_message_is_read_in_its_own_segments() -> None:
    other = "PID|2||p2^^^RX1^MR||||19500101|M"
    first, second = message(OWN | {8: "F"}, "PD1||||ZP0001", other, trigger="A17")
    assert [dict(trait.said) for trait in first] == [
        {"sex": "female", "practice": "ZP0001", "flags": []}
    ]
    assert [dict(trait.said) for trait in second] == [
        {"birth": "1950-01-01", "sex": "male", "flags": []}
    ]


def test_only_messages_about_admissions_and_demographics_say_who_somebody_is() -> None:
    assert message(EVERYTHING, code="ORU", trigger="R01") == [()]
    assert message(EVERYTHING, trigger="A29") == [()]


@given(
    told=st.lists(
        st.dictionaries(st.sampled_from([7, 8, 22]), st.just(True), min_size=1, max_size=3).map(
            sorted
        ),
        min_size=1,
        max_size=6,
    ),
    data=st.data(),
)
def test_an_empty_field_takes_nothing_back_in_any_order(
    told: list[list[int]], data: st.DataObject
) -> None:
    values = {7: ["19480229", "19500101"], 8: ["F", "M"], 22: ["A", "J"]}
    wanted: dict[str, Any] = {}
    rows: list[tuple[int, Trait]] = []
    for minute, fields in enumerate(told):
        fields_said = OWN | {field: values[field][minute % 2] for field in fields}
        (trait,) = people(fields_said, minute=minute)
        rows.append((minute, trait))
        wanted |= trait.said
    shuffled = data.draw(st.permutations([*rows, *rows[:2]]))
    holding: dict[str, tuple[int, Trait]] = {}
    for row in shuffled:
        holding[row[1].thread] = max(row, holding.get(row[1].thread, row), key=lambda one: one[0])
    found: dict[str, Any] = {}
    for _, trait in sorted(holding.values(), key=lambda one: one[0]):
        found |= trait.said
    assert found == wanted


DIAGNOSES = (
    "PV1|1|I|||||||||||||||||V1",
    "DG1|1||84114007^Heart failure^SCT||20260131|F",
    "DG1|2||J44.9^COPD^I10||20260131|W",
    "DG1|3||X1^Local^L",
    "DG1|4||73211009^Diabetes^SCT|||F|||||||||||||||D",
)


def test_a_visits_diagnoses_hold_together_and_a_working_one_is_not_sure() -> None:
    ((_, *found),) = message(OWN, *DIAGNOSES)
    assert {trait.thread for trait in found} == {"RX1|DG1/RX1/id/RX1|p1/V1"}
    assert [(trait.kind, dict(trait.said)) for trait in found] == [
        (Kind.CONDITION, {"codes": ["84114007"], "since": "2026-01-31"}),
        (Kind.CONDITION, {"codes": ["J44.9"], "since": "2026-01-31", "holds": False}),
    ]


@pytest.mark.parametrize("diagnosis", DIAGNOSES[3:])
def test_diagnoses_that_say_nothing_end_what_was_said(diagnosis: str) -> None:
    ((_, trait),) = message(OWN, DIAGNOSES[0], diagnosis)
    assert trait.kind is Kind.NOTHING
