"""The only public reads of the record: no viewer, no rows; every look is audited with it."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from msgspec import Meta
from sqlalchemy import Row
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
from services.access.withheld import NOTHING, Withheld
from services.record import presenters, referrals, restricted, storage
from services.record.cursor import cursor_of, place_of
from services.record.look import deciding, record_of, who_is
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
from services.record.story_storage import directory
from services.record.ties import stance
from streams.identity.read import Membership
from streams.timeline.read import TimelineEntry, page, struck, timeline_of

LookId = Annotated[int, Meta(ge=0, le=2**63 - 1)]


async def people_for(database: AsyncEngine, viewer: Viewer, search: Search) -> list[PersonFound]:
    """Everybody whom the search fits, by name. Raises Refused where the viewer may not search."""
    decision = may_search_people(viewer)
    async with database.begin() as tx:
        found = await _found(tx, search) if decision.allowed else {}
        await note_each(tx, viewer, "search", list(found) or [None], decision.allowed)
    ensure(decision)
    people = [presenters.person_found(person, details) for person, details in found.items()]
    return sorted(people, key=lambda p: (p.name or "", p.birth_date or "", p.person_id))


async def _found(tx: AsyncConnection, search: Search) -> dict[UUID, Details]:
    """By number: whom it is linked to, else who states it without proof."""
    if search.nhs_number:
        linked = await storage.people_linked_to(tx, search.nhs_number)
        if linked:
            known = await _details(tx, linked)
            return {person: numbered(known[person], search.nhs_number) for person in linked}
        stated = await _details(tx, await storage.people_quoting(tx, search.nhs_number))
        return {p: known for p, known in stated.items() if search.nhs_number in known.numbers}
    name, born = search.name or "", search.birth_date or ""
    possible = await _details(tx, await storage.people_quoting(tx, born))
    return {person: known for person, known in possible.items() if matches(known, name, born)}


async def _details(tx: AsyncConnection, people: Collection[UUID]) -> dict[UUID, Details]:
    facts = await storage.patients_of(tx, await storage.keys_of_people(tx, people))
    return {person: details_of(facts[person]) for person in people}


async def person_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None = None
) -> Person | None:
    """A person and where they are; None where nobody knows them. Raises Refused."""
    async with record_of(database, viewer, person, "person") as (tx, withheld):
        who = await who_is(tx, viewer, person, as_known_at)
        if who is None:
            return None
        facts = await storage.patients_of(tx, {who.person: who.keys}, as_known_at)
        records, sources = await storage.counts_of(tx, who.keys, withheld, as_known_at)
        stays = await _stays(tx, who, withheld, as_known_at)
    details = numbered(details_of(facts[who.person]), only_number(who.keys))
    found = presenters.person_found(who.person, details)
    known = len(restricted.keys_shown(who.keys, withheld))
    return presenters.person(
        found, details, known, stays, records, sources, is_restricted=withheld.is_anything
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
    place = place_of(after, tuple[datetime, UUID, str])
    async with record_of(database, viewer, person, "timeline") as (tx, withheld):
        who = await who_is(tx, viewer, person, as_known_at)
        if who is None:
            return None
        entries = await timeline_of(tx, who.keys, as_known_at)
        entries = struck(entries, await _undone(tx, who, as_known_at))
        entries = restricted.timeline_shown(entries, withheld)
        asked = narrowed(entries, to)
        shown = page(asked, place, limit)
        names = await directory(tx, threads_named(shown), as_known_at)
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


async def stays_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None = None
) -> list[StayOut] | None:
    """Every stay of a person, the latest first; None where nobody knows them. Raises Refused."""
    async with record_of(database, viewer, person, "stays") as (tx, withheld):
        who = await who_is(tx, viewer, person, as_known_at)
        return await _stays(tx, who, withheld, as_known_at) if who else None


async def _stays(
    tx: AsyncConnection, who: Membership, withheld: Withheld, as_known_at: datetime | None
) -> list[StayOut]:
    keys = frozenset(who.keys)
    held = await storage.stays_of(tx, keys, were=as_known_at is not None)
    rows = [row for row in held if not restricted.hides_stay(row, withheld)]
    stays = (presenters.stay_as_known(row, who.person, keys, as_known_at) for row in rows)
    return presenters.with_conflicts(presenters.latest_first(filter(None, stays)))


async def _undone(
    tx: AsyncConnection, who: Membership, as_known_at: datetime | None
) -> dict[UUID, UUID]:
    """The facts that a cancel undid, each with the cancel."""
    undone: dict[UUID, UUID] = {}
    for row in await storage.stays_of(tx, who.keys, were=as_known_at is not None):
        undone |= presenters.undone_in(row, as_known_at)
    return undone


async def referrals_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, as_known_at: datetime | None = None
) -> list[ReferralOut] | None:
    """Every referral of a person, the latest sent first; None where nobody knows them.

    Silence and what is due are as they are now, or were at the moment asked for. Raises Refused.
    """
    async with record_of(database, viewer, person, "referrals") as (tx, withheld):
        who = await who_is(tx, viewer, person, as_known_at)
        if who is None:
            return None
        if as_known_at is None:
            rows = await storage.referrals_of(tx, who.keys)
            found = referrals.stored(rows, who.person, datetime.now(UTC))
        else:
            strands = await storage.strands_of(tx, who.keys)
            found = referrals.as_known(strands, set(who.keys), who.person, as_known_at)
    return [one for one in found if not restricted.hides_referral(one, withheld)]


async def visit_for(
    database: AsyncEngine, viewer: Viewer, source: str, visit: str
) -> list[StayOut]:
    """The stay of a visit, by the source's own number for it; none if unknown. Raises Refused."""
    async with database.begin() as tx:
        row = await storage.stay(tx, source, visit)
        decision, withheld = await deciding_visit(tx, viewer, row)
        person = row.person_id if row else None
        is_shown = row is not None and not restricted.hides_stay(row, withheld)
        await note(tx, viewer, "visit", person, decision.allowed and (is_shown or row is None))
        who = await who_is(tx, viewer, person) if person and decision.allowed else None
        stays = await _stays(tx, who, withheld, None) if who else []
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
        await note(tx, viewer, "event", person, decision.allowed)
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
    tx: AsyncConnection, viewer: Viewer, row: Row[Any] | None
) -> tuple[Decision, Withheld]:
    """Whether a viewer may see a visit, of which nothing may be known, and what is kept of it."""
    if row is None:
        return may_view_record(viewer, ANY_CARE), NOTHING
    found = await stance(tx, viewer, row.person_id)
    return may_view_what_was_sent(viewer, found.standing, row.source), found.withheld


