"""How a row of the table of words reads a resource: by paths, into words."""

from collections.abc import Callable, Iterator
from typing import Any

from schemas.fhir.elements import (
    concept_text,
    plain_text,
    reference_text,
    type_named,
    value_text,
    values,
)
from streams.timeline.entry import joined

Resource = dict[str, Any]
Read = Callable[[Resource], str | None]
Asked = tuple[tuple[str, str], ...]

STAFF = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "CareTeam", "HealthcareService", "Device"}
)


def nothing(_: Resource) -> None:
    return None


def first(*paths: str) -> Read:
    """The first words that there are at the paths, the earlier path before the later."""
    asked = _with_heads(paths)
    return lambda resource: next(_words(resource, asked), None)


def every(*paths: str) -> Read:
    """All the words at the paths."""
    asked = _with_heads(paths)
    return lambda resource: joined(*_words(resource, asked))


def labelled(label: str, read: Read) -> Read:
    """The words behind a label: "to Podiatry"."""

    def words(resource: Resource) -> str | None:
        found = read(resource)
        return f"{label} {found}" if found else None

    return words


def together(*reads: Read) -> Read:
    """What several readers find, as one detail."""
    return lambda resource: joined(*(read(resource) for read in reads))


def somebody(*paths: str) -> Read:
    """The first whom a Reference at the paths names; the person themselves is never "who"."""
    return _naming(paths, lambda kind: kind != "Patient")


def staff(*paths: str) -> Read:
    """The first of those who give care whom a Reference at the paths names."""
    return _naming(paths, STAFF.__contains__)


def places(*paths: str) -> Read:
    """The first Location that a Reference at the paths names."""
    return _naming(paths, frozenset({"Location"}).__contains__)


def value(path: str = "", prefix: str = "value") -> Read:
    """The words of the choice elements `value[x]` at a path, each with its code before it."""

    def words(resource: Resource) -> str | None:
        if not path:
            return value_text(resource, prefix)
        found = []
        for element in values(resource, path):
            said = value_text(element, prefix)
            code = concept_text(element.get("code")) if said else None
            found.append(f"{code} {said}" if code else said)
        return joined(*found)

    return words


def members(path: str, who: str, what: str) -> Read:
    """Those whom the elements at a path name, each with what they are: "A Jones (dietitian)"."""

    def words(resource: Resource) -> str | None:
        found = []
        for element in values(resource, path):
            names = (reference_text(one, resource) for one in values(element, who))
            roles = (plain_text(one) for one in values(element, what))
            name, role = next(filter(None, names), None), next(filter(None, roles), None)
            found.append(f"{name} ({role})" if name and role else name or role)
        return joined(*found)

    return words


def _with_heads(paths: tuple[str, ...]) -> Asked:
    return tuple((path.partition(".")[0], path) for path in paths)


def _words(resource: Resource, asked: Asked) -> Iterator[str]:
    for head, path in asked:
        if head in resource:
            for element in values(resource, path):
                words = plain_text(element)
                if words:
                    yield words


def _naming(paths: tuple[str, ...], wanted: Callable[[str | None], bool]) -> Read:
    """Reads the first name behind the references at the paths whose type is wanted."""
    asked = _with_heads(paths)

    def name(resource: Resource) -> str | None:
        for head, path in asked:
            # Most elements are in few resources: those are to cost one look.
            for reference in values(resource, path) if head in resource else ():
                words = reference_text(reference, resource)
                if words and wanted(type_named(reference, resource)):
                    return words
        return None

    return name
