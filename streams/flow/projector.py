"""Keeps every stay as its facts describe it, in the batch's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from aiokafka import ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.errors import Retry
from schemas.events import CareEvent
from schemas.times import micros
from streams.flow.bed_days import nights_of
from streams.flow.facts import VisitFact, VisitKey, visit_fact, visit_of
from streams.flow.stay import Stay, stay_of
from streams.runtime.projection import read_events

_READ = text("""
select k.source, k.visit, s.revision, cast(s.facts as text) as facts, now() as known
from unnest(cast(:sources as text[]), cast(:visits as text[])) as k(source, visit)
left join stays s on s.source = k.source and s.visit = k.visit
""")

_WRITE = text("""
insert into stays as s (source, visit, revision, facts, subject, status, class, setting, provider,
  admitted_at, discharged_at, ward, site, segments, leaves, nights, flags)
select source, visit, revision + 1, cast(facts as json), subject, status, class, setting, provider,
  admitted_at, discharged_at, ward, site, cast(segments as jsonb), cast(leaves as jsonb),
  cast(nights as jsonb), coalesce(string_to_array(nullif(flags, ''), ' '), '{}')
from unnest(
  cast(:sources as text[]), cast(:visits as text[]), cast(:revisions as int[]),
  cast(:facts as text[]), cast(:subjects as text[]), cast(:statuses as text[]),
  cast(:classes as text[]), cast(:settings as text[]), cast(:providers as text[]),
  cast(:admitted as timestamptz[]), cast(:discharged as timestamptz[]),
  cast(:wards as text[]), cast(:sites as text[]), cast(:segments as text[]),
  cast(:leaves as text[]), cast(:nights as text[]), cast(:flags as text[])
) as i(source, visit, revision, facts, subject, status, class, setting, provider, admitted_at,
       discharged_at, ward, site, segments, leaves, nights, flags)
on conflict (source, visit) do update set
  revision = excluded.revision, facts = excluded.facts, subject = excluded.subject,
  status = excluded.status, class = excluded.class, setting = excluded.setting,
  provider = excluded.provider, admitted_at = excluded.admitted_at,
  discharged_at = excluded.discharged_at, ward = excluded.ward, site = excluded.site,
  segments = excluded.segments, leaves = excluded.leaves, nights = excluded.nights,
  flags = excluded.flags, known_at = now()
where s.revision = excluded.revision - 1
""")

_encode = msgspec.json.Encoder().encode
decode_facts = msgspec.json.Decoder(list[VisitFact]).decode


class Known(NamedTuple):
    """What is stored of a visit: revision 0 and no facts where nothing is."""

    revision: int
    facts: list[VisitFact]


class Row(NamedTuple):
    """A visit to be stored."""

    key: VisitKey
    revision: int
    facts: list[VisitFact]
    stay: Stay


class Flow:
    """The projection of Encounter facts into stays."""

    name = "flow"

    def read(self, records: Iterable[ConsumerRecord]) -> dict[VisitKey, list[CareEvent]]:
        """The Encounter events of a batch, by visit."""
        visits: dict[VisitKey, list[CareEvent]] = {}
        for event in read_events(records).events:
            if event.kind == "Encounter":
                visits.setdefault(visit_of(event), []).append(event)
        return visits

    async def apply(self, tx: AsyncConnection, work: dict[VisitKey, list[CareEvent]]) -> None:
        if not work:
            return
        stored, known_at = await _stored(tx, sorted(work))
        rows = plan(work, stored, micros(known_at))
        await write(tx, rows)


def plan(
    events: Mapping[VisitKey, Sequence[CareEvent]], stored: Mapping[VisitKey, Known], known: int
) -> list[Row]:
    """The visits that the events change, each with all its facts and the stay they describe."""
    rows = []
    for key in sorted(events):
        revision, facts = stored[key]
        everything = _merged(facts, (visit_fact(event, known) for event in events[key]))
        if everything != facts:
            rows.append(Row(key, revision, everything, stay_of(everything)))
    return rows


def _merged(facts: Sequence[VisitFact], more: Iterable[VisitFact]) -> list[VisitFact]:
    """Each fact once, as it was first reported, whichever report came here first.

    A repeat of a fact that says no time of writing has a later time of receipt, so a greater
    version. When a fact became known does not change.
    """
    merged = {fact.event_id: fact for fact in facts}
    for fact in more:
        known = merged.setdefault(fact.event_id, fact)
        if fact.version < known.version:
            merged[fact.event_id] = msgspec.structs.replace(fact, known=known.known)
    return list(merged.values())


async def _stored(
    tx: AsyncConnection, keys: Sequence[VisitKey]
) -> tuple[dict[VisitKey, Known], datetime]:
    columns = {"sources": [key.source for key in keys], "visits": [key.visit for key in keys]}
    rows = (await tx.execute(_READ, columns)).all()
    stored = {
        VisitKey(row.source, row.visit): Known(
            row.revision or 0, decode_facts(row.facts) if row.facts else []
        )
        for row in rows
    }
    return stored, rows[0].known


async def write(tx: AsyncConnection, rows: Sequence[Row]) -> None:
    """Store the rows. Raises Retry where another transaction changed one of the visits."""
    if not rows:
        return
    written = await tx.execute(_WRITE, columns_of(rows))
    if written.rowcount != len(rows):
        raise Retry("another worker changed one of these visits")


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """The rows as one list a column: what a single `unnest` statement takes."""
    stays = [row.stay for row in rows]
    here = [s.segments[-1] if s.segments and s.segments[-1].end is None else None for s in stays]
    return {
        "sources": [row.key.source for row in rows],
        "visits": [row.key.visit for row in rows],
        "revisions": [row.revision for row in rows],
        "facts": [_encode(row.facts).decode() for row in rows],
        "subjects": [stay.subject for stay in stays],
        "statuses": [stay.status for stay in stays],
        "classes": [stay.visit_class for stay in stays],
        "settings": [stay.setting for stay in stays],
        "providers": [stay.provider for stay in stays],
        "admitted": [stay.admitted_at for stay in stays],
        "discharged": [stay.discharged_at for stay in stays],
        "wards": [segment.ward if segment else None for segment in here],
        "sites": [segment.site if segment else None for segment in here],
        "segments": [_encode(stay.segments).decode() for stay in stays],
        "leaves": [_encode(stay.leaves).decode() for stay in stays],
        "nights": [_encode(nights_of(stay)).decode() for stay in stays],
        "flags": [" ".join(stay.flags) for stay in stays],
    }
