"""Who is named in a fact: by the reference itself, by what it contains, by what else is held."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from schemas.fhir.elements import (
    concept_text,
    contained,
    named,
    reference_text,
    text,
    type_named,
    values,
)
from schemas.fhir.references import each_reference
from schemas.fhir.references import named as named_by
from streams.story.fact import Fact

Resource = dict[str, Any]
# Resources that are about nobody, by the thread that they are the latest state of.
Directory = Mapping[str, Fact]

DIRECTORY_KINDS = frozenset(
    {"Practitioner", "PractitionerRole", "Organization", "CareTeam", "HealthcareService"}
)


class Who(NamedTuple):
    """Somebody who gives care. `kind`: the resource type, where it is said."""

    name: str
    kind: str | None = None
    role: str | None = None
    organisation: str | None = None
    contact: tuple[str, ...] = ()


def who(reference: object, fact: Fact, directory: Directory) -> Who | None:
    """Whom a Reference in a fact names; None where nothing that is held gives them a name."""
    if not isinstance(reference, dict):
        return None
    kind = type_named(reference, fact.resource)
    said = reference_text(reference, fact.resource)
    thing, within = _thing(reference, fact, directory)
    if thing is None or within is None:
        return Who(said, kind) if said else None
    kind = text(thing.get("resourceType")) or kind
    if kind == "PractitionerRole":
        return _in_role(thing, within, directory, said)
    name = said or named(thing)
    return Who(name, kind, contact=contacts(thing)) if name else None


def name_in(thread: str, directory: Directory) -> str | None:
    """The name that the directory has for a thread: of a role, its practitioner's."""
    fact = directory.get(thread)
    if fact is None:
        return None
    if fact.event.kind == "PractitionerRole":
        found = _in_role(fact.resource, fact, directory, None)
        return found.name if found else None
    return named(fact.resource)


def _thing(
    reference: Resource, fact: Fact, directory: Directory
) -> tuple[Resource | None, Fact | None]:
    """The resource that is named, and the fact in which its own references are to be read."""
    inner = contained(reference, fact.resource)
    if inner is not None:
        return inner, fact
    thread = named_by(reference, fact.resource, fact.event).thread
    found = directory.get(thread) if thread else None
    return (found.resource, found) if found else (None, None)


def _in_role(role: Resource, fact: Fact, directory: Directory, said: str | None) -> Who | None:
    person = who(role.get("practitioner"), fact, directory)
    organisation = who(role.get("organization"), fact, directory)
    name = (person.name if person else None) or said or (organisation.name if organisation else "")
    if not name:
        return None
    return Who(
        name,
        "PractitionerRole",
        next(filter(None, map(concept_text, values(role, "code"))), None),
        organisation.name if organisation else None,
        contacts(role) or (person.contact if person else ()),
    )


def contacts(resource: Resource) -> tuple[str, ...]:
    """How to reach somebody: the telephone numbers and addresses of a resource's telecom."""
    found = (one for one in values(resource, "telecom") if isinstance(one, dict))
    return tuple(text(one["value"]) for one in found if text(one.get("value")))


def threads_in(facts: Iterable[Fact]) -> set[str]:
    """The threads of people and organisations that the facts name: what a directory is made of."""
    return {
        thread
        for fact in facts
        for resource in (fact.resource, *values(fact.resource, "contained"))
        for _, reference in each_reference(resource)
        if (found := named_by(reference, fact.resource, fact.event)).kind in DIRECTORY_KINDS
        and (thread := found.thread)
    }
