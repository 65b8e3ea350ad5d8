"""Searches: of one person's record, of people, and of who gives care where; each page audited."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.identity import NHS_NUMBER_SYSTEM
from schemas.times import FIRST_MOMENT, micros
from services.access.audit import note
from services.access.problems import Refused, ensure
from services.access.rules import may_view_directory, may_view_record
from services.access.viewer import Viewer
from services.access.withheld import NOTHING, Withheld
from services.fhir.asking import UNKNOWN, refused
from services.fhir.bundle import INCLUDE, MATCH
from services.fhir.held import Held, of_nobody, patient_of, published, resources_of, things_of
from services.fhir.matching import Filter, token_of
from services.fhir.parameters import PATIENT, is_of_nobody, parameters_of
from services.fhir.patient import summary
from services.fhir.question import UPDATED, Question
from services.fhir.reading import READ
from services.fhir.spans import ALWAYS, Span, spans_at
from services.fhir.whole import Whole
from services.record.cursor import cursor_of, place_of
from services.record.look import of_one_moment, record_of, standing_towards, who_is
from services.record.models import Search
from services.record.reading import found_by
from services.record.ties import stances
from streams.identity.read import Membership
from streams.intake.occurred import MOMENTS, PERIODS

Resource = dict[str, Any]
SEARCH, DIRECTORY, EVERYTHING = "resources", "directory", "everything"
Place = tuple[int, UUID]


class Found(NamedTuple):
    """A page: resources, each with its mode, how many there are on all pages, and what is next.

    `is_restricted`: something of the person's record is kept from the viewer, of whatever type.
    `rest`: what is next, where the search that found it may stand in no address.
    """

    resources: list[tuple[Resource, str]]
    total: int
    next: str | None = None
    is_restricted: bool = False
    rest: tuple[UUID, ...] = ()


async def search(database: AsyncEngine, viewer: Viewer, asked: Question) -> Found:
    """A page of what a question finds. Raises Refused."""
    if is_of_nobody(asked.kind):
        return await _directory(database, viewer, asked)
    if asked.kind == PATIENT:
        return await (_people if asked.finding else _one_patient)(database, viewer, asked)
    if asked.patient is None:
        raise Refused(HTTPStatus.BAD_REQUEST, "a search of a record names its one patient")
    async with record_of(database, viewer, asked.patient, SEARCH) as (tx, how):
        withheld = how.withheld
        who = await who_is(tx, viewer, asked.patient)
        if who is None:
            return Found([], 0)
        things = await things_of(tx, who, withheld, asked.kind)
        return await _page(tx, who, withheld, things, asked)


async def _directory(database: AsyncEngine, viewer: Viewer, asked: Question) -> Found:
    decision = may_view_directory(viewer)
    async with database.begin() as tx:
        await note(tx, viewer, DIRECTORY, None, decision.allowed)
        if decision.allowed:
            return await _page(tx, None, NOTHING, await of_nobody(tx, asked.kind), asked)
    ensure(decision)
    raise AssertionError("a denial is raised")


async def _one_patient(database: AsyncEngine, viewer: Viewer, asked: Question) -> Found:
    (person,) = asked.ids or (UUID(int=0),)
    async with record_of(database, viewer, person, SEARCH) as (tx, how):
        withheld = how.withheld
        who = await who_is(tx, viewer, person)
        found = [await patient_of(tx, who, withheld)] if who else []
        shown = [(one.made or {}, MATCH) for one in found[: asked.limit]]
    return Found(shown, len(found), None, withheld.is_anything)


async def _people(database: AsyncEngine, viewer: Viewer, asked: Question) -> Found:
    """Everybody whom the search fits, all on one page: what was asked stands in no address.

    Whoever may see the record is given the Patient, all others who give care as much of it as
    tells who somebody is.
    """
    wanted = wanted_of(asked)
    details = await found_by(database, viewer, wanted)
    async with of_one_moment(database) as tx:
        standings = await stances(tx, viewer, list(details))
        resources = []
        for person, known in sorted(details.items()):
            stance = standings[person]
            who = await who_is(tx, viewer, person)
            if who and may_view_record(viewer, standing_towards(stance)).allowed:
                await note(tx, viewer, READ, person, True)
                resources.append((await patient_of(tx, who, stance.withheld)).made or {})
            else:
                resources.append(summary(person, known))
    shown = resources if asked.limit else []
    return Found([(one, MATCH) for one in shown], len(resources))


def wanted_of(asked: Question) -> Search:
    """Whom a search of Patients is for. Raises NotAsked."""
    said = dict(asked.finding)
    if len(said) != len(asked.finding):
        raise refused(PATIENT, "each parameter once", UNKNOWN)
    number = token_of(said["identifier"]) if "identifier" in said else None
    if number and number.system not in (None, NHS_NUMBER_SYSTEM):
        text = f"people are found by {NHS_NUMBER_SYSTEM} alone"
        raise refused("identifier", text, UNKNOWN)
    try:
        return Search(
            nhs_number=number.code if number else None,
            name=said.get("name"),
            birth_date=said.get("birthdate", "").removeprefix("eq") or None,
        )
    except ValueError:
        text = "give the NHS number as identifier, or name and birthdate together"
        raise refused(PATIENT, text) from None


async def everything(
    database: AsyncEngine, viewer: Viewer, person: UUID, asked: Whole
) -> Found | None:
    """A page of a person's whole record; None where nobody knows them. Raises Refused.

    First their one Patient, then everything that holds, in an order that no new state changes.
    """
    place = place_of(asked.after, tuple[int, UUID])
    async with record_of(database, viewer, person, EVERYTHING) as (tx, how):
        withheld = how.withheld
        who = await who_is(tx, viewer, person)
        if who is None:
            return None
        held = await things_of(tx, who, withheld)
        things = [one for one in held if asked.takes(one.kind, one.known_at)]
        if asked.span != ALWAYS:
            things = await _dated(tx, things, asked.span)
        first = [await patient_of(tx, who, withheld)] if asked.has_patient else []
        order = [(0, one) for one in first] + [(1, one) for one in sorted(things, key=_id)]
        behind = [one for one in order if place is None or (one[0], one[1].id) > place]
        shown = behind[: asked.limit]
        resources = await resources_of(tx, who, withheld, [one for _, one in shown])
    modes = [INCLUDE if rank else MATCH for rank, _ in shown]
    more = len(behind) > len(shown) and bool(shown)
    following = cursor_of((shown[-1][0], shown[-1][1].id)) if more else None
    found = list(zip(resources, modes, strict=True))
    return Found(found, len(order), following, withheld.is_anything)


def _id(one: Held) -> UUID:
    return one.id


async def _dated(tx: AsyncConnection, things: Sequence[Held], span: Span) -> list[Held]:
    """What happened in a stretch of time; what has no time of its own holds at any."""
    facts = await published(tx, things)

    def happened(one: Held) -> bool:
        said = one.made or (facts[one.event_id][1] if one.event_id else {})
        spans = list(spans_at(said, (*PERIODS, "start"))) or list(spans_at(said, MOMENTS))
        return not spans or (spans[0].start < span.end and span.start < spans[0].end)

    return [one for one in things if happened(one)]


async def _page(
    tx: AsyncConnection,
    who: Membership | None,
    withheld: Withheld,
    things: Iterable[Held],
    asked: Question,
) -> Found:
    named = [one for one in things if asked.ids is None or one.id in asked.ids]
    taken = [one for one in named if _is_updated(one.recorded, asked.updated)]
    order = await _ordered(tx, taken, asked)
    place = place_of(asked.after, tuple[int, UUID])
    behind = [one for one in order if place is None or _is_behind(one[0], place, asked)]
    shown = behind[: asked.limit]
    resources = await resources_of(tx, who, withheld, [one for _, one in shown])
    rest = [one.id for _, one in behind[len(shown) :]] if shown else []
    following = cursor_of(shown[-1][0]) if rest and not asked.is_private else None
    return Found(
        [(one, MATCH) for one in resources],
        len(order),
        following,
        withheld.is_anything,
        tuple(rest) if asked.is_private else (),
    )


def _is_behind(one: Place, place: Place, asked: Question) -> bool:
    return one < place if asked.newest_first else one > place


def _is_updated(recorded: datetime, asked: Iterable[Filter]) -> bool:
    here = Span(recorded, recorded + timedelta(microseconds=1))
    return all(one.takes_any([here]) for one in asked)


async def _ordered(
    tx: AsyncConnection, things: Sequence[Held], asked: Question
) -> list[tuple[Place, Held]]:
    """The things that the question takes, each with its place: only then is their content read."""
    by_date = asked.sort is not None and asked.sort != UPDATED
    facts = await published(tx, things) if asked.filters or by_date else {}

    def content(one: Held) -> Resource:
        return one.made or (facts[one.event_id][1] if one.event_id in facts else {})

    taken = [one for one in things if all(each.takes(content(one)) for each in asked.filters)]
    placed = [((_at(one, content(one), asked.sort), one.id), one) for one in taken]
    return sorted(placed, key=lambda pair: pair[0], reverse=asked.newest_first)


def _at(one: Held, content: Resource, sort: str | None) -> int:
    """When it was, for its place in the order; what has no time comes first."""
    if sort is None:
        return 0
    if sort == UPDATED:
        return micros(one.recorded)
    spans = spans_at(content, parameters_of(one.kind)[sort].paths)
    return micros(min((span.start for span in spans), default=FIRST_MOMENT))
