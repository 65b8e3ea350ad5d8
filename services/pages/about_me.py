"""The form for a person's own words: filled in by themself, or with whoever writes them down."""

from collections.abc import Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, NamedTuple
from uuid import UUID

import structlog
from aiokafka.errors import KafkaError
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.times import london_date
from services.access.door import Database
from services.access.problems import Refused
from services.access.rules import may_edit_about_me
from services.access.viewer import Role, Viewer
from services.pages import about_me_words as say
from services.pages.about_me_words import FormWords, MadeFrom, Written, Wrong
from services.pages.errors import PageRoute
from services.pages.render import page
from services.pages.session import LongForm, PageViewer
from services.record import reading, story
from services.record.story_models import LONGEST_WORDS, AboutMeIn, AboutMeOut
from services.record.unknown import known
from services.record.writing import is_on_record, write_about_me
from streams.runtime.retry import is_the_world

log = structlog.get_logger()

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PATH = "/people/{person_id}/about-me"
# As long as one waits for a page without wondering; words are on the record sooner, as a rule.
WAIT_S = 3.0


class Writer(NamedTuple):
    """Somebody at the form of a person's own words; `own`: the person themself."""

    request: Request
    viewer: Viewer
    database: AsyncEngine
    person: UUID

    @property
    def own(self) -> bool:
        return self.viewer.role is Role.PERSON


async def _writer(
    request: Request, viewer: PageViewer, database: Database, person_id: UUID
) -> Writer:
    return Writer(request, viewer, database, person_id)


AtForm = Annotated[Writer, Depends(_writer)]


@router.get(PATH)
async def own_words(writer: AtForm) -> Response:
    """The form with what is on the record now."""
    about = await _settled(writer)
    said = say.to_begin(about, writer.viewer.name, own=writer.own)
    return await _form(writer, about, said, HTTPStatus.OK)


@router.post(PATH)
async def save(writer: AtForm, form: LongForm) -> Response:
    """Save what is in the form, and go back to the record; what is wrong is said in the form."""
    said, sent_from = say.written(form), say.made_from(form)
    try:
        return await _saved(writer, said, sent_from)
    except (KafkaError, DBAPIError, PoolTimeout, OSError) as error:
        if not is_the_world(error):
            raise
        log.warning("own-words-held", error=type(error).__name__)
        again = say.held(said, sent_from, own=writer.own)
        return _shown(writer, again, HTTPStatus.SERVICE_UNAVAILABLE)


async def _saved(writer: Writer, said: Written, sent_from: MadeFrom) -> Response:
    wrong = say.problems(said)
    if wrong:
        about = await _about(writer)
        return await _form(writer, about, said, HTTPStatus.BAD_REQUEST, wrong, sent_from)
    new = AboutMeIn(said=dict(said), made_from=sent_from)
    door = writer.request.app.state.door
    try:
        taken = await write_about_me(writer.database, door, writer.viewer, writer.person, new)
    except Refused as refused:
        if refused.status == HTTPStatus.CONFLICT:
            return await _came_between(writer, said, sent_from)
        if refused.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            about = await _about(writer)
            return await _form(writer, about, said, refused.status, [say.NOT_TAKEN], sent_from)
        raise
    await is_on_record(writer.database, known(taken).event_id, WAIT_S)
    return _back(writer)


async def _came_between(writer: Writer, said: Written, sent_from: MadeFrom) -> Response:
    """What to do about words that were saved meanwhile: who saves the same twice is done."""
    about = await _settled(writer)
    if about.awaited:
        wrong = [say.NEWER_COMING]
        return await _form(writer, about, said, HTTPStatus.CONFLICT, wrong, sent_from)
    if say.said_in(about) == said:
        return _back(writer)
    return await _form(writer, about, said, HTTPStatus.CONFLICT, [say.NEWER])


async def _settled(writer: Writer) -> AboutMeOut:
    """What is on the record; words that were saved a moment ago are waited for."""
    about = await _about(writer)
    if about.awaited and await is_on_record(writer.database, about.awaited.event_id, WAIT_S):
        return await _about(writer)
    return about


async def _about(writer: Writer) -> AboutMeOut:
    database, viewer, person = writer.database, writer.viewer, writer.person
    return known(await story.about_me_for(database, viewer, person, None, may_edit_about_me))


async def _form(
    writer: Writer,
    about: AboutMeOut,
    said: Written,
    status: int,
    wrong: Sequence[Wrong] = (),
    sent_from: MadeFrom = "",
) -> Response:
    found = known(await reading.person_for(writer.database, writer.viewer, writer.person))
    whose = say.whose(found, london_date(datetime.now(UTC)))
    form = say.form(about, said, whose, own=writer.own, wrong=wrong, sent_from=sent_from)
    return _shown(writer, form, status)


def _shown(writer: Writer, form: FormWords, status: int) -> Response:
    said = {"form": form, "path": f"/people/{writer.person}", "longest": LONGEST_WORDS}
    return page(writer.request, "about-me.jinja", said, status)


def _back(writer: Writer) -> Response:
    return RedirectResponse(f"/people/{writer.person}?saved=about-me", HTTPStatus.SEE_OTHER)
