"""What is held of a person, or of nobody, and how it is made into what is read."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent, decode
from schemas.fhir.references import Named
from schemas.hl7v2.demographics import patient_in
from schemas.times import EPOCH
from services.access.withheld import Withheld
from services.fhir import storage
from services.fhir.encounter import ENCOUNTER, encounter_of, thread_of_stay
from services.fhir.homes import tells_of_home
from services.fhir.ids import id_of
from services.fhir.parameters import BINARY, PATIENT, is_of_nobody, is_read
from services.fhir.patient import Said, merged
from services.fhir.references import (
    Known,
    Names,
    Told,
    place_of,
    point,
    references_in,
    threads_in,
)
from services.fhir.resource import binary_of, resource_in, served
from services.record import presenters, restricted
from services.record import storage as record
from services.record.patients import details_of, numbered, only_number
from services.record.stored import StoredStay
from streams.flow.stay import MOVED
from streams.identity.read import Membership

Resource = dict[str, Any]


class Held(NamedTuple):
    """A thing that may be seen, by the id that it is read by; `made`: what is made of it here.

    `recorded`: when its source wrote the state that holds, `known_at`: since when it is known.
    """

    id: UUID
    kind: str
    recorded: datetime
    known_at: datetime
    event_id: UUID | None = None
    made: Resource | None = None


def held_in(row: Row[Any]) -> Held:
    """What a stored fact is; an HL7 v2 message is one of its own, whatever it tells of."""
    if "^" in row.kind:
        return Held(row.event_id, BINARY, row.recorded, row.known_at, row.event_id)
    return Held(row.thing, row.kind, row.recorded, row.known_at, row.event_id)


async def things_of(
    tx: AsyncConnection, who: Membership, withheld: Withheld, kind: str | None = None
) -> list[Held]:
    """Everything that holds of a person and may be seen, or all of one type, in no order.

    The one Patient that their sources' Patients make is not among it. Source: FHIR R4, read.
    """
    rows = await storage.holding(tx, who.keys, None if kind == BINARY else kind)
    shown = (row for row in rows if not withheld.hides(row.event_id, row.thread, row.source))
    found = [held_in(row) for row in shown if is_read(row.kind) and not is_of_nobody(row.kind)]
    if kind in (None, ENCOUNTER):
        found += await stays_made(tx, who, withheld)
    if kind in (None, PATIENT):
        found = await _without_deleted_people(tx, found)
    return [one for one in found if one.kind == kind] if kind else found


async def _without_deleted_people(tx: AsyncConnection, found: Sequence[Held]) -> list[Held]:
    """A deletion is about a person where it is a Patient's alone: it says whose it is."""
    people = [one.event_id for one in found if one.kind == PATIENT and one.event_id]
    events = await record.events(tx, people) if people else {}
    gone = {event_id for event_id, event in events.items() if event.deleted}
    return [one for one in found if one.event_id not in gone]


async def stays_made(tx: AsyncConnection, who: Membership, withheld: Withheld) -> list[Held]:
    """The stays that only HL7 v2 tells of, as the Encounters that they would be."""
    rows = await record.stays_of_messages(tx, who.keys)
    shown = (one for one in rows if not restricted.hides_stay(one, withheld))
    return [stay_made(one, who.person) for one in shown]


def is_made(stored: StoredStay) -> bool:
    """Whether no Encounter was ever published of a stored stay that is one."""
    return '"state"' not in stored.facts and stored.stay.status != MOVED.status


def stay_made(stored: StoredStay, person: UUID | None) -> Held:
    """A stored stay as an Encounter."""
    thing = id_of(thread_of_stay(stored.source, stored.visit))
    made = encounter_of(presenters.stay_out(stored), person, stored.known_at)
    return Held(thing, ENCOUNTER, stored.known_at, stored.known_at, made=made)


async def of_nobody(tx: AsyncConnection, kind: str) -> list[Held]:
    """Everything of a type that is about nobody, in no order; what is restricted is nobody's."""
    return [held_in(row) for row in await storage.of_nobody(tx, kind) if _is_in_directory(row)]


