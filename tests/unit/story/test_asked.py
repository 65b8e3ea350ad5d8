"""Questions asked and answered: known again by code, by words and by their place in a form."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.story.asked import Question, already_asked, asked_of
from streams.story.fact import Fact
from tests.unit.story.stories import fact, shuffled

Json = dict[str, Any]


def item(link: str, words: str | None, *answers: object, **elements: Any) -> Json:
    said = {"text": words} if words else {}
    given_answers = [{"valueString": a} if isinstance(a, str) else a for a in answers]
    return {"linkId": link, **said, **({"answer": given_answers} if answers else {}), **elements}


def form(*items: Json, day: int = 1, **elements: Any) -> Fact:
    said = {"status": "completed", "item": list(items), "authored": f"2026-02-{day:02d}"}
    return fact("QuestionnaireResponse", day=day, id=f"q{day}", **{**said, **elements})


def told(*facts: Fact) -> list[tuple[str, list[str]]]:
    return [(q.words, [answer.words for answer in q.answers]) for q in asked_of(facts)]


def test_an_answer_is_what_was_said_by_whom_and_when() -> None:
    (question,) = asked_of(
        [form(item("1", "Do you live alone?", "Yes"), day=7, author={"display": "A Jones"})]
    )
    (answer,) = question.answers
    assert (question.words, answer.words, answer.author) == ("Do you live alone?", "Yes", "A Jones")
    assert (answer.at.day, answer.source, answer.sector) == (7, "RX1", "acute")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (item("1", "Do you live alone?", "a"), item("7.2", "2. do you live ALONE", "b")),
        (item("SCT/27113001", "Weight", "a"), item("SCT/27113001", "How heavy?", "b")),
        (
            item("1", "x", "a", definition="http://loinc.org/29463-7"),
            item("2", "y", "b", definition="http://loinc.org/29463-7"),
        ),
    ],
)
def test_one_question_in_two_forms_is_one(one: Json, other: Json) -> None:
    ((_, answers),) = told(form(one, day=1), form(other, day=2))
    assert answers == ["b", "a"]


def test_one_place_in_one_form_is_one_question_even_without_words() -> None:
    forms = [form(item("1", None, f"{n}"), day=n, questionnaire="https://f|1") for n in (1, 2)]
    assert told(*forms) == [("1", ["2", "1"])]
    nameless = [form(item("1", None, f"{n}"), day=n) for n in (1, 2)]
    assert len(told(*nameless)) == 2


def test_questions_are_one_through_a_third_that_shares_with_both() -> None:
    by_words = form(item("1", "Weight", "a"), day=1)
    by_code = form(item("SCT/27113001", "Body weight", "b"), day=2)
    both = form(item("SCT/27113001", "Weight", "c"), day=3)
    assert len(told(by_words, by_code)) == 2
    assert told(by_words, by_code, both) == [("Weight", ["c", "b", "a"])]


def test_nested_questions_are_asked_too_and_groups_are_not() -> None:
    group = item("g", "About your home", item=[item("g.1", "Any stairs?", "Yes")])
    under = item("2", "Do you fall?", {"valueBoolean": True, "item": [item("2.1", "When?", "May")]})
    assert {words for words, _ in told(form(group, under))} == {
        "Any stairs?",
        "Do you fall?",
        "When?",
    }


def test_a_question_without_an_answer_is_not_answered_and_a_struck_form_not_asked() -> None:
    assert told(form(item("1", "Any stairs?"))) == []
    mistaken = form(item("1", "Any stairs?", "Yes"), status="entered-in-error")
    assert told(mistaken) == []


def test_several_answers_are_told_together_in_words() -> None:
    coded = {"valueCoding": {"system": "http://snomed.info/sct", "code": "1", "display": "Walking"}}
    asked = item("1", "What do you do?", coded, {"valueQuantity": {"value": 2, "unit": "km"}})
    assert told(form(asked)) == [("What do you do?", ["Walking; 2 km"])]


@pytest.mark.parametrize(
    "again",
    ["do you LIVE alone", "http://snomed.info/sct|224130005", "https://f#1"],
)
def test_what_was_asked_before_is_found_by_words_code_or_place(again: str) -> None:
    asked = item("1", "Do you live alone?", "Yes")
    coded = item("SCT/224130005", "Do you live alone?", "No")
    questions = asked_of([form(asked, day=1, questionnaire="https://f"), form(coded, day=2)])
    (found,) = already_asked(questions, again)
    assert [answer.words for answer in found.answers] == ["No", "Yes"]
    assert already_asked(questions, "Do you smoke?") == []


MANY = [
    form(item("1", "Weight", "a"), item("2", "Height", "h"), day=1),
    form(item("SCT/27113001", "Body weight", "b"), day=2),
    form(item("SCT/27113001", "Weight", "c"), day=3),
]


def known_again(questions: list[Question]) -> set[tuple[str, tuple[str, ...]]]:
    return {(q.words, tuple(answer.words for answer in q.answers)) for q in questions}


@given(shuffled(MANY))
def test_questions_depend_on_no_order_and_no_repeats(facts: list[Fact]) -> None:
    assert known_again(asked_of(facts)) == known_again(asked_of(MANY))


@given(st.lists(st.sampled_from(["yes", "no", "sometimes"]), min_size=1, max_size=5))
def test_every_answer_is_kept_with_its_own_day(answers: list[str]) -> None:
    forms = [form(item("1", "Any falls?", said), day=n) for n, said in enumerate(answers, 1)]
    assert told(*forms) == [("Any falls?", answers[::-1])]
