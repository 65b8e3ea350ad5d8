"""A person's timeline: for each thing the fact that holds, as known now or at a past moment."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.times import EPOCH
from streams.timeline.entry import Entry

# The fact of a thread `t` that is greater still, whoever it is about, as known then. Where it is
# about nobody, the thing was deleted; where it is about another person, it was never this one's.
LATER = """
left join lateral (
  select g.event_id, g.subject from facts g
  where g.thread = t.thread and g.version > t.version
    and g.known_at <= coalesce(cast(:as_known_at as timestamptz), 'infinity')
  order by g.version desc, g.event_id limit 1
) later on true
"""
_HOLDING = text(f"""
select t.event_id, t.thread, cast(t.entries as text) as entries, f.source, f.sector, f.kind,
  f.recorded, f.received, later.event_id is not null as is_gone
from (
  select distinct on (thread) event_id, thread, version, entries from timeline
  where subject = any(:keys)
    and known_at <= coalesce(cast(:as_known_at as timestamptz), 'infinity')
    and (withdrawn_at is null or withdrawn_at > cast(:as_known_at as timestamptz))
  order by thread, version desc, event_id
) t join facts f using (event_id) {LATER} where later.subject is null
""")  # noqa: S608 (a constant of ours)

_decode = msgspec.json.Decoder(list[Entry]).decode


class TimelineEntry(NamedTuple):
    """An entry with the fact that it comes from. Sorts by (time, fact, slot).

    `replaced_by` is the fact that puts a struck entry right, where one says that it does.
    """

    at: datetime
    event_id: UUID
    slot: str
    entry: Entry
    source: str
    sector: str
    resource_type: str
    recorded: datetime
    received: datetime
    thread: str
    replaced_by: UUID | None = None


async def timeline_of(
    tx: AsyncConnection, keys: Collection[str], as_known_at: datetime | None = None
) -> list[TimelineEntry]:
    """Every entry of the timeline of whom these identities are, newest first."""
    rows = await tx.execute(_HOLDING, {"keys": list(keys), "as_known_at": as_known_at})
    found = [
        TimelineEntry(
            entry.at or EPOCH,
            row.event_id,
            entry.slot,
            replace(entry, struck=True) if row.is_gone else entry,
            row.source,
            row.sector,
            row.kind,
            row.recorded,
            row.received,
            row.thread,
        )
        for row in rows
        for entry in _decode(row.entries)
    ]
    return corrected(sorted(found, key=lambda e: (e.at, e.event_id, e.slot), reverse=True))


def corrected(entries: Sequence[TimelineEntry]) -> list[TimelineEntry]:
    """The entries, newest first, with those struck that another one that holds replaces."""
    by: dict[str, UUID] = {}
    for line in entries:
        for thread in line.entry.replaces:
            if not line.entry.struck and thread != line.thread:
                by.setdefault(thread, line.event_id)
    return [
        line._replace(entry=replace(line.entry, struck=True), replaced_by=by[line.thread])
        if line.thread in by
        else line
        for line in entries
    ]


def struck(entries: Sequence[TimelineEntry], undone: Mapping[UUID, UUID]) -> list[TimelineEntry]:
    """The entries, those struck whose fact another one undid."""
    return [
        line._replace(entry=replace(line.entry, struck=True), replaced_by=undone[line.event_id])
        if line.event_id in undone
        else line
        for line in entries
    ]


def page(
    entries: Sequence[TimelineEntry], after: tuple[datetime, UUID, str] | None, limit: int
) -> list[TimelineEntry]:
    """The next `limit` entries behind the place where the last page ended."""
    behind = [e for e in entries if after is None or (e.at, e.event_id, e.slot) < after]
    return behind[:limit]
