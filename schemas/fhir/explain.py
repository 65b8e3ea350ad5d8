"""What the compiled schema refuses, told as problems with a path and plain English."""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from jsonschema_rs import ValidationError, ValidationErrorKind

from schemas.fhir.primitives import FORMS
from schemas.fhir.problem import Problem

# An unknown element is named only where the name looks like one: anything may be sent as a key.
_ELEMENT_NAME: Final = re.compile(r"_?[A-Za-z][A-Za-z0-9]{0,49}")
_RESOURCE_NAME: Final = re.compile(r"[A-Z][A-Za-z]{0,63}")
_JSON_TYPES: Final = {
    "array": "a JSON array",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a JSON object",
    "string": "a JSON string",
}
_EMPTY: Final = "Must not be empty: FHIR leaves out what it has no value for."


def root_of(resource: object) -> str:
    """The name that paths into `resource` start with: its type, or "Resource" without one."""
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    return kind if isinstance(kind, str) and _RESOURCE_NAME.fullmatch(kind) else "Resource"


def path_of(root: str, steps: Sequence[str | int]) -> str:
    """The FHIRPath-like path of `steps` from `root`: "Encounter.location[0].status"."""
    return root + "".join(_step(step) for step in steps)


def _step(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if _ELEMENT_NAME.fullmatch(step) else ".children()"


def problems_of(root: str, error: ValidationError) -> Iterator[Problem]:
    """What one refusal of the compiled schema means: a problem for each element it is about."""
    path, kind = path_of(root, error.instance_path), error.kind
    if isinstance(kind, ValidationErrorKind.AdditionalProperties):
        yield from (_unknown(path, name) for name in kind.unexpected)
    elif isinstance(kind, ValidationErrorKind.Required):
        yield _missing(path, kind.property)
    else:
        yield Problem(path, *_meaning(kind))


def _unknown(path: str, name: str) -> Problem:
    known_form = _ELEMENT_NAME.fullmatch(name)
    where = f"{path}.{name}" if known_form else path
    what = f"'{name}' is" if known_form else "Something here is"
    return Problem(where, "structure", f"{what} not an element that FHIR R4 has here.")


def _missing(path: str, name: str) -> Problem:
    element = name.removesuffix("[x]")
    kind = "one type of it" if name.endswith("[x]") else "it"
    return Problem(f"{path}.{element}", "required", f"'{name}' is missing: {kind} is required.")


def _meaning(kind: Any) -> tuple[str, str]:
    """The IssueType and the text of a refusal that is about one element's own value."""
    match kind:
        case ValidationErrorKind.Type(types):
            code = "structure" if {"array", "object"}.intersection(types) else "value"
            meaning = code, f"Must be {' or '.join(_JSON_TYPES[name] for name in types)}."
        case ValidationErrorKind.Enum(options):
            meaning = "code-invalid", f"Must be one of: {', '.join(map(str, options))}."
        case ValidationErrorKind.Pattern(pattern):
            meaning = "value", f"Must be {FORMS[pattern]}."
        case ValidationErrorKind.Minimum(limit):
            meaning = "value", f"Must be {limit} or more."
        case ValidationErrorKind.Maximum(limit):
            meaning = "value", f"Must be {limit} or less."
        case ValidationErrorKind.FalseSchema():
            meaning = "structure", "Only one type of a choice element may be given."
        case _:
            meaning = "structure", _EMPTY
    return meaning