async def published(
    tx: AsyncConnection, things: Iterable[Held]
) -> dict[UUID, tuple[CareEvent, Resource]]:
    """Facts by their ids, each with its resource as its source published it."""
    events = await record.events(tx, [one.event_id for one in things if one.event_id])
    return {
        event_id: (event, {} if event.is_hl7v2 else resource_in(event))
        for event_id, event in events.items()
    }


async def resources_of(
    tx: AsyncConnection, who: Membership | None, withheld: Withheld, things: Sequence[Held]
) -> list[Resource]:
    """What is read of each of these things, in their order."""
    facts = await published(tx, things)
    await pointed(tx, who, withheld, facts.values())
    person = who.person if who else None

    def resource(one: Held) -> Resource:
        if one.made is not None or one.event_id is None:
            return one.made or {}
        event, said = facts[one.event_id]
        return binary_of(event, person) if event.is_hl7v2 else served(event, said, person)

    return [resource(one) for one in things]


async def pointed(
    tx: AsyncConnection,
    who: Membership | None,
    withheld: Withheld,
    facts: Iterable[tuple[CareEvent, Resource]],
) -> None:
    """Make the references of these resources lead to what is held here and may be seen."""
    names: Names = {}
    told: list[tuple[str, Told]] = [
        (event.source, one)
        for event, resource in facts
        if resource
        for one in references_in(resource, event, names)
    ]
    known = await _known(tx, who, withheld, set(threads_in(one for _, one in told)))
    # Most references of a record are the same few: each is led to its place once.
    places: dict[tuple[str, str, Named], str | None] = {}
    for source, one in told:
        key = (source, one.path, one.named)
        if key not in places:
            places[key] = place_of(one, source, known)
        point(one, source, places[key])


async def _known(
    tx: AsyncConnection, who: Membership | None, withheld: Withheld, threads: Collection[str]
) -> Known:
    keys = frozenset(who.keys if who else ())
    rows = await storage.heads(tx, threads)
    held = {
        row.thread: f"{row.kind}/{row.thing}"
        for row in rows
        if (_is_theirs(row, keys, withheld) if row.subject else _is_in_directory(row))
    }
    if who and any(f"|{ENCOUNTER}/" in thread for thread in threads if thread not in held):
        made = {one.id for one in await stays_made(tx, who, withheld)}
        ids = {thread: id_of(thread) for thread in threads if thread not in held}
        held |= {thread: f"{ENCOUNTER}/{own}" for thread, own in ids.items() if own in made}
    return Known(who.person if who else None, keys, held)


def _is_theirs(row: Row[Any], keys: frozenset[str], withheld: Withheld) -> bool:
    hidden = withheld.hides(row.event_id, row.thread, row.source)
    return row.subject in keys and is_read(row.kind) and not hidden


def _is_in_directory(row: Row[Any]) -> bool:
    if not is_of_nobody(row.kind) or row.restriction is not None:
        return False
    event = decode(row.event)
    return not event.deleted and not tells_of_home(event)


async def patient_of(tx: AsyncConnection, who: Membership, withheld: Withheld) -> Held:
    """The one Patient of a person, of what may be seen of who they are."""
    facts = (await record.patients_of(tx, {who.person: who.keys}))[who.person]
    details = numbered(details_of(facts), only_number(who.keys))
    shown = [one for one in facts if not one.deleted and not _hides(one, withheld)]
    said = {UUID(one.id): (one, _who_in(one)) for one in shown}
    await pointed(tx, who, withheld, (pair for pair in said.values() if not pair[0].is_hl7v2))
    resource = merged(who.person, map(_said, said.values()), details)
    recorded = max((event.recorded for event in facts), default=EPOCH)
    return Held(who.person, PATIENT, recorded, recorded, made=resource)


def _hides(event: CareEvent, withheld: Withheld) -> bool:
    return withheld.hides(UUID(event.id), event.thread, event.source)


def _who_in(event: CareEvent) -> Resource:
    return patient_in(event) if event.is_hl7v2 else resource_in(event)


def _said(fact: tuple[CareEvent, Resource]) -> Said:
    event, patient = fact
    link = None if event.is_hl7v2 else f"{PATIENT}/{id_of(event.thread)}"
    return Said(patient, event.recorded, link)
