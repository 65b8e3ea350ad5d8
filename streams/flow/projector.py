"""Keeps every stay as its facts describe it, in the batch's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
from aiokafka import ConsumerRecord
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.errors import Retry
from schemas.times import micros
from streams.flow.accounts import settle_accounts
from streams.flow.bed_days import nights_of
from streams.flow.facts import Change, VisitFact, VisitKey
from streams.flow.homes import Homes, settle_homes, with_more
from streams.flow.plan import Known, Leaving, Row, ended, former_subjects, plan
from streams.flow.work import Work, work_of
from streams.runtime import metrics
from streams.runtime.message_keys import Settled, content_of, settle
from streams.runtime.projection import read_events

_READ = text("""
select k.source, k.visit, s.revision, cast(s.facts as text) as facts, s.status, now() as known
from unnest(cast(:sources as text[]), cast(:visits as text[])) as k(source, visit)
left join stays s on s.source = k.source and s.visit = k.visit
""")

_WRITE = text("""
insert into stays as s (source, visit, revision, facts, subject, status, class, setting, provider,
  admitted_at, discharged_at, expected_discharge, ward, site, segments, leaves, nights, flags,
  former_subjects)
select source, visit, revision + 1, cast(facts as json), subject, status, class, setting, provider,
  admitted_at, discharged_at, expected_discharge, ward, site, cast(segments as jsonb),
  cast(leaves as jsonb), cast(nights as jsonb),
  coalesce(string_to_array(nullif(flags, ''), ' '), '{}'),
  case when former = '[]' then '{}'
    else array(select json_array_elements_text(cast(former as json))) end
from unnest(
  cast(:sources as text[]), cast(:visits as text[]), cast(:revisions as int[]),
  cast(:facts as text[]), cast(:subjects as text[]), cast(:statuses as text[]),
  cast(:classes as text[]), cast(:settings as text[]), cast(:providers as text[]),
  cast(:admitted as timestamptz[]), cast(:discharged as timestamptz[]),
  cast(:expected as timestamptz[]), cast(:wards as text[]), cast(:sites as text[]),
  cast(:segments as text[]),
  cast(:leaves as text[]), cast(:nights as text[]), cast(:flags as text[]),
  cast(:former as text[])
) as i(source, visit, revision, facts, subject, status, class, setting, provider, admitted_at,
       discharged_at, expected_discharge, ward, site, segments, leaves, nights, flags, former)
on conflict (source, visit) do update set
  revision = excluded.revision, facts = excluded.facts, subject = excluded.subject,
  status = excluded.status, class = excluded.class, setting = excluded.setting,
  provider = excluded.provider, admitted_at = excluded.admitted_at,
  discharged_at = excluded.discharged_at, expected_discharge = excluded.expected_discharge,
  ward = excluded.ward, site = excluded.site,
  segments = excluded.segments, leaves = excluded.leaves, nights = excluded.nights,
  flags = excluded.flags, former_subjects = excluded.former_subjects, known_at = now()
where s.revision = excluded.revision - 1
""")

_encode = msgspec.json.Encoder().encode
decode_facts = msgspec.json.Decoder(list[VisitFact]).decode


class Flow:
    """The projection of visit facts, FHIR and HL7 v2, into stays."""

    name = "flow"

    def read(self, records: Iterable[ConsumerRecord]) -> Work:
        """What the events of a batch say of visits."""
        return work_of(read_events(records).events)

    async def apply(self, tx: AsyncConnection, work: Work) -> None:
        if not work:
            return
        settled = await settle(tx, self.name, work.claims)
        homes = await settle_homes(tx, work)
        moves = await settle_accounts(tx, work)
        homes = await with_more(tx, homes, moves)
        arriving = _at_home(work, settled, homes, moves)
        leaving = [*homes.leaving, *_displaced(settled, homes)]
        keys = {*arriving, *(key for one in leaving for key in one.keys)}
        if keys:
            stored, known_at = await _stored(tx, sorted(keys))
            rows = plan(arriving, stored, micros(known_at), leaving)
            await write(tx, rows)
            for provider, days in ended(rows, stored):
                metrics.STAY_DAYS.labels(provider).observe(days)


def _at_home(
    work: Work, settled: Settled, homes: Homes, moves: Mapping[VisitKey, Sequence[Change]]
) -> dict[VisitKey, list[VisitFact]]:
    """The facts that count, by the visit that they belong to."""
    if not settled.holders and not homes.visits and not moves:
        return work.facts
    arriving: dict[VisitKey, list[VisitFact]] = {}
    for key, facts in chain(work.facts.items(), moves.items()):
        for fact in facts:
            if not is_withheld(settled, key, fact):
                arriving.setdefault(homes.of(key, fact), []).append(fact)
    return arriving


def is_withheld(settled: Settled, key: VisitKey, fact: VisitFact) -> bool:
    """Whether another message holds the fact's message key."""
    if not isinstance(fact, Change):
        return False
    return settled.is_withheld(key.source, fact.key, content_of(fact.version))


def _displaced(settled: Settled, homes: Homes) -> Iterable[Leaving]:
    """The facts of messages that held their key until now."""
    for claim in settled.displaced:
        for visit in claim.places:
            home = homes.of_number(VisitKey(claim.source, visit))
            yield Leaving(home, None, key=claim.key, content=claim.content)


async def _stored(
    tx: AsyncConnection, keys: Sequence[VisitKey]
) -> tuple[dict[VisitKey, Known], datetime]:
    columns = {"sources": [key.source for key in keys], "visits": [key.visit for key in keys]}
    rows = (await tx.execute(_READ, columns)).all()
    stored = {
        VisitKey(row.source, row.visit): Known(
            row.revision or 0,
            decode_facts(row.facts) if row.facts else [],
            row.status == "finished",
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
        "expected": [stay.expected_discharge for stay in stays],
        "wards": [segment.ward if segment else None for segment in here],
        "sites": [segment.site if segment else None for segment in here],
        "segments": [_encode(stay.segments).decode() for stay in stays],
        "leaves": [_encode(stay.leaves).decode() for stay in stays],
        "nights": [_encode(nights_of(stay)).decode() for stay in stays],
        "flags": [" ".join(stay.flags) for stay in stays],
        "former": [_encode(former_subjects(row)).decode() for row in rows],
    }
