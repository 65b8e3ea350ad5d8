"""One thing by its id: who may see it is decided for whom it is about, and audited with the read.

What is not there and what may not be seen have one answer, so that no id tells of anybody. Only of
a Patient is it said that one may not look: who gives care may find out that somebody is there, and
may break the glass.
"""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.audit import note
from services.access.problems import Refused, ensure
from services.access.relationships import ANY_CARE
from services.access.rules import Decision, may_view_directory, may_view_record
from services.access.viewer import Viewer
from services.access.withheld import NOTHING, Withheld
from services.fhir import storage
from services.fhir.encounter import ENCOUNTER
from services.fhir.held import Held, held_in, is_made, patient_of, resources_of, stay_made
from services.fhir.homes import tells_of_home
from services.fhir.parameters import BINARY, PATIENT, is_of_nobody, is_read
from services.fhir.resource import instant
from services.record import restricted
from services.record import storage as record
from services.record.look import of_one_moment, record_of, who_is
from services.record.stored import StoredStay
from services.record.ties import stance
from streams.identity.read import membership

Resource = dict[str, Any]
READ, HISTORY = "resource", "history"


class Sought(NamedTuple):
    """What there is of an id: whom it is about, and the facts of it, the one that holds first.

    `stay`: the visit that only HL7 v2 tells of. `is_gone`: the first fact is its deletion.
    """

    person: UUID | None = None
    facts: Sequence[Row[Any]] = ()
    stay: StoredStay | None = None
    is_gone: bool = False


class Seen(NamedTuple):
    """What is read of a thing: its states, the latest first, and when its source deleted it."""

    states: list[Resource]
    deleted_at: str | None = None


def not_found() -> Refused:
    """The answer for what is not there, and for what may not be seen."""
    return Refused(HTTPStatus.NOT_FOUND, "there is no such resource")


async def read(database: AsyncEngine, viewer: Viewer, kind: str, thing: UUID | None) -> Resource:
    """A resource as it is now. Raises Refused; 410 where its source deleted it."""
    if kind == PATIENT and thing and await _is_person(database, thing):
        return await _patient(database, viewer, thing)
    seen = await _seen(database, viewer, kind, thing, READ)
    if seen.deleted_at:
        raise Refused(HTTPStatus.GONE, "its source deleted this resource")
    return seen.states[0]


async def history(database: AsyncEngine, viewer: Viewer, kind: str, thing: UUID | None) -> Seen:
    """Every state of a thing that is about whom it is about now. Raises Refused."""
    if kind == PATIENT:
        raise Refused(HTTPStatus.NOT_FOUND, "no history of Patients is kept: read the Patient")
    return await _seen(database, viewer, kind, thing, HISTORY)


async def state(
    database: AsyncEngine, viewer: Viewer, kind: str, thing: UUID | None, version: str
) -> Resource:
    """The state of a thing that has the version. Raises Refused."""
    seen = await history(database, viewer, kind, thing)
    found = (one for one in seen.states if one["meta"]["versionId"] == version)
    state = next(found, None)
    if state is None:
        raise not_found()
    return state


async def _is_person(database: AsyncEngine, thing: UUID) -> bool:
    async with database.connect() as tx:
        return await membership(tx, thing) is not None


async def _patient(database: AsyncEngine, viewer: Viewer, person: UUID) -> Resource:
    async with record_of(database, viewer, person, READ) as (tx, how):
        withheld = how.withheld
        who = await who_is(tx, viewer, person)
        found = await patient_of(tx, who, withheld) if who else None
    if found is None or found.made is None:
        raise not_found()
    return found.made


async def _seen(
    database: AsyncEngine, viewer: Viewer, kind: str, thing: UUID | None, view: str
) -> Seen:
    async with of_one_moment(database) as tx:
        sought = await _sought(tx, kind, thing) if thing and is_read(kind) else Sought()
        decision, withheld = await _deciding(tx, viewer, kind, sought)
        shown = _shown(sought, withheld) if decision.allowed else []
        is_there = bool(sought.facts or sought.stay)
        allowed = decision.allowed and (bool(shown) or not is_there)
        await note(tx, viewer, view, sought.person, allowed)
        if shown:
            who = await who_is(tx, viewer, sought.person) if sought.person else None
            wanted = shown[:1] if view == READ else shown
            states = await resources_of(tx, who, withheld, wanted)
            return Seen(states, instant(sought.facts[0].recorded) if sought.is_gone else None)
    ensure(_of_anybody(viewer, kind))
    raise not_found()


def _of_anybody(viewer: Viewer, kind: str) -> Decision:
    """Whether somebody in the viewer's role may see any thing of the type at all."""
    return may_view_directory(viewer) if is_of_nobody(kind) else may_view_record(viewer, ANY_CARE)


async def _deciding(
    tx: AsyncConnection, viewer: Viewer, kind: str, sought: Sought
) -> tuple[Decision, Withheld]:
    if sought.person is None:
        return _of_anybody(viewer, kind), NOTHING
    found = await stance(tx, viewer, sought.person)
    return may_view_record(viewer, found.standing), found.withheld


def _shown(sought: Sought, withheld: Withheld) -> list[Held]:
    """The states that may be seen; of what is restricted as it is now, none."""
    if sought.stay is not None:
        is_hidden = restricted.hides_stay(sought.stay, withheld)
        return [] if is_hidden else [stay_made(sought.stay, sought.person)]
    states = sought.facts[1:] if sought.is_gone else sought.facts
    return [
        held_in(row)
        for row in states
        if row.person_id == sought.person and not withheld.hides(*_named(row))
    ]


def _named(row: Row[Any]) -> tuple[UUID, str, str]:
    return row.event_id, row.thread, row.source


async def _sought(tx: AsyncConnection, kind: str, thing: UUID) -> Sought:
    if kind == BINARY:
        message = await storage.message(tx, thing)
        return Sought(message.person_id, [message]) if message else Sought()
    facts = [row for row in await storage.states(tx, thing) if row.kind == kind]
    if not facts:
        return await _stay(tx, thing) if kind == ENCOUNTER else Sought()
    if is_of_nobody(kind):
        return await _of_nobody(tx, facts)
    # A deletion names only the thing: whom that was about the state before it says.
    person = next((row.person_id for row in facts if row.person_id), None)
    is_gone = facts[0].person_id is None or (kind == PATIENT and await _deletes(tx, facts[0]))
    return Sought(person, facts, is_gone=is_gone) if person else Sought()


async def _of_nobody(tx: AsyncConnection, facts: Sequence[Row[Any]]) -> Sought:
    """What is restricted is for nobody here: nobody has a relationship to a place.

    Neither is what says where somebody lives.
    """
    if any(row.restriction or row.subject for row in facts):
        return Sought()
    events = await record.events(tx, [row.event_id for row in facts])
    homes = {event_id for event_id, event in events.items() if tells_of_home(event)}
    if facts[0].event_id in homes:
        return Sought()
    shown = [row for row in facts if row.event_id not in homes]
    return Sought(None, shown, is_gone=events[facts[0].event_id].deleted)


async def _deletes(tx: AsyncConnection, row: Row[Any]) -> bool:
    return any(event.deleted for event in (await record.events(tx, [row.event_id])).values())


async def _stay(tx: AsyncConnection, thing: UUID) -> Sought:
    """Of a stay of nobody who is known nobody can say who may see it: none is found."""
    named = await storage.visit(tx, thing)
    row = await record.stay(tx, *named) if named else None
    if row is None or row.person_id is None or (row.source, row.visit) != named:
        return Sought()
    return Sought(row.person_id, stay=row) if is_made(row) else Sought()
