"""Who is one person, for staff to read and to decide; every look and every word is audited."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.events import LinkKind
from services.access.audit import note_each
from services.access.problems import Refused, ensure
from services.access.rules import Decision, may_decide_who_is_one_person
from services.access.viewer import Role, Viewer
from services.record import identity_storage as storage
from services.record.identity_models import (
    IdentitiesOut,
    LinkIn,
    LinkOut,
    Saying,
    StatementOut,
)
from services.record.identity_sides import identity_out, sides_of, withheld_of
from services.record.restricted import keys_shown
from services.record.ties import Stance, stances
from streams.identity.read import keys_of
from streams.identity.staff import Word, say, unsay
from streams.identity.statements import Pair

KINDS = {Saying.JOIN: LinkKind.LINKED, Saying.PART: LinkKind.PARTED}


async def link(database: AsyncEngine, viewer: Viewer, asked: LinkIn) -> LinkOut:
    """Join or part two identities. Raises Refused: 403, or 404 where nobody has one of the ids."""
    async with database.begin() as tx:
        found = await storage.keys_by_id(tx, [asked.one, asked.other])
        decision = await deciding(tx, viewer, "people-link", found.values())
        if decision.allowed and len(found) > 1:
            pair = (found[asked.one], found[asked.other])
            (link_id,) = await say(tx, [pair], KINDS[asked.kind], word_of(viewer, asked.reason))
            told = await _told(tx, link_id, pair)
    ensure(decision)
    if len(found) < len({asked.one, asked.other}):
        raise Refused(HTTPStatus.NOT_FOUND, "there is no person of one of these ids")
    return told


async def unlink(database: AsyncEngine, viewer: Viewer, link_id: UUID) -> LinkOut:
    """Take back what a member of staff said. Raises Refused: 403, or 404 where nothing stands."""
    told = None
    async with database.begin() as tx:
        named = await storage.named_by(tx, link_id)
        decision = await deciding(tx, viewer, "people-unlink", named)
        pair = await unsay(tx, link_id, viewer.user) if decision.allowed else None
        told = await _told(tx, link_id, pair) if pair else None
    ensure(decision)
    if told is None:
        raise Refused(HTTPStatus.NOT_FOUND, "no member of staff says so")
    return told


async def identities_for(
    database: AsyncEngine, viewer: Viewer, person: UUID
) -> IdentitiesOut | None:
    """By what a person is known, and who says so; None where nobody knows them. Raises Refused."""
    async with database.begin() as tx:
        keys = await keys_of(tx, person)
        decision = await deciding(tx, viewer, "identities", keys)
        withheld = (await withheld_of(tx, viewer, [person]))[person]
        shown = keys_shown(keys, withheld)
        told = await storage.said_of(tx, shown) if decision.allowed else []
        said = [row for row in told if not withheld.hides_source(row.source)]
        named = {key for row in said for key in (row.one, row.other)}
        known = await storage.identities(tx, {*keys, *named})
        sides = await sides_of(tx, viewer, shown) if decision.allowed else []
    ensure(decision)
    if not keys:
        return None
    return IdentitiesOut(
        person_id=known[keys[0]].person_id,
        identities=[identity_out(known[key]) for key in shown],
        statements=[_statement(row, known) for row in said],
        sides=sides,
    )


async def deciding(tx: AsyncConnection, viewer: Viewer, view: str, keys: Iterable[str]) -> Decision:
    """Decide for each of the people whose identities these are, and write the look down."""
    known = await storage.identities(tx, list(keys))
    people = {row.person_id for row in known.values()}
    found = await stances(tx, viewer, people)
    decision = may_decide_who_is_one_person(viewer, [one.standing for one in found.values()])
    await note_each(tx, viewer, view, people or {None}, decision.allowed)
    return decision


async def decidable(
    tx: AsyncConnection,
    viewer: Viewer,
    known: Mapping[str, Row[Any]],
    groups: Sequence[Collection[str]],
) -> list[bool]:
    """Of each group of identities whether the viewer may decide who of them is one person.

    What names an organisation that is kept from the viewer is not for them to decide either.
    """
    if viewer.role is Role.ADMINISTRATOR:
        return [True] * len(groups)
    found = await stances(tx, viewer, {row.person_id for row in known.values()})
    return [
        all(_may_decide(viewer, key, found[known[key].person_id]) for key in keys)
        for keys in groups
    ]


def _may_decide(viewer: Viewer, key: str, found: Stance) -> bool:
    may = may_decide_who_is_one_person(viewer, [found.standing]).allowed
    return may and bool(keys_shown([key], found.withheld))


def word_of(viewer: Viewer, reason: str) -> Word:
    """What the viewer says, with their name to it."""
    return Word(viewer.user, viewer.org, reason)


async def _told(tx: AsyncConnection, link_id: UUID, pair: Pair) -> LinkOut:
    known = await storage.identities(tx, pair)
    one, other = (known[key] for key in pair)
    return LinkOut(
        link_id=link_id,
        one=one.own_id,
        other=other.own_id,
        together=one.person_id == other.person_id,
    )


def _statement(row: Row[Any], known: dict[str, Row[Any]]) -> StatementOut:
    return StatementOut(
        link_id=row.event_id,
        one=known[row.one].own_id,
        other=known[row.other].own_id,
        kind=row.kind,
        source=row.source,
        said_at=row.said_at,
        known_at=row.known_at,
        by_staff=row.who is not None,
        reason=row.reason,
        event_id=row.event_id if row.who is None else None,
    )
