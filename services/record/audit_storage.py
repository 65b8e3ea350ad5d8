"""The lines of the audit as they are asked for, over a transaction that the caller owns."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.tables import access_log as log
from services.access.relationships import Relationship

# As the index of them says it.
_GLASS = log.c.because == text(f"'{Relationship.BREAK_GLASS}'")
_LOOK = [column for column in log.c if column.name != "xid"]
_PEOPLE = text("""
select a.id, i.person_id from unnest(cast(:ids as uuid[])) as a(id)
join identities i on i.own_id = a.id
""")
_IDS = text("""
select m.own_id from identities i join identities m on m.person_id = i.person_id
where i.own_id = any(:ids) or i.person_id = any(:ids)
""")
# The busiest first. What one is allowed to see of nobody in particular is nobody's record.
_BUSY = text("""
select viewer, max(name) as name, role, org,
  count(distinct person_id) filter (where allowed) as people,
  count(*) as looks, count(*) filter (where not allowed) as denied,
  count(distinct person_id) filter (where because = 'break-glass') as broken_glass
from access_log
where known_at >= :since and view not in ('sign-in', 'sign-out') group by viewer, role, org
order by people desc, denied desc, viewer limit :most
""")


class Wanted(NamedTuple):
    """Which lines; None asks for nothing. `people`: every id of those whose records were seen."""

    people: frozenset[UUID] | None = None
    viewer: str | None = None
    org: str | None = None
    view: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    denied: bool = False
    broken_glass: bool = False


async def looks(
    tx: AsyncConnection, wanted: Wanted, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """A page of the lines that are wanted, the newest first, behind `before`."""
    found = select(*_LOOK).where(*_conditions(wanted))
    if before is not None:
        found = found.where(log.c.id < before)
    return (await tx.execute(found.order_by(log.c.id.desc()).limit(limit))).all()


async def count(tx: AsyncConnection, wanted: Wanted) -> int:
    """How many lines are wanted, on all pages."""
    counted = select(func.count()).select_from(log).where(*_conditions(wanted))
    return (await tx.execute(counted)).scalar_one()


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.people is not None:
        yield log.c.person_id.in_(wanted.people)
    for name in ("viewer", "org", "view"):
        if (asked := getattr(wanted, name)) is not None:
            yield log.c[name] == asked
    if wanted.since is not None:
        yield log.c.known_at >= wanted.since
    if wanted.until is not None:
        yield log.c.known_at < wanted.until
    if wanted.denied:
        yield ~log.c.allowed
    if wanted.broken_glass:
        yield and_(log.c.allowed, _GLASS)


async def look(tx: AsyncConnection, number: int) -> Row[Any] | None:
    """One line; None where there is none of that number."""
    return (await tx.execute(select(*_LOOK).where(log.c.id == number))).one_or_none()


async def ids_of(tx: AsyncConnection, people: Iterable[UUID]) -> frozenset[UUID]:
    """Every id that these people have, with those that they are asked for by."""
    asked = list(people)
    return frozenset(asked) | set((await tx.execute(_IDS, {"ids": asked})).scalars())


async def people_by_id(tx: AsyncConnection, ids: Collection[UUID]) -> Mapping[UUID, UUID]:
    """The person whom each id names now; one that names nobody is not there."""
    rows = await tx.execute(_PEOPLE, {"ids": list(ids)})
    return {row.id: row.person_id for row in rows}


async def busiest(tx: AsyncConnection, since: datetime, most: int) -> Sequence[Row[Any]]:
    """The users who looked at most people since a moment, with what they did."""
    return (await tx.execute(_BUSY, {"since": since, "most": most})).all()
