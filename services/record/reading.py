"""The only public reads of the record: no viewer, no rows; every look is audited with it."""

from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial
from typing import Annotated
from uuid import UUID

from msgspec import Meta
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.events import CareEvent
from services.access.audit import note, note_each
from services.access.problems import ensure
from services.access.relationships import ANY_CARE
from services.access.rules import (
    Decision,
    may_search_people,
    may_view_access_log,
    may_view_record,
    may_view_what_was_sent,
)
from services.access.viewer import Viewer
from services.record import presenters, referrals, restricted, storage
from services.record.cursor import cursor_of, place_of
from services.record.look import Record, deciding, look_at, of_one_moment
from services.record.models import (
    AccessLogPage,
    Person,
    PersonFound,
    Search,
    StayOut,
    TimelinePage,
)
from services.record.names import threads_named, with_names
from services.record.narrowing import EVERYTHING, Narrowing, narrowed, offered
from services.record.patients import Details, details_of, matches, numbered, only_number
from services.record.referrals import ReferralOut
from services.record.stored import StoredStay
from services.record.story_storage import directory
from services.record.ties import Stance, stance
from streams.identity.read import membership
from streams.timeline.read import page, struck, timeline_of

LookId = Annotated[int, Meta(ge=0, le=2**63 - 1)]


async def people_for(database: AsyncEngine, viewer: Viewer, search: Search) -> list[PersonFound]:
    """Everybody whom the search fits, by name. Raises Refused where the viewer may not search."""
    found = await found_by(database, viewer, search)
    people = [presenters.person_found(person, details) for person, details in found.items()]
    return sorted(people, key=lambda p: (p.name or "", p.birth_date or "", p.person_id))


async def found_by(database: AsyncEngine, viewer: Viewer, search: Search) -> dict[UUID, Details]:
    """Everybody whom the search fits, and who they are. Raises Refused."""
    decision = may_search_people(viewer)
    async with database.begin() as tx:
        found = await people_found(tx, search) if decision.allowed else {}
        await note_each(tx, viewer, "search", list(found) or [None], decision.allowed)
    ensure(decision)
    return found


async def people_found(tx: AsyncConnection, search: Search) -> dict[UUID, Details]:
    """By number: whom it is linked to, else who states it without proof."""
    if search.nhs_number:
        linked = await storage.people_linked_to(tx, search.nhs_number)
        if linked:
            known = await details_of_people(tx, linked)
            return {person: numbered(known[person], search.nhs_number) for person in linked}
        stated = await details_of_people(tx, await storage.people_quoting(tx, search.nhs_number))
        return {p: known for p, known in stated.items() if search.nhs_number in known.numbers}
    name, born = search.name or "", search.birth_date or ""
    possible = await details_of_people(tx, await storage.people_quoting(tx, born))
    return {person: known for person, known in possible.items() if matches(known, name, born)}


async def details_of_people(tx: AsyncConnection, people: Collection[UUID]) -> dict[UUID, Details]:
    """Who each of several people is, as far as their sources say."""
    facts = await storage.patients_of(tx, await storage.keys_of_people(tx, people))
    return {person: details_of(facts[person]) for person in people}


async def person_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None = None
) -> Person | None:
    """A person and where they are; None where nobody knows them. Raises Refused."""
    return await look_at(database, viewer, person, "person", person_in, as_known_at)


async def person_in(record: Record) -> Person:
    """Who the person of a record is, and where they are."""
    who, withheld = record.who, record.withheld
    facts = await storage.patients_of(record.tx, {who.person: who.keys}, record.as_known_at)
    counts = await storage.counts_of(record.tx, who.keys, withheld, record.as_known_at)
    details = numbered(details_of(facts[who.person]), only_number(who.keys))
    return presenters.person(
        presenters.person_found(who.person, details),
        details,
        len(restricted.keys_shown(who.keys, withheld)),
        await stays_in(record),
        *counts,
        is_restricted=withheld.is_anything,
    )


async def timeline_for(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    *,
    as_known_at: datetime | None = None,
    to: Narrowing = EVERYTHING,
    after: str | None = None,
    limit: int = 50,
) -> TimelinePage | None:
    """A page of a person's timeline, newest first; None where nobody knows them. Raises Refused."""
    read = partial(timeline_in, to=to, after=after, limit=limit)
    return await look_at(database, viewer, person, "timeline", read, as_known_at)


async def timeline_in(
    record: Record, *, to: Narrowing, after: str | None, limit: int
) -> TimelinePage:
    """A page of a record's timeline. Raises Refused where `after` is no place in one."""
    place = place_of(after, tuple[datetime, UUID, str])
    entries = await timeline_of(record.tx, record.who.keys, record.as_known_at)
    # Only messages undo one another; whoever has none is not asked for their stays.
    if any("^" in line.resource_type for line in entries):
        entries = struck(entries, await _undone(record))
    entries = restricted.timeline_shown(entries, record.withheld)
    asked = narrowed(entries, to)
    shown = page(asked, place, limit)
    names = await directory(record.tx, threads_named(shown), record.as_known_at)
    more = bool(shown) and shown[-1] != asked[-1]
    last = shown[-1] if shown else None
    kinds, sources = offered(entries)
    return TimelinePage(
        entries=[presenters.timeline_line(with_names(line, names)) for line in shown],
        next=cursor_of((last.at, last.event_id, last.slot)) if last and more else None,
        total=len(asked),
        kinds=kinds,
        sources=sources,
    )


