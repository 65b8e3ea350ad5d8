"""Structure, cardinality, types and required codes of FHIR R4 resources, checked in Rust."""

from functools import lru_cache
from itertools import islice
from typing import Any, Final

from jsonschema_rs import Draft202012Validator, RegexOptions, Validator

from schemas.fhir.explain import problems_of, root_of
from schemas.fhir.problem import Problem

MAX_PROBLEMS: Final = 50


@lru_cache(maxsize=1)
def _validator() -> Validator:
    """The compiled validator of every resource type; built at the first call, then shared."""
    # The models cost a third of a second to import: only a process that validates pays it.
    from schemas.fhir.compile import compiled_schema

    # RegexOptions: matching in linear time, so that no value can make a pattern slow.
    return Draft202012Validator(compiled_schema(), pattern_options=RegexOptions())


def warm() -> None:
    """Compile the models now, so that the first resource does not wait for it."""
    _validator()


def is_valid(resource: dict[str, Any]) -> bool:
    """Whether `resource`, as read from JSON, is valid FHIR R4: one call into Rust.

    It must not be nested deeper than `too_deep` allows: nesting is not counted here.
    """
    try:
        return _validator().is_valid(resource)
    except ValueError:  # not JSON at all: a key that is no string, half of a surrogate pair
        return False


def check(resource: dict[str, Any]) -> list[Problem]:
    """Every problem of `resource` with its path, at most `MAX_PROBLEMS`; empty where it is valid.

    The entries of a Bundle and contained resources are checked too. Bundle rules and the order
    of times are apart: `bundle_problems`, `time_problems`. Nesting as for `is_valid`.
    """
    root = root_of(resource)
    try:
        if _validator().is_valid(resource):
            return []
        refusals = islice(_validator().iter_errors(resource), MAX_PROBLEMS)
        found = [problem for error in refusals for problem in problems_of(root, error)]
    except ValueError:
        return [Problem(root, "structure", "Must be JSON: text keys and values that JSON has.")]
    return list(dict.fromkeys(found))[:MAX_PROBLEMS]
