"""Two identities side by side, and what staff said of such; every look is audited."""

from collections.abc import Sequence
from itertools import compress
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.events import LinkKind
from services.access.audit import note_each
from services.access.problems import ensure
from services.access.rules import may_decide_who_is_one_person
from services.access.viewer import Role, Viewer
from services.record import identity_storage as storage
from services.record.identity import decidable, deciding
from services.record.identity_models import PairFacingOut, Saying, WordOut
from services.record.identity_sides import identity_out, sides_of

_SAYINGS = {LinkKind.LINKED: Saying.JOIN, LinkKind.PARTED: Saying.PART}
# As many as one looks back at; what is older is on the pages of those whom it is about.
LATEST = 50


async def pair_for(
    database: AsyncEngine, viewer: Viewer, one: UUID, other: UUID
) -> PairFacingOut | None:
    """Two identities side by side; None where nobody has one of the ids. Raises Refused."""
    found = None
    async with database.begin() as tx:
        named = await storage.keys_by_id(tx, [one, other])
        keys = [named[each] for each in (one, other) if each in named]
        decision = await deciding(tx, viewer, "people-pair", keys)
        known = await storage.identities(tx, keys)
        if decision.allowed and len(known) > 1 and all(await decidable(tx, viewer, known, [keys])):
            first, second = (identity_out(known[key]) for key in keys)
            sides = await sides_of(tx, viewer, keys)
            found = PairFacingOut(one=first, other=second, sides=sides)
    ensure(decision)
    return found


async def word_for(database: AsyncEngine, viewer: Viewer, link_id: UUID) -> WordOut | None:
    """What a member of staff said; None where nobody did. Raises Refused."""
    async with database.begin() as tx:
        row = await storage.word(tx, link_id)
        rows = [row] if row is not None else []
        keys = [key for each in rows for key in (each.one, each.other)]
        decision = await deciding(tx, viewer, "people-word", keys)
        told = await _told(tx, viewer, rows) if decision.allowed else []
    ensure(decision)
    return next(iter(told), None)


async def words_for(database: AsyncEngine, viewer: Viewer) -> list[WordOut]:
    """What staff said last that the viewer may decide, the newest first. Raises Refused.

    Administrators see all of it, those who give care what was said in their organisation.
    """
    decision = may_decide_who_is_one_person(viewer, ())
    org = None if viewer.role is Role.ADMINISTRATOR else viewer.org
    async with database.begin() as tx:
        rows = await storage.words(tx, org, LATEST) if decision.allowed else []
        told = await _told(tx, viewer, rows)
        people = {each.person_id for word in told for each in word.identities}
        await note_each(tx, viewer, "people-words", people or {None}, decision.allowed)
    ensure(decision)
    return told


async def _told(tx: AsyncConnection, viewer: Viewer, rows: Sequence[Row[Any]]) -> list[WordOut]:
    """Those of the rows that the viewer may decide."""
    known = await storage.identities(tx, {key for row in rows for key in (row.one, row.other)})
    may = await decidable(tx, viewer, known, [(row.one, row.other) for row in rows])
    return [_word(row, known[row.one], known[row.other]) for row in compress(rows, may)]


def _word(row: Row[Any], one: Row[Any], other: Row[Any]) -> WordOut:
    return WordOut(
        link_id=row.event_id,
        one=one.own_id,
        other=other.own_id,
        together=one.person_id == other.person_id,
        kind=_SAYINGS[LinkKind(row.kind)],
        who=row.who,
        source=row.source,
        reason=row.reason,
        said_at=row.known_at,
        taken_back_at=row.withdrawn_at,
        taken_back_by=row.withdrawn_by,
        identities=[identity_out(one), identity_out(other)],
    )
