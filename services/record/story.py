"""The reads of a person's story beside the timeline; every look is audited with it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.about_me import WORDS
from services.access.rules import may_view_record
from services.access.viewer import Viewer
from services.record import own_words_storage, presenters, story_storage
from services.record.look import Record, Rule, look_at
from services.record.restricted import facts_of_story_shown
from services.record.story_models import (
    AboutMeAwaited,
    AboutMeOut,
    AboutMeVersion,
    AlertOut,
    CareTeamOut,
    DocumentOut,
    MemberOut,
    PlansOut,
    QuestionOut,
    Said,
)
from streams.story import about_me, alerts, asked, care_team, documents, plans
from streams.story.fact import Fact
from streams.story.members import Member
from streams.story.people import threads_in


async def about_me_for(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    as_known_at: datetime | None,
    rule: Rule = may_view_record,
) -> AboutMeOut | None:
    """What a person says of themselves, with its history; None where nobody knows them.

    `rule`: by which one may look, such as in order to write.
    """
    return await look_at(database, viewer, person, "about-me", about_me_in, as_known_at, rule)


async def about_me_in(record: Record) -> AboutMeOut:
    """What the person of a record says of themselves, with its history."""
    keys, at = record.who.keys, record.as_known_at
    held = await story_storage.every(record.tx, keys, about_me.KINDS, at)
    coming = await own_words_storage.awaited(record.tx, keys) if at is None else ()
    shown = [row for row in coming if not record.withheld.hides_source(row.source)]
    facts = facts_of_story_shown(held, record.withheld)
    holding = about_me.current(facts)
    return AboutMeOut(
        current=_version(holding) if holding else None,
        history=[_version(about) for about in about_me.versions(facts)],
        awaited=_awaited(shown[0]) if shown else None,
    )


def _awaited(row: Row[Any]) -> AboutMeAwaited:
    return AboutMeAwaited(event_id=row.event_id, taken_at=row.taken_at)


def _version(about: about_me.AboutMe) -> AboutMeVersion:
    return AboutMeVersion(
        said=[Said(heading=h, title=WORDS[h], words=words) for h, words in about.said],
        written=about.written,
        author=about.author,
        source=about.source,
        event_id=UUID(about.event_id),
        struck=about.struck,
    )


async def care_team_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None
) -> CareTeamOut | None:
    """Who is involved with a person, and whom to ask first; None where nobody knows them."""
    return await look_at(database, viewer, person, "care-team", care_team_in, as_known_at)


async def care_team_in(record: Record) -> CareTeamOut:
    """Who is involved with the person of a record, and whom to ask first."""
    ongoing = await _ongoing(record)
    codes = ("ADT^%",) if ongoing else ()
    facts = await held_in(record, care_team.KINDS, codes)
    directory = await story_storage.directory(record.tx, threads_in(facts), record.as_known_at)
    found = care_team.care_team_of(facts, directory, _moment(record), ongoing)
    members = [_member(member) for member in found.members]
    return CareTeamOut(named_contact=members[0] if members else None, members=members)


def _member(member: Member) -> MemberOut:
    said = {**member._asdict(), "why": care_team.WORDS[member.reason]}
    return MemberOut.model_validate(said)


async def _ongoing(record: Record) -> frozenset[str]:
    """The ids of the facts of the visits that are open."""
    who, known, at = record.who, frozenset(record.who.keys), record.as_known_at
    found: set[str] = set()
    for row in await record.stays():
        stay = presenters.stay_as_known(row, who.person, known, at)
        if stay is not None and stay.status == "open":
            found |= presenters.facts_in(row, at)
    return frozenset(found)


async def alerts_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None
) -> list[AlertOut] | None:
    """What everybody must know of a person; None where nobody knows them."""
    return await look_at(database, viewer, person, "alerts", alerts_in, as_known_at)


async def alerts_in(record: Record) -> list[AlertOut]:
    """What everybody must know of the person of a record."""
    found = alerts.alerts_of(await held_in(record, alerts.KINDS), _moment(record))
    return [AlertOut.model_validate(one) for one in found]


async def plans_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None
) -> PlansOut | None:
    """What is planned with a person; None where nobody knows them."""
    return await look_at(database, viewer, person, "plans", plans_in, as_known_at)


async def plans_in(record: Record) -> PlansOut:
    """What is planned with the person of a record."""
    facts = await held_in(record, plans.KINDS)
    return PlansOut.model_validate(plans.plans_of(facts, _moment(record)))


async def asked_for(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    question: str | None,
    as_known_at: datetime | None,
) -> list[QuestionOut] | None:
    """What a person has been asked and answered; with a question, that one if it was asked."""
    read = partial(asked_in, question=question)
    return await look_at(database, viewer, person, "asked", read, as_known_at)


async def asked_in(record: Record, question: str | None = None) -> list[QuestionOut]:
    """What the person of a record has been asked and answered, or that one question."""
    found = asked.asked_of(await held_in(record, asked.KINDS))
    wanted = found if question is None else asked.already_asked(found, question)
    return [
        QuestionOut.model_validate({"words": one.words, "answers": one.answers}) for one in wanted
    ]


async def documents_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None
) -> list[DocumentOut] | None:
    """The documents about a person; None where nobody knows them."""
    return await look_at(database, viewer, person, "documents", documents_in, as_known_at)


async def documents_in(record: Record) -> list[DocumentOut]:
    """The documents about the person of a record."""
    facts = await held_in(record, documents.KINDS, ("MDM^%",))
    return [DocumentOut.model_validate(one) for one in documents.documents_of(facts)]


async def held_in(record: Record, kinds: Sequence[str], codes: Sequence[str] = ()) -> list[Fact]:
    """The facts of these kinds that hold in a record and may be shown."""
    held = await story_storage.held(
        record.tx, record.who.keys, kinds, record.as_known_at, codes=codes
    )
    return facts_of_story_shown(held, record.withheld)


def _moment(record: Record) -> datetime:
    return record.as_known_at or datetime.now(UTC)
