"""Breaking the glass: a look without a relationship, for a time and a reason, that is reviewed."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.audit import note, note_each
from services.access.problems import ensure
from services.access.rules import may_break_glass, may_review_broken_glass
from services.access.viewer import Viewer
from services.record import broken_glass_storage as storage
from services.record.audit import names_of
from services.record.broken_glass_models import (
    BreakGlassIn,
    Broken,
    BrokenGlass,
    BrokenGlassOut,
    BrokenGlassPage,
    ReviewIn,
)
from services.record.cursor import cursor_of, place_of
from services.record.look import Record
from services.record.patients import Details
from streams.identity.read import membership

log = structlog.get_logger()


async def break_glass(
    database: AsyncEngine, viewer: Viewer, person: UUID, asked: BreakGlassIn, lasts: timedelta
) -> BrokenGlass | None:
    """Let the viewer look for a time; None where nobody knows the person. Raises Refused."""
    decision = may_break_glass(viewer)
    made = None
    async with database.begin() as tx:
        await note(tx, viewer, "break-glass", person, decision.allowed)
        if decision.allowed and await membership(tx, person) is not None:
            made = BrokenGlass(
                break_glass_id=uuid4(), person_id=person, until=datetime.now(UTC) + lasts
            )
            await storage.add(tx, viewer, asked, made)
    ensure(decision)
    if made is not None:
        # Whom it was about stands in the queue; logs name nobody.
        log.warning("glass-broken", role=viewer.role.value, org=viewer.org, reason=asked.reason)
    return made


async def broken_in(record: Record) -> Broken | None:
    """The glass that the viewer of a record broke; None where it is whole."""
    row = await storage.broken_by(record.tx, record.viewer, record.who.person)
    return Broken.model_validate(row) if row is not None else None


async def to_review_for(
    database: AsyncEngine, viewer: Viewer, after: str | None, limit: int, *, reviewed: bool
) -> BrokenGlassPage:
    """A page of who broke the glass, the oldest first. Raises Refused."""
    place = place_of(after, tuple[datetime, UUID])
    decision = may_review_broken_glass(viewer)
    async with database.begin() as tx:
        rows, total = list[Row[Any]](), 0
        if decision.allowed:
            rows.extend(await storage.page(tx, place, limit + 1, reviewed=reviewed))
            total = await storage.count(tx, reviewed=reviewed)
        shown = rows[:limit]
        named = await names_of(tx, {row.person_id for row in shown})
        people = {row.person_id for row in shown} or {None}
        await note_each(tx, viewer, "break-glass-reviews", people, decision.allowed)
    ensure(decision)
    more = len(rows) > limit
    return BrokenGlassPage(
        broken=[_told(row, named) for row in shown],
        total=total,
        next=cursor_of((shown[-1].known_at, shown[-1].break_glass_id)) if more else None,
    )


async def one_for(
    database: AsyncEngine, viewer: Viewer, break_glass_id: UUID
) -> BrokenGlassOut | None:
    """One broken glass, reviewed or not; None where there is none of that id. Raises Refused."""
    decision = may_review_broken_glass(viewer)
    async with database.begin() as tx:
        row = await storage.one(tx, break_glass_id) if decision.allowed else None
        person = row.person_id if row is not None else None
        named = await names_of(tx, [person])
        await note(tx, viewer, "break-glass-reviews", person, decision.allowed)
    ensure(decision)
    return _told(row, named) if row is not None else None


def _told(row: Row[Any], named: Mapping[UUID, Details]) -> BrokenGlassOut:
    who = named.get(row.person_id) or Details()
    told = {"person_name": who.name, "person_born": who.birth_date}
    return BrokenGlassOut.model_validate(row).model_copy(update=told)


async def review(
    database: AsyncEngine, viewer: Viewer, break_glass_id: UUID, given: ReviewIn
) -> BrokenGlassOut | None:
    """Keep what was found; None where there is none of that id to review. Raises Refused."""
    decision = may_review_broken_glass(viewer)
    async with database.begin() as tx:
        row = await storage.review(tx, viewer, break_glass_id, given) if decision.allowed else None
        person = row.person_id if row is not None else None
        await note(tx, viewer, "break-glass-review", person, decision.allowed)
    ensure(decision)
    return BrokenGlassOut.model_validate(row) if row is not None else None
