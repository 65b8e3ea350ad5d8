"""What is written at the record's own door: About me, published as any other fact is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.events import Sector
from schemas.inbound import Inbound, content_id
from schemas.topics import ContentType
from services.access.problems import Refused
from services.access.rules import may_edit_about_me
from services.access.viewer import Role, Viewer
from services.gateway.receive import Door, Outcome
from services.record.look import deciding
from services.record.own_words import form_of, subject_of
from services.record.story_models import AboutMeIn, AboutMeTaken
from streams.identity.read import keys_of
from streams.intake.read import read


async def write_about_me(
    database: AsyncEngine, door: Door, viewer: Viewer, person: UUID, new: AboutMeIn
) -> AboutMeTaken | None:
    """Publish a new version as the viewer's organisation; None where nobody knows the person.

    Raises Refused, and KafkaError where it cannot be kept now: then nothing was written.
    """
    async with deciding(database, viewer, person, "about-me-edit", may_edit_about_me) as (tx, _):
        keys = await keys_of(tx, person)
    if not keys:
        return None
    message = _message(new, keys, viewer, datetime.now(UTC))
    receipt = await door.receive(message)
    if receipt.outcome is Outcome.REJECTED:
        detail = "this version cannot be taken in"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail, problems=receipt.problems)
    (event,) = read(message, door.limits)
    return AboutMeTaken(event_id=UUID(event.id), outcome=receipt.outcome)


def _message(new: AboutMeIn, keys: Sequence[str], viewer: Viewer, at: datetime) -> Inbound:
    kind = "Patient" if viewer.role is Role.PERSON else "Practitioner"
    author = {"type": kind, "display": viewer.name}
    body = msgspec.json.encode(form_of(new.said, subject_of(keys, viewer.org), author, at))
    return Inbound(body, viewer.org, Sector.UNKNOWN, ContentType.FHIR, content_id(body), at)
