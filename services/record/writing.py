"""What is written at the record's own door: About me, published as any other fact is."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.events import CareEvent, Sector
from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType
from services.access.problems import Refused
from services.access.rules import may_edit_about_me
from services.access.viewer import Role, Viewer
from services.gateway.receive import Door, Outcome
from services.record import own_words_storage as storage
from services.record.look import Record, deciding, who_is
from services.record.own_words import form_of, subject_of
from services.record.story import about_me_in
from services.record.story_models import NO_VERSION, AboutMeIn, AboutMeTaken
from streams.intake.read import read

LOOK_EVERY_S = 0.1


async def write_about_me(
    database: AsyncEngine, door: Door, viewer: Viewer, person: UUID, new: AboutMeIn
) -> AboutMeTaken | None:
    """Publish a new version as the viewer's organisation; None where nobody knows the person.

    Raises Refused, also where it was made from a version that is no longer the newest, and
    KafkaError where it cannot be kept now: then nothing was written.
    """
    rule = may_edit_about_me
    async with deciding(database, viewer, person, "about-me-edit", rule) as (tx, found):
        who = await who_is(tx, viewer, person)
    if who is None:
        return None
    async with database.begin() as tx:
        await storage.one_at_a_time(tx, who.person)
        await _ensure_newest(Record(tx, viewer, found, who), new.made_from)
        event, outcome = await _publish(door, _message(new, who.keys, viewer, datetime.now(UTC)))
        await storage.take(tx, event)
    return AboutMeTaken(event_id=UUID(event.id), outcome=outcome)


async def _ensure_newest(record: Record, made_from: UUID | str | None) -> None:
    """Go on where nothing newer is there than what the words were made from. Raises Refused."""
    if made_from is None:
        return
    newest = (await about_me_in(record)).newest
    if made_from != (newest or NO_VERSION):
        detail = "a newer version was written meanwhile: read it, and write yours from it"
        raise Refused(HTTPStatus.CONFLICT, detail)


async def _publish(door: Door, message: Inbound) -> tuple[CareEvent, Outcome]:
    """The fact that the message is. Raises Refused and KafkaError."""
    receipt = await door.receive(message)
    if receipt.outcome is Outcome.REJECTED:
        detail = "this version cannot be taken in"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail, problems=receipt.problems)
    (event,) = read(message, door.limits)
    return event, receipt.outcome


async def is_on_record(database: AsyncEngine, event_id: UUID, within_s: float) -> bool:
    """Whether a fact is on the record, which is waited for so long."""
    for _ in range(int(within_s / LOOK_EVERY_S)):
        if await _is_there(database, event_id):
            return True
        await asyncio.sleep(LOOK_EVERY_S)
    return await _is_there(database, event_id)


async def _is_there(database: AsyncEngine, event_id: UUID) -> bool:
    async with database.connect() as connection:
        return await storage.is_there(connection, event_id)


def _message(new: AboutMeIn, keys: Sequence[str], viewer: Viewer, at: datetime) -> Inbound:
    kind = "Patient" if viewer.role is Role.PERSON else "Practitioner"
    author = {"type": kind, "display": viewer.name}
    body = msgspec.json.encode(form_of(new.said, subject_of(keys, viewer.org), author, at))
    return Inbound(body, viewer.org, Sector.UNKNOWN, ContentType.FHIR, content_id(body), at)