class FactsPage(NamedTuple):
    """Part of the facts that hold, newest first; `total` counts all of them that are shown.

    `is_restricted`: there are others, which the viewer may not see.
    """

    facts: list[CareEvent]
    total: int
    next: str | None
    is_restricted: bool = False


async def everything_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, *, after: str | None, limit: int
) -> FactsPage | None:
    """A page of a person's facts; None where nobody knows them. Raises Refused.

    What a source deleted is left out; what it entered in error says so itself.
    """
    place = place_of(after, tuple[datetime, UUID])
    async with record_of(database, viewer, person, "everything") as (tx, withheld):
        who = await who_is(tx, viewer, person)
        if who is None:
            return None
        entries = restricted.facts_shown(await timeline_of(tx, who.keys), withheld)
        latest = {line.event_id: line.at for line in reversed(entries) if not _is_gone(line)}
        kept = await storage.still_there(tx, latest)
        order = sorted(((latest[event_id], event_id) for event_id in kept), reverse=True)
        behind = [key for key in order if place is None or key < place][:limit]
        found = await storage.events(tx, [event_id for _, event_id in behind])
    more = bool(behind) and behind[-1] != order[-1]
    return FactsPage(
        [found[event_id] for _, event_id in behind],
        len(order),
        cursor_of(behind[-1]) if more else None,
        withheld.is_anything,
    )


def _is_gone(line: TimelineEntry) -> bool:
    """True for a deletion: struck through, with nothing left that could give a status."""
    is_message = "^" in line.resource_type
    return line.entry.struck and line.entry.status is None and not is_message


async def access_log_for(
    database: AsyncEngine, viewer: Viewer, person: UUID, *, after: str | None, limit: int
) -> AccessLogPage:
    """Who looked at a person's record, newest first, this look included. Raises Refused."""
    before = place_of(after, tuple[LookId])
    async with deciding(database, viewer, person, "access-log", may_view_access_log) as (tx, _):
        rows = await storage.looks_at(tx, person, before[0] if before else None, limit + 1)
    return AccessLogPage(
        looks=[presenters.look(row) for row in rows[:limit]],
        next=cursor_of((rows[limit - 1].id,)) if len(rows) > limit else None,
    )
