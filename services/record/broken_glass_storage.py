"""Who broke the glass, in PostgreSQL, over a transaction that the caller owns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.tables import break_glass, identities
from services.access.viewer import Viewer
from services.record.broken_glass_models import BreakGlassIn, BrokenGlass, ReviewIn

_ORDER = (break_glass.c.known_at, break_glass.c.break_glass_id)


async def add(tx: AsyncConnection, viewer: Viewer, asked: BreakGlassIn, made: BrokenGlass) -> None:
    """Keep that the viewer broke the glass, and why."""
    said = {
        "viewer": viewer.user,
        "name": viewer.name,
        "role": viewer.role.value,
        "org": viewer.org,
        "reason": asked.reason.value,
        "words": asked.text,
    }
    await tx.execute(insert(break_glass).values(**made.model_dump(), **said))


async def broken_by(tx: AsyncConnection, viewer: Viewer, person: UUID) -> Row[Any] | None:
    """What a viewer broke of a person and what lasts longest, now; None where all is whole."""
    lasting = (
        select(break_glass)
        .join(identities, identities.c.own_id == break_glass.c.person_id)
        .where(
            identities.c.person_id == person,
            break_glass.c.viewer == viewer.user,
            break_glass.c.org == viewer.org,
            break_glass.c.until > func.now(),
        )
    )
    latest = lasting.order_by(break_glass.c.until.desc()).limit(1)
    row: Row[Any] | None = (await tx.execute(latest)).one_or_none()
    return row


async def page(
    tx: AsyncConnection, after: tuple[datetime, UUID] | None, limit: int, *, reviewed: bool
) -> Sequence[Row[Any]]:
    """Those that were reviewed, or were not, behind a place, the oldest first."""
    is_reviewed = break_glass.c.reviewed_at.is_not(None)
    found = select(break_glass).where(is_reviewed if reviewed else ~is_reviewed)
    if after is not None:
        found = found.where(tuple_(*_ORDER) > after)
    return (await tx.execute(found.order_by(*_ORDER).limit(limit))).all()


async def count(tx: AsyncConnection, *, reviewed: bool) -> int:
    """How many were reviewed, or were not."""
    is_reviewed = break_glass.c.reviewed_at.is_not(None)
    counted = select(func.count()).where(is_reviewed if reviewed else ~is_reviewed)
    return (await tx.execute(counted.select_from(break_glass))).scalar_one()


async def one(tx: AsyncConnection, break_glass_id: UUID) -> Row[Any] | None:
    """One broken glass; None where there is none of that id."""
    found = select(break_glass).where(break_glass.c.break_glass_id == break_glass_id)
    row: Row[Any] | None = (await tx.execute(found)).one_or_none()
    return row


async def review(
    tx: AsyncConnection, viewer: Viewer, break_glass_id: UUID, given: ReviewIn
) -> Row[Any] | None:
    """Keep what was found, once; None where there is none to review."""
    kept = (
        update(break_glass)
        .where(break_glass.c.break_glass_id == break_glass_id, break_glass.c.reviewed_at.is_(None))
        .values(
            reviewed_at=func.now(),
            reviewed_by=viewer.user,
            finding=given.finding.value,
            review_words=given.text,
        )
        .returning(break_glass)
    )
    row: Row[Any] | None = (await tx.execute(kept)).one_or_none()
    return row
