"""How a row of the table of words reads a resource: by paths, into words."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

    def words(resource: Resource) -> str | None:
        # Most elements are in few resources: those are to cost one look.
        for head, _ in asked:
            if head in resource:
                return joined(*_words(resource, asked))
        return None

    return words


def labelled(label: str, read: Read) -> Read:
    """The words behind a label: "to Podiatry"."""

    def words(resource: Resource) -> str | None:
        found = read(resource)
        return f"{label} {found}" if found else None

    return words


def together(*reads: Read) -> Read:
    """What several readers find, as one detail."""
    return lambda resource: joined(*(read(resource) for read in reads))


@dataclass(frozen=True, slots=True)
class Naming:
    """Reads whom or what a Reference at the paths names, the first whose type is wanted."""

    asked: Asked
    wanted: Callable[[str | None], bool]

    def found(self, resource: Resource) -> tuple[str | None, Resource | None]:
        """The first name, or, where none has a name, the first Reference that is there."""
        nameless = None
        for head, path in self.asked:
            # Most elements are in few resources: those are to cost one look.
            for reference in values(resource, path) if head in resource else ():
                if isinstance(reference, dict) and self.wanted(type_named(reference, resource)):
                    words = reference_text(reference, resource)
                    if words:
                        return words, None
                    nameless = nameless or reference
        return None, nameless

    def __call__(self, resource: Resource) -> str | None:
        return self.found(resource)[0]


def somebody(*paths: str) -> Naming:
    """The first whom a Reference at the paths names; the person themselves is never "who"."""
    return Naming(_with_heads(paths), lambda kind: kind != "Patient")


def staff(*paths: str) -> Naming:
    """The first of those who give care whom a Reference at the paths names."""
    return Naming(_with_heads(paths), STAFF.__contains__)


def places(*paths: str) -> Naming:
    """The first Location that a Reference at the paths names."""
    return Naming(_with_heads(paths), frozenset({"Location"}).__contains__)


NOBODY = Naming((), lambda _: False)


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
