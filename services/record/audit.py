"""The only reads of the audit: who looked, for the privacy officer; each is a look itself."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from msgspec import Meta
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.times import london_date, midnight
from services.access import sealing
from services.access.audit import note, note_each
from services.access.door import ensure_noted
from services.access.problems import ensure
from services.access.rules import may_search_audit, may_view_access_log
from services.access.viewer import Viewer
from services.record import audit_storage as storage
from services.record.audit_models import AuditLook, AuditPage, AuditSearch, Busy, Noted
from services.record.audit_storage import Wanted
from services.record.cursor import cursor_of, place_of
from services.record.look import deciding
from services.record.patients import Details
from services.record.reading import details_of_people, people_found

LookId = Annotated[int, Meta(ge=0, le=2**63 - 1)]
MOST_BUSY = 10


async def searched_for(database: AsyncEngine, viewer: Viewer, asked: AuditSearch) -> AuditPage:
    """A page of the looks that are asked for, newest first. Raises Refused.

    Each person whose line is shown can see that the officer looked.
    """
    place = place_of(asked.after, tuple[LookId])
    decision = may_search_audit(viewer)
    rows, named = list[Row[Any]](), dict[UUID, Details]()
    async with database.begin() as tx:
        if decision.allowed:
            wanted = await _wanted(tx, asked)
            before = place[0] if place else None
            rows.extend(await storage.looks(tx, wanted, before, asked.limit + 1))
            named = await names_of(tx, {row.person_id for row in rows[: asked.limit]})
        seen = {row.person_id for row in rows[: asked.limit]} - {None} or {None}
        await note_each(tx, viewer, "audit-search", seen, decision.allowed)
    ensure(decision)
    shown = rows[: asked.limit]
    return AuditPage(
        looks=[_look(row, named) for row in shown],
        next=cursor_of((shown[-1].id,)) if len(rows) > len(shown) else None,
    )


async def _wanted(tx: AsyncConnection, asked: AuditSearch) -> Wanted:
    people: set[UUID] | None = None
    if asked.person is not None:
        people = set(await people_found(tx, asked.person))
    if asked.person_id is not None:
        people = {asked.person_id} if people is None else people & {asked.person_id}
    return Wanted(
        await storage.ids_of(tx, people) if people is not None else None,
        **asked.model_dump(include=_NARROWED),
    )


_NARROWED = {"viewer", "org", "view", "since", "until", "denied", "broken_glass"}


async def names_of(tx: AsyncConnection, ids: Collection[UUID | None]) -> dict[UUID, Details]:
    """Who the people are whom ids name, by these ids; one that names nobody is not there."""
    people = await storage.people_by_id(tx, [one for one in ids if one is not None])
    known = await details_of_people(tx, set(people.values()))
    return {one: known[person] for one, person in people.items()}


def _look(row: Row[Any], named: Mapping[UUID, Details]) -> AuditLook:
    who = named.get(row.person_id) or Details()
    return AuditLook(
        **{name: row._mapping[name] for name in _TOLD},
        person_name=who.name,
        person_born=who.birth_date,
        because=sorted(_because(row)),
        at=row.known_at,
    )


_TOLD = (
    "id",
    "person_id",
    "viewer",
    "name",
    "role",
    "org",
    "view",
    "allowed",
    "request",
    "address",
)


def _because(row: Row[Any]) -> frozenset[str]:
    return frozenset((row.because or "").split())


class Overview(NamedTuple):
    """What the privacy officer begins with: how the audit is sealed, and who looked most today."""

    seals: sealing.State
    busiest: Sequence[Busy]
    at: datetime


async def overview_for(database: AsyncEngine, viewer: Viewer) -> Overview:
    """The state of the audit, and today's counts by user. Raises Refused."""
    decision = may_search_audit(viewer)
    now = datetime.now(UTC)
    today = midnight(london_date(now))
    async with database.begin() as tx:
        await note(tx, viewer, "audit-search", None, decision.allowed)
        if decision.allowed:
            seals = await sealing.state(tx)
            rows = await storage.busiest(tx, today, MOST_BUSY)
    ensure(decision)
    return Overview(seals, [Busy.model_validate(row) for row in rows], now)


class NotedPage(NamedTuple):
    """Part of the looks at one person's record, newest first; `total` on all pages."""

    noted: list[Noted]
    total: int
    next: str | None


async def noted_for(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    span: tuple[datetime, datetime],
    after: str | None,
    limit: int,
) -> NotedPage:
    """A page of the looks at a person's record in a time, for them and the officer.

    Raises Refused.
    """
    place = place_of(after, tuple[LookId])
    async with deciding(database, viewer, person, "audit-events", may_view_access_log) as (tx, _):
        ids = await storage.ids_of(tx, [person])
        wanted = Wanted(people=ids, since=span[0], until=span[1])
        rows = await storage.looks(tx, wanted, place[0] if place else None, limit + 1)
        total = await storage.count(tx, wanted)
    shown = rows[:limit]
    following = cursor_of((shown[-1].id,)) if len(rows) > len(shown) else None
    return NotedPage([_noted(row) for row in shown], total, following)


async def one_noted_for(database: AsyncEngine, viewer: Viewer, number: int) -> Noted | None:
    """One look at somebody's record; None where there is none. Raises Refused."""
    async with database.connect() as connection:
        row = await storage.look(connection, number)
    if row is None or row.person_id is None:
        await ensure_noted(database, viewer, "audit-events", may_search_audit(viewer))
        return None
    async with deciding(database, viewer, row.person_id, "audit-events", may_view_access_log):
        return _noted(row)


def _noted(row: Row[Any]) -> Noted:
    said = {name: row._mapping[name] for name in _TOLD if name != "person_id"}
    return Noted(**said, person=row.person_id, because=_because(row), at=row.known_at)
