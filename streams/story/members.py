"""Who is involved with a person, as each FHIR resource and HL7 v2 message says it."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from schemas.about_me import plain
from schemas.fhir.elements import concept_text, text, values
from schemas.hl7v2 import Segment, moment_of, parse
from streams.story.fact import Fact, is_current, since, sound, until
from streams.story.people import Directory, Who, contacts, who
from streams.timeline.scene import Scene, coded, scene_of, staff_name

# Words of the roles whose task it is to hold the threads together.
COORDINATES: Final = (
    "key worker",
    "keyworker",
    "named contact",
    "care coordinator",
    "care co ordinator",
    "care navigator",
    "case manager",
    "care manager",
    "lead professional",
    "lead practitioner",
    "named nurse",
    "named worker",
    "responsible person",
    "responsibleperson",
)
ATTENDING: Final = frozenset({"ATND", "PPRF", "CON"})
ORGANISATIONS: Final = frozenset({"Organization", "HealthcareService"})
PRACTICE: Final = frozenset({"PP", "FHCP"})
_PRESENT: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_NO_STAFF: Final = frozenset({"Patient", "RelatedPerson", "CareTeam"})


class Reason(StrEnum):
    """Why somebody is a member; the first that anybody has makes the named contact."""

    COORDINATES = "coordinates"
    MANAGES_EPISODE = "manages-episode"
    ATTENDS = "attends"
    IN_TEAM = "in-team"
    WROTE_PLAN = "wrote-plan"
    REGISTERED_GP = "registered-gp"


class Member(NamedTuple):
    """Somebody who is involved. `roles`, `teams`, `sources`: all that are said, sorted."""

    name: str
    reason: Reason
    is_organisation: bool = False
    roles: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    organisation: str | None = None
    contact: tuple[str, ...] = ()
    since: datetime | None = None
    sources: tuple[str, ...] = ()
    event_ids: tuple[str, ...] = ()


def involved(
    facts: Iterable[Fact], directory: Directory, at: datetime, ongoing: Collection[str]
) -> list[Member]:
    """Everybody whom a fact involves at a moment, once for each that says so.

    `ongoing`: the ids of the facts of visits that are open: only their messages tell who attends.
    """
    held = list(facts)
    messages = [f for f in held if f.event.id in ongoing and f.event.is_hl7v2 and not f.struck]
    return [
        *_of_teams(sound(held, "CareTeam"), directory, at),
        *_of_episodes(sound(held, "EpisodeOfCare"), directory, at),
        *_of_visits(sound(held, "Encounter"), directory),
        *_of_plans(sound(held, "CarePlan"), directory, at),
        *_of_practices(sound(held, "Patient"), directory),
        *_of_messages(messages),
    ]


def _member(
    found: Who | None,
    fact: Fact,
    reason: Reason,
    begun: datetime | None,
    roles: Iterable[str | None] = (),
    team: str | None = None,
) -> Iterator[Member]:
    if found is None:
        return
    said = (*roles, found.role)
    yield Member(
        found.name,
        reason,
        found.kind in ORGANISATIONS,
        tuple(sorted({role for role in said if role})),
        (team,) if team else (),
        found.organisation,
        found.contact,
        begun,
        (fact.event.source,),
        (fact.event.id,),
    )


def _of_teams(teams: Iterable[Fact], directory: Directory, at: datetime) -> Iterator[Member]:
    for fact in teams:
        if not is_current(fact.resource, at):
            continue
        name = text(fact.resource.get("name")) or None
        begun = since(fact.resource, fact.event.recorded)
        for part in values(fact.resource, "participant"):
            if not isinstance(part, dict) or not is_current(part, at):
                continue
            roles = [concept_text(role) for role in values(part, "role")]
            found = who(part.get("member"), fact, directory)
            if found is None or found.kind in _NO_STAFF:
                continue
            behalf = who(part.get("onBehalfOf"), fact, directory)
            found = found._replace(
                organisation=found.organisation or (behalf.name if behalf else None),
                contact=found.contact or contacts(fact.resource),
            )
            reason = Reason.COORDINATES if _coordinates(roles) else Reason.IN_TEAM
            yield from _member(found, fact, reason, since(part, begun), roles, name)


def _coordinates(roles: Iterable[str | None]) -> bool:
    said = [plain(role) for role in roles if role]
    return any(words in role for role in said for words in COORDINATES)


def _of_episodes(episodes: Iterable[Fact], directory: Directory, at: datetime) -> Iterator[Member]:
    for fact in episodes:
        if is_current(fact.resource, at):
            found = who(fact.resource.get("careManager"), fact, directory)
            types = [concept_text(kind) for kind in values(fact.resource, "type")]
            begun = since(fact.resource, fact.event.recorded)
            team = next(filter(None, types), None)
            yield from _member(found, fact, Reason.MANAGES_EPISODE, begun, ["care manager"], team)


def _of_visits(visits: Iterable[Fact], directory: Directory) -> Iterator[Member]:
    """Those who take part in what goes on now."""
    for fact in visits:
        if fact.resource.get("status") not in _PRESENT:
            continue
        for part in values(fact.resource, "participant"):
            if isinstance(part, dict) and until(part) is None:
                kinds = list(values(part, "type"))
                said = {text(code) for code in values(kinds and {"k": kinds}, "k.coding.code")}
                if kinds and not said & ATTENDING:
                    continue
                found = who(part.get("individual"), fact, directory)
                if found and found.kind not in _NO_STAFF:
                    begun = since(part, since(fact.resource, None))
                    roles = map(concept_text, kinds)
                    yield from _member(found, fact, Reason.ATTENDS, begun, roles)


def _of_plans(plans: Iterable[Fact], directory: Directory, at: datetime) -> Iterator[Member]:
    for fact in plans:
        if is_current(fact.resource, at):
            found = who(fact.resource.get("author"), fact, directory)
            if found and found.kind not in _NO_STAFF:
                begun = since(fact.resource, fact.event.recorded)
                yield from _member(found, fact, Reason.WROTE_PLAN, begun)


def _of_practices(patients: Iterable[Fact], directory: Directory) -> Iterator[Member]:
    for fact in patients:
        for reference in values(fact.resource, "generalPractitioner"):
            found = who(reference, fact, directory)
            yield from _member(found, fact, Reason.REGISTERED_GP, None, ["general practice"])


def _of_messages(facts: Iterable[Fact]) -> Iterator[Member]:
    """Whom the latest message of each visit names as attending, consulting or in a role."""
    latest: dict[tuple[str, str], tuple[tuple[str, str], Fact, Scene]] = {}
    for fact in facts:
        scene = scene_of(parse(fact.event.text()), fact.event.part)
        order = (fact.event.version, fact.event.id)
        key = (fact.event.source, scene.first("PV1").text(19))
        if key not in latest or order > latest[key][0]:
            latest[key] = (order, fact, scene)
    for _, fact, scene in latest.values():
        yield from _of_message(fact, scene)


def _of_message(fact: Fact, scene: Scene) -> Iterator[Member]:
    visit = scene.first("PV1")
    admitted = moment_of(visit.text(44))
    begun = admitted.at if admitted else None
    for number, role in ((7, "attending doctor"), (9, "consulting doctor")):
        name = staff_name(visit, number)
        if name:
            yield from _member(Who(name), fact, Reason.ATTENDS, begun, [role])
    for segment in scene.group:
        if segment.name == "ROL" and segment.text(2) != "DE":
            yield from _of_role(segment, fact)


def _of_role(segment: Segment, fact: Fact) -> Iterator[Member]:
    """ROL-3 says the role, ROL-4 who, ROL-5 and ROL-6 since and until when."""
    name, role = staff_name(segment, 4), coded(segment, 3)
    begun, ended = moment_of(segment.text(5)), moment_of(segment.text(6))
    if not name or (ended and ended.at <= fact.event.recorded):
        return
    reason = Reason.REGISTERED_GP if segment.text(3) in PRACTICE else Reason.ATTENDS
    reason = Reason.COORDINATES if _coordinates([role]) else reason
    yield from _member(Who(name), fact, reason, begun.at if begun else None, [role])
