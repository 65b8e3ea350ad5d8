"""Stores every fact, what it says on the timeline and its traits, in the batch's transaction."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from aiokafka import ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent
from schemas.notices import TimelineNotice
from schemas.restriction import restriction_of
from schemas.topics import Topic
from streams.identity.store import note
from streams.rejects.projector import keep, stranger_row
from streams.runtime.outbox import put
from streams.runtime.projection import read_events
from streams.story.involved import everybody_named
from streams.timeline.entries import entries_of
from streams.timeline.withheld import withhold
from streams.traits.read import traits_of
from streams.traits.store import Told, add

_STORE = text("""
with incoming as (
  select * from unnest(
    cast(:ids as uuid[]), cast(:sources as text[]), cast(:sectors as text[]),
    cast(:kinds as text[]), cast(:threads as text[]), cast(:versions as text[]),
    cast(:message_ids as text[]), cast(:subjects as text[]), cast(:recorded as timestamptz[]),
    cast(:received as timestamptz[]), cast(:events as bytea[]), cast(:entries as text[]),
    cast(:counts as boolean[]), cast(:restrictions as text[]), cast(:involved as text[])
  ) as i(event_id, source, sector, kind, thread, version, message_id, subject, recorded,
         received, event, entries, counts, restriction, involved)
), stored as (
  insert into facts (event_id, source, sector, kind, thread, version, message_id, subject,
                     recorded, received, event, restriction, involved)
  select event_id, source, sector, kind, thread, version, message_id, subject,
         recorded, received, event, restriction,
         case when involved is not null
           then array(select jsonb_array_elements_text(cast(involved as jsonb))) end
  from incoming
  on conflict do nothing returning event_id
)
insert into timeline (event_id, subject, thread, version, entries)
select event_id, subject, thread, version, cast(entries as json)
from incoming join stored using (event_id) where subject is not null and counts
on conflict do nothing returning event_id
""")

_encode = msgspec.json.Encoder().encode


class Work(NamedTuple):
    """A batch, read: its facts (each id once) as columns, what was no event, and traits."""

    events: list[CareEvent]
    columns: dict[str, list[Any]]
    strangers: list[dict[str, Any]]
    told: list[Told]


class Timeline:
    """The projection of care events into facts, identities, timelines and traits."""

    name = "timeline"

    def read(self, records: Iterable[ConsumerRecord]) -> Work:
        readings = read_events(records)
        events = list({event.id: event for event in readings.events}.values())
        strangers = [stranger_row(record, self.name) for record in readings.strangers]
        # One event after the other: both are read in the same parsed message.
        said = [(entries_text(event), traits_of(event)) for event in events]
        columns = columns_of(events, [entries for entries, _ in said])
        told = zip(events, (traits for _, traits in said), strict=True)
        return Work(
            events, columns, strangers, [(event, traits) for event, traits in told if traits]
        )

    async def apply(self, tx: AsyncConnection, work: Work) -> None:
        await keep(tx, work.strangers)
        if not work.events:
            return
        counting = await withhold(tx, work.events, self.name)
        await note(tx, counting)
        ids = {event.id for event in counting}
        counts = {"counts": [event.id in ids for event in work.events]}
        fresh = {row.event_id.hex for row in await tx.execute(_STORE, work.columns | counts)}
        await add(tx, [told for told in work.told if told[0].id in ids])
        changed = [event for event in work.events if event.id in fresh]
        await put(tx, Topic.TIMELINE, [notice(event) for event in changed])


def columns_of(events: Sequence[CareEvent], entries: Sequence[str | None]) -> dict[str, list[Any]]:
    """The facts as one list a column: what a single `unnest` statement takes."""
    return {
        "ids": [UUID(event.id) for event in events],
        "sources": [event.source for event in events],
        "sectors": [event.sector for event in events],
        "kinds": [event.kind for event in events],
        "threads": [event.thread for event in events],
        "versions": [event.version for event in events],
        "message_ids": [event.message_id for event in events],
        "subjects": [event.subject for event in events],
        "recorded": [event.recorded for event in events],
        "received": [event.received for event in events],
        "events": [_encode(event) for event in events],
        "entries": list(entries),
        "restrictions": [restriction_of(event) for event in events],
        "involved": [_involved(event) for event in events],
    }


def _involved(event: CareEvent) -> str | None:
    named = everybody_named(event)
    return None if named is None else _encode(named).decode()


def entries_text(event: CareEvent) -> str | None:
    return _encode(entries_of(event)).decode() if event.subject else None


def notice(event: CareEvent) -> tuple[str, TimelineNotice]:
    """What `care.timeline.v1` says of a stored fact; the relay turns the key into the person."""
    return event.subject or "", TimelineNotice(event.id, event.kind, event.source)
