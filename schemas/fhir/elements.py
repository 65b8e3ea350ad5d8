"""The words in FHIR elements: concepts, names, amounts, times, and who or what a reference names.

Types that are checked for shape only may hold anything anywhere: what is no such element has none.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from schemas.times import moment, spoken

Resource = dict[str, Any]

# Published examples spell it in two ways: `/Id/` and `/id/`.
ODS_SYSTEM: Final = "https://fhir.nhs.uk/id/ods-organization-code"
_MONTH_LENGTH: Final = len("2026-01")
_DATE_LENGTH: Final = len("2026-01-31")


def values(element: object, path: str) -> Iterator[Any]:
    """Every value at a dotted path ("participant.actor") of an element, in order; lists flatten."""
    return iter(_values(element, _steps(path)))


_NONE: Final[list[Any]] = []
_steps = lru_cache(maxsize=1024)(lambda path: tuple(path.split(".")))


def _values(element: object, steps: tuple[str, ...]) -> list[Any]:
    # Most paths of most resources lead nowhere: that is to cost one look.
    if not isinstance(element, dict) or steps[0] not in element:
        return _NONE
    found = _many(element, steps[0])
    for name in steps[1:]:
        found = [value for each in found if isinstance(each, dict) for value in _many(each, name)]
    return found


def _many(element: Resource, name: str) -> list[Any]:
    value = element.get(name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def text(value: object) -> str:
    """The value where it is text with something in it, without spaces around it; else empty."""
    return value.strip() if isinstance(value, str) else ""


def concept_text(concept: object) -> str | None:
    """The words of a CodeableConcept or Coding: text, else the first display, else a code."""
    if not isinstance(concept, dict):
        return None
    if text(concept.get("text")):
        return text(concept["text"])
    codings = [concept, *(c for c in _many(concept, "coding") if isinstance(c, dict))]
    for part in ("display", "code"):
        for coding in codings:
            if text(coding.get(part)):
                return text(coding[part])
    return None


def codes(concept: object) -> set[tuple[str, str]]:
    """Every (system, code) of a CodeableConcept; a system that is not said is empty."""
    codings = [c for c in values(concept, "coding") if isinstance(c, dict)]
    return {(text(c.get("system")), text(c["code"])) for c in codings if text(c.get("code"))}


def human_name(name: object) -> str | None:
    """A HumanName in words: its text, else prefix, given names and family name."""
    if not isinstance(name, dict):
        return None
    parts = [*_many(name, "prefix"), *_many(name, "given"), name.get("family")]
    return text(name.get("text")) or " ".join(filter(None, map(text, parts))) or None


def named(resource: object) -> str | None:
    """The name of a Practitioner, Organization, Location and the like, in words."""
    for name in values(resource, "name"):
        words = human_name(name) if isinstance(name, dict) else text(name)
        if words:
            return words
    return None


def reference_text(reference: object, resource: Resource) -> str | None:
    """Who or what a Reference in `resource` names, where that can be read from the resource alone.

    Its display, else the name of the contained resource, else the ODS code of an organisation.
    """
    if not isinstance(reference, dict):
        return None
    if text(reference.get("display")):
        return text(reference["display"])
    inner = contained(reference, resource)
    if inner is not None:
        practitioner = next(values(inner, "practitioner"), None)
        return named(inner) or (reference_text(practitioner, resource) if practitioner else None)
    identifier = reference.get("identifier")
    if not isinstance(identifier, dict) or text(identifier.get("system")).lower() != ODS_SYSTEM:
        return None
    return text(identifier.get("value")) or None


def contained(reference: Resource, resource: Resource) -> Resource | None:
    """The resource within `resource` that a Reference (`#p1`) names; None where it names none."""
    said = text(reference.get("reference"))
    if not said.startswith("#"):
        return None
    inside = (r for r in values(resource, "contained") if isinstance(r, dict))
    return next((r for r in inside if r.get("id") == said[1:]), None)


def type_named(reference: object, resource: Resource) -> str | None:
    """The resource type that a Reference says, or shows, that it names; None where it does not."""
    if not isinstance(reference, dict):
        return None
    if text(reference.get("type")):
        return text(reference["type"])
    inner = contained(reference, resource)
    if inner is not None:
        return text(inner.get("resourceType")) or None
    said = text(reference.get("reference")).partition("/_history/")[0].partition("?")[0]
    parts = said.split("/")
    return next((part for part in parts[-2:] if part[:1].isupper()), None)


def value_text(element: object, prefix: str = "value") -> str | None:
    """The words of a choice element (`value[x]`, `answer.value[x]`); None where it has none."""
    if not isinstance(element, dict):
        return None
    for name, value in element.items():
        if name.startswith(prefix) and name[len(prefix) :][:1].isupper():
            words = plain_text(value)
            if words:
                return words
    return None


def plain_text(value: object) -> str | None:
    """The words of any value: text, number, yes or no, amount, range, ratio, period, concept."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value}"
    if isinstance(value, str):
        return time_text(value) or text(value) or None
    if not isinstance(value, dict):
        return None
    for read in (_amount, _range, _ratio, _period, concept_text, human_name):
        words = read(value)
        if words:
            return words
    return next((text(value[name]) for name in ("title", "url") if text(value.get(name))), None)


def time_text(value: object) -> str | None:
    """A FHIR date or time as it is read out; None for anything else."""
    said = text(value)
    at = moment(said) if said[:4].isdigit() and "-" in said else None
    if at is not None and len(said) == _MONTH_LENGTH:
        return spoken(at, whole_day=True).partition(" ")[2]
    return spoken(at, whole_day=len(said) <= _DATE_LENGTH) if at else None


def _amount(value: Resource) -> str | None:
    """A Quantity: "below 7.5 kg"."""
    amount = value.get("value")
    if isinstance(amount, bool) or not isinstance(amount, (int, float)):
        return None
    unit = text(value.get("unit")) or text(value.get("code"))
    parts = (text(value.get("comparator")), f"{amount}", unit)
    return " ".join(part for part in parts if part)


def _range(value: Resource) -> str | None:
    low, high = (_amount(part) if isinstance(part := value.get(n), dict) else None for n in _BOUNDS)
    return f"{low or '?'} to {high or '?'}" if low or high else None


def _ratio(value: Resource) -> str | None:
    one, other = (_amount(p) if isinstance(p := value.get(n), dict) else None for n in _PARTS)
    return f"{one}:{other}" if one and other else None


def _period(value: Resource) -> str | None:
    start, end = time_text(value.get("start")), time_text(value.get("end"))
    return " to ".join(part for part in (start, end) if part) or None


_BOUNDS: Final = ("low", "high")
_PARTS: Final = ("numerator", "denominator")
