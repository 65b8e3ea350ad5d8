"""On real messages the compiled schema agrees with `fhir.resources`, save where listed."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class
from fhir.resources.R4B.operationoutcome import OperationOutcome
from pydantic import ValidationError

from schemas.fhir import SUPPORTED, bundle_problems, check, is_valid, outcome, time_problems

EXAMPLES = Path(__file__).parents[3] / "shared" / "examples"

pytestmark = pytest.mark.skipif(
    not EXAMPLES.is_dir(), reason="the example messages are not at ../shared/examples"
)

ISSUE_CODE = "an issue.code that is not an IssueType of R4"
CONTACT_CODES = "telecom.use and telecom.system hold HL7 v2 codes"
NAME_USE = "name.use holds an HL7 v2 code"
SHAPE_ONLY = "an entry is a Provenance without its agent: that type is checked for shape only"
EMPTY_ARRAY = "entry is an empty array, which FHIR does not have"
EMPTY_ELEMENT = "patient is an empty object, which FHIR does not have"

# (file, resource type) -> why the two disagree. Nothing else may.
EXCEPTIONS = {
    (
        "bars-api/1.4.0-OperationOutcome_REC_500-REC_SERVER_ERROR-too_costly.json",
        "OperationOutcome",
    ): ISSUE_CODE,
    ("bars-api/1.4.0-invalid-base64.json", "OperationOutcome"): ISSUE_CODE,
    ("bars-api/1.4.0-unavailable.json", "OperationOutcome"): ISSUE_CODE,
    ("bars-api/cur-document_reference_GET-success-empty.json", "Bundle"): EMPTY_ARRAY,
    ("hl7v2-microsoft-expected-fhir/ADT01-23-expected.json", "Bundle"): SHAPE_ONLY,
    ("hl7v2-microsoft-expected-fhir/ADT01-28-expected.json", "Bundle"): SHAPE_ONLY,
    ("hl7v2-microsoft-expected-fhir/ADT04-28-expected.json", "Bundle"): SHAPE_ONLY,
    ("hl7v2-microsoft-expected-fhir/ADT04-23-expected.json", "Bundle"): CONTACT_CODES,
    ("hl7v2-microsoft-expected-fhir/ADT04-23-expected.json", "Patient"): CONTACT_CODES,
    ("hl7v2-microsoft-expected-fhir/ADT04-23-expected.json", "Practitioner"): NAME_USE,
    ("pds-api/Personal_Details_RelatedPersonBundle.json", "Bundle"): EMPTY_ELEMENT,
    ("pds-api/Personal_Details_RelatedPersonBundle.json", "RelatedPerson"): EMPTY_ELEMENT,
}
MORE_LENIENT = {SHAPE_ONLY}


def resources(value: Any) -> Iterator[dict[str, Any]]:
    """The resource and, of a Bundle, every entry's resource."""
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return
    yield value
    if value["resourceType"] == "Bundle":
        for entry in value.get("entry") or []:
            yield from resources(entry.get("resource"))


@cache
def examples() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every resource of the example files, with the file that it is in."""
    return tuple(
        (path.relative_to(EXAMPLES).as_posix(), resource)
        for path in sorted(EXAMPLES.rglob("*.json"))
        for resource in resources(json.loads(path.read_bytes()))
    )


def accepted_by_models(resource: dict[str, Any]) -> bool:
    try:
        get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    except ValidationError:
        return False
    return True


def test_agrees_with_fhir_resources_on_every_example_save_those_listed() -> None:
    disagreements: dict[tuple[str, str], bool] = {}
    supported = [(file, one) for file, one in examples() if one["resourceType"] in SUPPORTED]
    for file, resource in supported:
        ours = is_valid(resource)
        if ours != accepted_by_models(resource):
            disagreements[file, resource["resourceType"]] = ours
    assert len(supported) > 3_000
    assert disagreements == {key: why in MORE_LENIENT for key, why in EXCEPTIONS.items()}


def test_every_refused_example_has_its_problems_told() -> None:
    refused = [resource for _, resource in examples() if not is_valid(resource)]
    assert refused
    for resource in refused:
        problems = check(resource)
        assert problems
        told = OperationOutcome.model_validate(outcome(problems))
        assert [issue.expression for issue in told.issue] == [[p.path] for p in problems]


def test_every_accepted_example_has_no_problem() -> None:
    assert [
        check(resource) for _, resource in examples() if is_valid(resource) and check(resource)
    ] == []


def test_rules_and_times_answer_for_every_example() -> None:
    for _, resource in examples():
        for problem in (*bundle_problems(resource), *time_problems(resource)):
            assert problem.code in {"invariant", "required"}
