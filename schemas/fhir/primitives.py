"""JSON Schemas of the FHIR R4 primitive types (hl7.org/fhir/R4/datatypes.html)."""

from typing import Any, Final

Schema = dict[str, Any]

_YEAR: Final = "(?:[0-9](?:[0-9](?:[0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_MONTH: Final = "(?:0[1-9]|1[0-2])"
# Months have their own lengths, so that "2023-02-30" is refused by the pattern itself.
_LONG_MONTH_DAY: Final = "(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
_SHORT_MONTH_DAY: Final = "(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
_FEBRUARY_DAY: Final = "02-(?:0[1-9]|1[0-9]|2[0-8])"
_LEAP_YEAR: Final = (
    "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)"
)
_DAY: Final = (
    f"(?:{_YEAR}-(?:{_LONG_MONTH_DAY}|{_SHORT_MONTH_DAY}|{_FEBRUARY_DAY})|{_LEAP_YEAR}-02-29)"
)
_CLOCK: Final = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:\.[0-9]+)?"
_OFFSET: Final = r"(?:Z|[+\-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
_PARTIAL: Final = f"{_YEAR}(?:-{_MONTH})?"

ID_PATTERN: Final = r"^[A-Za-z0-9\-.]{1,64}$"
RESOURCE_NAME_PATTERN: Final = "^[A-Z][A-Za-z]{0,63}$"


def _text(pattern: str | None = None) -> Schema:
    """A JSON string; FHIR has no empty strings, so a pattern must ask for a character."""
    if pattern is None:
        return {"type": "string", "minLength": 1}
    return {"type": "string", "pattern": pattern}


def _whole_number(lowest: int) -> Schema:
    """A 32-bit whole number from `lowest` up."""
    return {"type": "integer", "minimum": lowest, "maximum": 2**31 - 1}


PRIMITIVES: Final[dict[str, Schema]] = {
    "base64Binary": _text(r"^(?:\s*[0-9A-Za-z+/=]{4}\s*)+$"),
    "boolean": {"type": "boolean"},
    "canonical": _text(r"^\S+$"),
    "code": _text(r"^\S+(?:\s\S+)*$"),
    "date": _text(f"^(?:{_DAY}|{_PARTIAL})$"),
    "dateTime": _text(f"^(?:{_DAY}(?:T{_CLOCK}{_OFFSET})?|{_PARTIAL})$"),
    "decimal": {"type": "number"},
    "id": _text(ID_PATTERN),
    "instant": _text(f"^{_DAY}T{_CLOCK}{_OFFSET}$"),
    "integer": _whole_number(-(2**31)),
    "markdown": _text(),
    "oid": _text(r"^urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+$"),
    "positiveInt": _whole_number(1),
    "string": _text(),
    "time": _text(f"^{_CLOCK}$"),
    "unsignedInt": _whole_number(0),
    "uri": _text(r"^\S+$"),
    "url": _text(r"^\S+$"),
    "uuid": _text("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
    "xhtml": _text(),
}

_MOMENT: Final = "2026-01-31T09:30:00Z"

# What each pattern asks for, in words: a refusal says this and never repeats the value.
FORMS: Final[dict[str, str]] = {
    PRIMITIVES[kind]["pattern"]: form
    for kind, form in {
        "base64Binary": "base64 text",
        "code": "a code: no spaces at its ends and single spaces within",
        "date": "a real date: YYYY, YYYY-MM or YYYY-MM-DD",
        "dateTime": f"a real date, or a date and time with its offset, as in {_MOMENT}",
        "id": "an id: 1 to 64 letters, digits, hyphens and full stops",
        "instant": f"a date and time with its offset, as in {_MOMENT}",
        "oid": "an OID that starts with urn:oid:",
        "time": "a time of day: hh:mm:ss",
        "uri": "a URI: not empty and without spaces",
        "uuid": "a UUID that starts with urn:uuid:, in lower case",
    }.items()
} | {RESOURCE_NAME_PATTERN: "the name of a FHIR resource type"}
