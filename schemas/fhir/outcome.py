"""Problems told as a FHIR OperationOutcome."""

from collections.abc import Iterable
from typing import Any

from schemas.fhir.problem import Problem


def outcome(problems: Iterable[Problem]) -> dict[str, Any]:
    """The OperationOutcome of `problems`, one issue each; an informational one for none.

    `expression` is the path of the problem, `diagnostics` its text.
    """
    issues = [
        {
            "severity": "error",
            "code": problem.code,
            "diagnostics": problem.text,
            "expression": [problem.path],
        }
        for problem in problems
    ]
    none_found = {
        "severity": "information",
        "code": "informational",
        "diagnostics": "No problems were found.",
    }
    return {"resourceType": "OperationOutcome", "issue": issues or [none_found]}
