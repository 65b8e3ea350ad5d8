"""Whom a care team or an episode of care ties to a person, by their codes. Pure."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

from schemas.events import CareEvent
from schemas.fhir.elements import concept_text, contained, text, type_named, values
from schemas.identity import indexable
from streams.story.fact import fact_of, is_current
from streams.traits.elements import code_of

Resource = dict[str, Any]
_TEAM: Final = "CareTeam"
KINDS: Final = frozenset({_TEAM, "EpisodeOfCare"})
_ORGANISATIONS: Final = frozenset({"Organization", "HealthcareService"})
_STAFF: Final = frozenset({"Practitioner", "PractitionerRole"})
_TEAMS: Final = frozenset({_TEAM})
# Where an episode, a team and a role name the organisation that answers for them.
_ANSWERS: Final = ("managingOrganization", "organization")


class Involved(NamedTuple):
    """The organisations, teams and members of staff who are tied to a person by one fact.

    `name`: what the team is called, or what the episode is of; empty where that is not said.
    """

    organisations: frozenset[str]
    teams: frozenset[str]
    users: frozenset[str]
    name: str = ""


def involved_in(event: CareEvent, at: datetime) -> Iterator[Involved]:
    """Who is involved at a moment; nobody by what has ended, was a mistake or was deleted."""
    fact = fact_of(event)
    if fact.struck or not is_current(fact.resource, at):
        return
    yield _involved(event, fact.resource, at)


def everybody_named(event: CareEvent) -> list[str] | None:
    """The codes of whomever a team or an episode involves at any moment, as an index holds them.

    None for any other fact.
    """
    if event.kind not in KINDS:
        return None
    found = _involved(event, event.parsed(), None)
    return sorted(map(indexable, found.organisations | found.teams | found.users))


def _involved(event: CareEvent, resource: Resource, at: datetime | None) -> Involved:
    """Who is involved at a moment, or at any."""
    named = [*_references(resource, at)]
    return Involved(
        frozenset(_codes(named, resource)),
        frozenset({*_own_names(event, resource), *_identified(named, resource, _TEAMS)}),
        frozenset(_identified(named, resource, _STAFF)),
        _name(resource),
    )


def _name(resource: Resource) -> str:
    kinds = map(concept_text, values(resource, "type"))
    return text(resource.get("name")) or next(filter(None, kinds), "")


def _references(resource: Resource, at: datetime | None) -> Iterator[object]:
    for name in (*_ANSWERS, "careManager", "team"):
        yield from values(resource, name)
    for part in values(resource, "participant"):
        if isinstance(part, dict) and (at is None or is_current(part, at)):
            yield from (part.get("member"), part.get("onBehalfOf"))


def _codes(named: list[object], resource: Resource) -> Iterator[str]:
    """The codes of organisations, and of the organisation of a role that is held within."""
    for reference in named:
        if not isinstance(reference, dict):
            continue
        code = code_of(reference)
        if code and type_named(reference, resource) in _ORGANISATIONS:
            yield code
        inner = contained(reference, resource)
        if inner is not None:
            yield from _codes([*values(inner, "organization")], resource)


def _identified(named: list[object], resource: Resource, kinds: frozenset[str]) -> Iterator[str]:
    """The identifiers of what is of these kinds: an id would mean another one elsewhere."""
    for reference in named:
        if type_named(reference, resource) in kinds and isinstance(reference, dict):
            inner = contained(reference, resource) or {}
            yield from map(text, values(reference, "identifier.value"))
            yield from map(text, values(inner, "identifier.value"))


def _own_names(event: CareEvent, resource: Resource) -> Iterator[str]:
    """The identifiers of a team: many are called the same."""
    if event.kind == _TEAM:
        yield from filter(None, map(text, values(resource, "identifier.value")))