async def _undone(record: Record) -> dict[UUID, UUID]:
    """The facts that a cancel undid, each with the cancel."""
    undone: dict[UUID, UUID] = {}
    for row in await record.stays():
        undone |= presenters.undone_in(row, record.as_known_at)
    return undone


async def stays_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None = None
) -> list[StayOut] | None:
    """Every stay of a person, the latest first; None where nobody knows them. Raises Refused."""
    return await look_at(database, viewer, person, "stays", stays_in, as_known_at)


async def stays_in(record: Record) -> list[StayOut]:
    """Every stay of a record that may be shown, the latest first."""
    who, keys = record.who, frozenset(record.who.keys)
    rows = [r for r in await record.stays() if not restricted.hides_stay(r, record.withheld)]
    stays = (presenters.stay_as_known(r, who.person, keys, record.as_known_at) for r in rows)
    return presenters.with_conflicts(presenters.latest_first(filter(None, stays)))


async def referrals_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None = None
) -> list[ReferralOut] | None:
    """Every referral of a person, the latest sent first; None where nobody knows them.

    Silence and what is due are as they are now, or were at the moment asked for. Raises Refused.
    """
    return await look_at(database, viewer, person, "referrals", referrals_in, as_known_at)


async def referrals_in(record: Record) -> list[ReferralOut]:
    """Every referral of a record that may be shown, the latest sent first."""
    who, at = record.who, record.as_known_at
    if at is None:
        rows = await storage.referrals_of(record.tx, who.keys)
        found = referrals.stored(rows, who.person, datetime.now(UTC))
    else:
        strands = await storage.strands_of(record.tx, who.keys)
        found = referrals.as_known(strands, set(who.keys), who.person, at)
    return [one for one in found if not restricted.hides_referral(one, record.withheld)]


async def visit_for(
    database: AsyncEngine, viewer: Viewer, source: str, visit: str
) -> list[StayOut]:
    """The stay of a visit, by the source's own number for it; none if unknown. Raises Refused."""
    async with of_one_moment(database) as tx:
        row = await storage.stay(tx, source, visit)
        decision, found = await deciding_visit(tx, viewer, row)
        person = row.person_id if row else None
        is_shown = row is not None and not restricted.hides_stay(row, found.withheld)
        is_allowed = decision.allowed and (is_shown or row is None)
        await note(tx, viewer, "visit", person, is_allowed, decision.because)
        who = found.who if decision.allowed else None
        stays = await stays_in(Record(tx, viewer, found, who)) if who else []
    ensure(decision)
    if row is None or not is_shown:
        return []
    told = {(stay.source, stay.visit): stay for stay in stays}
    return [told.get((row.source, row.visit)) or presenters.stay_out(row)]


async def event_for(database: AsyncEngine, viewer: Viewer, event_id: UUID) -> CareEvent | None:
    """A fact as its source published it; None where there is none. Raises Refused."""
    async with database.begin() as tx:
        event, person = await storage.event(tx, event_id) or (None, None)
        decision = await _deciding_event(tx, viewer, event, person)
        await note(tx, viewer, "event", person, decision.allowed, decision.because)
    ensure(decision)
    return event


async def _deciding_event(
    tx: AsyncConnection, viewer: Viewer, event: CareEvent | None, person: UUID | None
) -> Decision:
    """As the record, or as what one's own organisation sent; what is restricted is kept."""
    if event is None:
        return may_view_record(viewer, ANY_CARE)
    found = await stance(tx, viewer, person)
    decision = may_view_what_was_sent(viewer, found.standing, event.source)
    if decision.allowed and found.withheld.hides(UUID(event.id), event.thread, event.source):
        return Decision(False, "this entry is restricted")
    return decision


async def deciding_visit(
    tx: AsyncConnection, viewer: Viewer, row: StoredStay | None
) -> tuple[Decision, Stance]:
    """Whether a viewer may see a visit, of which nothing may be known, and how they stand."""
    if row is None:
        return may_view_record(viewer, ANY_CARE), Stance()
    found = await stance(tx, viewer, row.person_id)
    return may_view_what_was_sent(viewer, found.standing, row.source), found


async def access_log_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, *, after: str | None, limit: int
) -> AccessLogPage:
    """Who looked at a person's record, newest first, this look included. Raises Refused."""
    found, _ = await access_log_of(database, viewer, person, after=after, limit=limit)
    return found


async def access_log_of(
    database: AsyncEngine, viewer: Viewer, person: UUID, *, after: str | None, limit: int
) -> tuple[AccessLogPage, Details]:
    """The same with who the person is, as far as that is known. Raises Refused."""
    before = place_of(after, tuple[LookId])
    async with deciding(database, viewer, person, "access-log", may_view_access_log) as (tx, _):
        rows = await storage.looks_at(tx, person, before[0] if before else None, limit + 1)
        who = await membership(tx, person)
        named = await details_of_people(tx, [who.person]) if who else {}
    found = AccessLogPage(
        looks=[presenters.look(row) for row in rows[:limit]],
        next=cursor_of((rows[limit - 1].id,)) if len(rows) > limit else None,
    )
    return found, next(iter(named.values()), Details())
