"""The reads of a person's story beside the timeline; every look is audited with it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.about_me import WORDS
from services.access.viewer import Viewer
from services.record import presenters, storage, story_storage
from services.record.look import record_of, who_is
from services.record.restricted import facts_of_story_shown
from services.record.story_models import (
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
from streams.identity.read import Membership
from streams.story import about_me, alerts, asked, care_team, documents, plans
from streams.story.fact import Fact
from streams.story.members import Member
from streams.story.people import threads_in

Answer = TypeVar("Answer")


async def about_me_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None
) -> AboutMeOut | None:
    """What a person says of themselves, with its history; None where nobody knows them."""
    async with record_of(database, viewer, person, "about-me") as (tx, withheld):
        who = await who_is(tx, viewer, person, as_known_at)
        if who is None:
            return None
        held = await story_storage.every(tx, who.keys, about_me.KINDS, as_known_at)
        facts = facts_of_story_shown(held, withheld)
    holding = about_me.current(facts)
    return AboutMeOut(
        current=_version(holding) if holding else None,
        history=[_version(about) for about in about_me.versions(facts)],
    )


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
    async with record_of(database, viewer, person, "care-team") as (tx, withheld):
        who = await who_is(tx, viewer, person, as_known_at)
        if who is None:
            return None
        ongoing = await _ongoing(tx, who, as_known_at)
        held = await story_storage.held(
            tx, who.keys, care_team.KINDS, as_known_at, codes=("ADT^%",) if ongoing else ()
        )
        facts = facts_of_story_shown(held, withheld)
        directory = await story_storage.directory(tx, threads_in(facts), as_known_at)
    at = as_known_at or datetime.now(UTC)
    found = care_team.care_team_of(facts, directory, at, ongoing)
    members = [_member(member) for member in found.members]
    return CareTeamOut(named_contact=members[0] if members else None, members=members)


def _member(member: Member) -> MemberOut:
    said = {**member._asdict(), "why": care_team.WORDS[member.reason]}
    return MemberOut.model_validate(said)


async def _ongoing(
    tx: AsyncConnection, who: Membership, as_known_at: datetime | None
) -> frozenset[str]:
    """The ids of the facts of the visits that are open."""
    known = frozenset(who.keys)
    found: set[str] = set()
    for row in await storage.stays_of(tx, known, were=as_known_at is not None):
        stay = presenters.stay_as_known(row, who.person, known, as_known_at)
        if stay is not None and stay.status == "open":
            found |= presenters.facts_in(row, as_known_at)
    return frozenset(found)


async def alerts_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None
) -> list[AlertOut] | None:
    """What everybody must know of a person; None where nobody knows them."""
    at = as_known_at or datetime.now(UTC)
    facts = await _held(database, viewer, person, "alerts", alerts.KINDS, as_known_at)
    return _each(facts, lambda held: alerts.alerts_of(held, at), AlertOut.model_validate)


async def plans_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None
) -> PlansOut | None:
    """What is planned with a person; None where nobody knows them."""
    at = as_known_at or datetime.now(UTC)
    facts = await _held(database, viewer, person, "plans", plans.KINDS, as_known_at)
    return None if facts is None else PlansOut.model_validate(plans.plans_of(facts, at))


async def asked_for(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    question: str | None,
    as_known_at: datetime | None,
) -> list[QuestionOut] | None:
    """What a person has been asked and answered; with a question, that one if it was asked."""
    facts = await _held(database, viewer, person, "asked", asked.KINDS, as_known_at)

    def found(held: list[Fact]) -> list[asked.Question]:
        questions = asked.asked_of(held)
        return questions if question is None else asked.already_asked(questions, question)

    return _each(facts, found, _question)


def _question(question: asked.Question) -> QuestionOut:
    return QuestionOut.model_validate({"words": question.words, "answers": question.answers})


async def documents_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None
) -> list[DocumentOut] | None:
    """The documents about a person; None where nobody knows them."""
    facts = await _held(
        database, viewer, person, "documents", documents.KINDS, as_known_at, codes=("MDM^%",)
    )
    return _each(facts, documents.documents_of, DocumentOut.model_validate)


async def _held(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    view: str,
    kinds: Sequence[str],
    as_known_at: datetime | None,
    *,
    codes: Sequence[str] = (),
) -> list[Fact] | None:
    async with record_of(database, viewer, person, view) as (tx, withheld):
        who = await who_is(tx, viewer, person, as_known_at)
        if who is None:
            return None
        held = await story_storage.held(tx, who.keys, kinds, as_known_at, codes=codes)
        return facts_of_story_shown(held, withheld)


Told = TypeVar("Told")


def _each(
    facts: list[Fact] | None,
    read: Callable[[list[Fact]], Sequence[Answer]],
    model: Callable[[Answer], Told],
) -> list[Told] | None:
    return None if facts is None else [model(one) for one in read(facts)]
