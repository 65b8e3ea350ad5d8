"""What QuestionnaireResponses say: what somebody was asked, and how care is found to work."""

from typing import Any

import pytest

from streams.traits.trait import Kind, Trait
from tests.unit.traits.read import ODS, PERSON, is_nothing, traits

FORM = "https://throughline.example/Questionnaire"


def item(number: int, answer: int | None) -> dict[str, Any]:
    said = {} if answer is None else {"answer": [{"valueInteger": answer}]}
    return {"linkId": f"{number}", "text": f"Question {number}?", **said}


def response(*answers: int | None, **elements: Any) -> tuple[Trait, ...]:
    return traits(
        "QuestionnaireResponse",
        **{
            "status": "completed",
            "questionnaire": f"{FORM}/integrate|1.0",
            "subject": PERSON,
            "authored": "2026-02-01T10:00:00+01:00",
            "author": {
                "reference": "Organization/7",
                "identifier": {"system": ODS, "value": "RC1"},
            },
            "item": [item(number, answer) for number, answer in enumerate(answers, 1)],
            **elements,
        },
    )


def test_a_survey_says_its_answers_and_what_was_asked() -> None:
    told = {"at": "2026-02-01T09:00:00+00:00", "organisation": "RC1"}
    survey, asked = response(0, 3)
    assert (survey.kind, dict(survey.said)) == (
        Kind.SURVEY,
        {"instrument": "integrate", "answers": [0, 3], **told},
    )
    assert (asked.kind, dict(asked.said)) == (
        Kind.ASKED,
        {
            "questions": [
                f"link:{FORM}/integrate#1",
                f"link:{FORM}/integrate#2",
                "text:question 1",
                "text:question 2",
            ],
            **told,
        },
    )
    assert survey.subject == asked.subject == "RX1/Patient/p1"


def test_a_form_of_ones_own_asks_and_is_no_survey() -> None:
    assert [trait.kind for trait in response(1, questionnaire="https://rc1.example/form")] == [
        Kind.ASKED
    ]


def test_what_has_no_answer_was_not_asked() -> None:
    _, asked = response(None, 1)
    assert asked.said["questions"] == [f"link:{FORM}/integrate#2", "text:question 2"]


def test_a_survey_about_nobody_asks_nobody() -> None:
    found = response(5, 4, questionnaire=f"{FORM}/partnership", subject=None)
    assert [(trait.kind, trait.subject) for trait in found] == [(Kind.SURVEY, None)]


def test_a_survey_that_is_not_done_yet_counts_as_asked_alone() -> None:
    assert [trait.kind for trait in response(1, status="in-progress")] == [Kind.ASKED]


@pytest.mark.parametrize("author", [None, {"reference": "Practitioner/7"}])
def test_where_no_organisation_is_named_the_source_asked(author: Any) -> None:
    assert {trait.said["organisation"] for trait in response(1, author=author)} == {"RX1"}


@pytest.mark.parametrize("elements", [{"status": "entered-in-error"}, {"item": None}])
def test_a_response_that_is_an_error_or_empty_says_nothing(elements: dict[str, Any]) -> None:
    questionnaire = "https://rc1.example/form"
    assert is_nothing(response(1, questionnaire=questionnaire, **elements))
