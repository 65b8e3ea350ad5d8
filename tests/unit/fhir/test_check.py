"""What `check` says: every problem, where it is, of which kind, and never the value itself."""

from threading import Thread
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome

from schemas.fhir import MAX_PROBLEMS, Problem, check, is_valid, outcome, warm
from tests.unit.fhir.seeds import ENCOUNTER, MESSAGE, OBSERVATION, PATIENT

Json = dict[str, Any]


def codes(resource: Json) -> set[tuple[str, str]]:
    return {(problem.path, problem.code) for problem in check(resource)}


def test_every_problem_is_named_with_its_path() -> None:
    wrong = {
        **ENCOUNTER,
        "status": "banana",
        "period": {"start": "2023-02-30"},
        "location": [{"status": "active"}],
        "identifier": {},
        "clas": 1,
    }
    del wrong["class"]
    assert codes(wrong) == {
        ("Encounter.status", "code-invalid"),
        ("Encounter.period.start", "value"),
        ("Encounter.location[0].location", "required"),
        ("Encounter.identifier", "structure"),
        ("Encounter.clas", "structure"),
        ("Encounter.class", "required"),
    }


def test_a_problem_in_an_entry_has_the_path_from_the_bundle() -> None:
    entries = [*MESSAGE["entry"], {"resource": {**ENCOUNTER, "status": "banana"}}]
    assert codes({**MESSAGE, "entry": entries}) == {
        ("Bundle.entry[3].resource.status", "code-invalid")
    }


def test_a_problem_in_a_contained_resource_is_found() -> None:
    contained = [{"resourceType": "Location", "status": "banana"}]
    assert codes({**ENCOUNTER, "contained": contained}) == {
        ("Encounter.contained[0].status", "code-invalid")
    }


def test_a_choice_has_at_most_one_type() -> None:
    assert codes({**OBSERVATION, "valueString": "6"}) == {
        ("Observation.valueQuantity", "structure"),
        ("Observation.valueString", "structure"),
    }


def test_a_required_choice_has_one_type() -> None:
    header = {"resourceType": "MessageHeader", "source": {"endpoint": "https://example.nhs.uk"}}
    assert codes(header) == {("MessageHeader.event", "required")}


def test_a_required_primitive_may_be_missing_with_an_extension_that_says_why() -> None:
    without = {name: value for name, value in ENCOUNTER.items() if name != "status"}
    why = {"url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "x"}
    assert is_valid({**without, "_status": {"extension": [why]}})
    assert codes({**without, "_status": {"id": "a"}}) == {("Encounter.status", "required")}


@pytest.mark.parametrize(
    ("resource", "path"),
    [
        ({"resourceType": "Slot", "id": "a_b"}, "Slot.id"),
        ({"resourceType": "Slot", "meta": []}, "Slot.meta"),
        ({"resourceType": "Slot", "contained": [{}]}, "Slot.contained[0].resourceType"),
        ({"resourceType": "not a type"}, "Resource.resourceType"),
        ({}, "Resource.resourceType"),
    ],
)
def test_other_resources_are_checked_for_shape(resource: Json, path: str) -> None:
    assert [problem.path for problem in check(resource)] == [path]
    assert is_valid({"resourceType": "Slot", "anything": {"goes": []}})


@pytest.mark.parametrize("resource", [None, 3, "text", [], [{}]])
def test_what_is_no_object_is_no_resource(resource: Any) -> None:
    assert check(resource) == [Problem("Resource", "structure", "Must be a JSON object.")]
    assert not is_valid(resource)


@pytest.mark.parametrize("odd", [{1: 2}, {"id": "\ud800"}, {"id": {1, 2}}])
def test_what_is_not_json_is_refused_and_does_not_raise(odd: dict[Any, Any]) -> None:
    assert [problem.code for problem in check({"resourceType": "Patient", **odd})] == ["structure"]
    assert not is_valid({"resourceType": "Patient", **odd})


def test_no_text_or_path_repeats_what_was_sent() -> None:
    secret = "Jo Private"
    wrong = {
        **PATIENT,
        "id": secret,
        "gender": secret,
        "birthDate": secret,
        "active": secret,
        "name": secret,
        "extension": [{"url": secret, "valueCode": f" {secret}", "valueDecimal": secret}],
        secret: secret,
    }
    found = check(wrong)
    assert len(found) >= 8
    assert secret not in repr(found)


def test_the_list_of_problems_has_an_end() -> None:
    wrong = {**ENCOUNTER, "identifier": [{"use": "banana"}] * 1_000}
    assert len(check(wrong)) == MAX_PROBLEMS
    assert len(check({**ENCOUNTER, **{f"e{n}": 1 for n in range(1_000)}})) == MAX_PROBLEMS


def test_the_deepest_json_that_the_parser_reads_does_not_crash_a_thread() -> None:
    deep: Json = {"url": "https://example.nhs.uk/e"}
    for _ in range(500):  # an extension and its array each: 1,000 levels
        deep = {"url": "https://example.nhs.uk/e", "extension": [deep]}
    answers: list[bool] = []
    thread = Thread(target=lambda: answers.append(is_valid({**PATIENT, "extension": [deep]})))
    thread.start()
    thread.join()
    assert answers == [True]


def test_warm_may_be_asked_more_than_once() -> None:
    warm()
    warm()
    assert is_valid(PATIENT)


def test_an_outcome_is_a_valid_operation_outcome() -> None:
    problems = check({**ENCOUNTER, "status": "banana", "class": None})
    told = outcome(problems)
    parsed = OperationOutcome.model_validate(told)
    assert [issue.expression for issue in parsed.issue] == [[p.path] for p in problems]
    assert [issue.code for issue in parsed.issue] == [p.code for p in problems]
    assert is_valid(told)


def test_an_outcome_without_problems_says_so() -> None:
    told = outcome([])
    assert [issue["severity"] for issue in told["issue"]] == ["information"]
    assert OperationOutcome.model_validate(told)
    assert is_valid(told)
