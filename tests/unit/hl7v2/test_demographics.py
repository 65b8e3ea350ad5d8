"""Who a PID says somebody is: every name that they may be looked up by, and nothing made up."""

from collections.abc import Mapping
from typing import Any

import pytest

from schemas.hl7v2.demographics import patient_in
from tests.builders import NHS_NUMBER, event_of, events_of
from tests.unit.hl7v2.made import adt, pid


def patient(fields: Mapping[int, str] | None = None, identifier: str = "1^^^PAS") -> dict[str, Any]:
    return patient_in(event_of(adt("A28", pid(identifier, fields)).encode()))


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("DOE^JANE^ANN", [{"family": "DOE", "given": ["JANE", "ANN"]}]),
        ("DOE&van^JANE^^^^^L", [{"use": "official", "family": "DOE", "given": ["JANE"]}]),
        ("O\\T\\DOE", [{"family": "O&DOE"}]),
        ("^JANE", [{"given": ["JANE"]}]),
        (
            "DOE^JANE~ROE^JANE^^^^^M",
            [
                {"family": "DOE", "given": ["JANE"]},
                {"use": "maiden", "family": "ROE", "given": ["JANE"]},
            ],
        ),
        (
            "DOE^JANE^^^^^L^^^^^^^^JEN",
            [
                {"use": "official", "family": "DOE", "given": ["JANE"]},
                {"use": "nickname", "text": "JEN"},
            ],
        ),
        ('""', None),
        ("^^^^^^L", None),
        ("", None),
    ],
)
def test_a_name_is_its_parts_and_its_use(said: str, names: list[dict[str, Any]] | None) -> None:
    assert patient({5: said}).get("name") == names


def test_an_alias_is_a_name_by_which_somebody_may_be_known() -> None:
    names = patient({5: "DOE^JANE^^^^^L", 9: "ROE^JANIE"})["name"]
    assert [name.get("use") for name in names] == ["official", "nickname"]
    assert names[1]["given"] == ["JANIE"]


@pytest.mark.parametrize(
    ("said", "sex"),
    [("F", "female"), ("m", "male"), ("O", "other"), ("A", "other"), ("U", "unknown")],
)
def test_sex_is_in_the_words_of_fhir(said: str, sex: str) -> None:
    assert patient({8: said})["gender"] == sex


@pytest.mark.parametrize("said", ["", '""', "X", "female"])
def test_a_sex_that_has_no_word_is_not_said(said: str) -> None:
    assert "gender" not in patient({8: said})


def test_numbers_are_identifiers_and_a_verified_nhs_number_says_so() -> None:
    found = patient({32: "01"}, f"7^^^PAS^MR~{NHS_NUMBER}^^^NHS^NH")["identifier"]
    assert [(one["system"], one["value"], "extension" in one) for one in found] == [
        ("PAS", "7", False),
        ("https://fhir.nhs.uk/Id/nhs-number", NHS_NUMBER, True),
    ]


def test_each_patient_of_a_message_is_told_apart() -> None:
    said = adt("A17", pid("1", {5: "ONE^A"}), "PV1|1", pid("2", {5: "TWO^B"}), "PV1|1")
    assert [patient_in(event)["name"][0]["family"] for event in events_of(said.encode())] == [
        "ONE",
        "TWO",
    ]


def test_a_message_without_a_patient_says_nothing() -> None:
    assert patient_in(event_of(adt("A28", "PV1|1").encode())) == {}
