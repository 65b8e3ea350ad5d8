"""What the record reads from PostgreSQL, over a transaction that the caller owns."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent, decode
from services.access.withheld import Withheld
from services.record.stored import StoredStay, as_held, stored_stay
from services.record.unstored import OF_STAY, OF_STRAND
from streams.flow.facts import VisitKey
from streams.flow.homes import home_of
from streams.flow.stay import MOVED
from streams.timeline.read import LATER

# What a stored stay (`s`) is read from, beside its facts and whose it is.
STAY_COLUMNS = """
  s.source, s.visit, s.subject, s.status, s.class, s.setting, s.provider, s.admitted_at,
  s.discharged_at, s.expected_discharge, s.flags, s.known_at,
  cast(s.segments as text) as segments, cast(s.leaves as text) as leaves
"""
_KEYS_OF_PEOPLE = text(
    "select key, person_id from identities where person_id = any(:people) order by key"
)
_PATIENTS = text(f"""
select t.person_id, f.event from (
  select distinct on (i.person_id, t.thread) i.person_id, t.thread, t.version, t.event_id
  from unnest(cast(:people as uuid[]), cast(:keys as text[])) as i(person_id, key)
  join timeline t on t.subject = i.key join facts f using (event_id)
  where f.kind = 'Patient'
    and t.known_at <= coalesce(cast(:as_known_at as timestamptz), 'infinity')
  order by i.person_id, t.thread, t.version desc, t.event_id
) t join facts f using (event_id) {LATER} where later.event_id is null
""")  # noqa: S608 (a constant of ours)
# What HL7 v2 says of somebody is in every message: of each identity the last one is enough.
_PIDS = text("""
select distinct on (i.person_id, t.subject) i.person_id, f.event
from unnest(cast(:people as uuid[]), cast(:keys as text[])) as i(person_id, key)
join timeline t on t.subject = i.key join facts f using (event_id)
where f.kind like 'ADT^%'
  and t.known_at <= coalesce(cast(:as_known_at as timestamptz), 'infinity')
  and (t.withdrawn_at is null or t.withdrawn_at > cast(:as_known_at as timestamptz))
order by i.person_id, t.subject, t.version desc, t.event_id
""")
_COUNTS = text(f"""
select count(*) as records, count(distinct f.source) as sources from (
  select distinct on (thread) thread, version, event_id from timeline
  where subject = any(:keys)
    and known_at <= coalesce(cast(:as_known_at as timestamptz), 'infinity')
    and (withdrawn_at is null or withdrawn_at > cast(:as_known_at as timestamptz))
  order by thread, version desc, event_id
) t join facts f using (event_id) {LATER} where later.subject is null
  and t.thread <> all(:threads) and t.event_id <> all(:events)
  and (cast(:but_of as text) is null or f.source = :but_of)
""")  # noqa: S608 (a constant of ours)
_STAY_COLUMNS = f"""
select {STAY_COLUMNS}, i.person_id, cast(s.facts as text) as facts, {OF_STAY} as unstored
from stays s left join identities i on i.key = s.subject
"""  # noqa: S608 (constants of ours)
_STAYS_OF = text(
    _STAY_COLUMNS + "where s.subject = any(:keys)"
    " or cast(:were as boolean) and s.former_subjects <> '{}' and s.former_subjects && :keys"
    " order by s.admitted_at desc nulls last, s.source, s.visit"
)
# A full state is told apart by its tag: streams.flow.facts.
_STAYS_OF_MESSAGES = text(
    _STAY_COLUMNS + "where s.subject = any(:keys)"
    """ and s.status <> 'moved' and position('"state"' in cast(s.facts as text)) = 0"""
)
_STAY = text(_STAY_COLUMNS + "where s.source = :source and s.visit = :visit")
_BY_NUMBER = text("""
select distinct i.person_id from identities i
where i.number = :number and exists (select from identities j join timeline t on t.subject = j.key
              where j.person_id = i.person_id)
""")
# Told by its bytes: a value that PostgreSQL cannot hold as text must not break a search.
_PATIENTS_QUOTING = text("""
select distinct i.person_id from facts f join identities i on i.key = f.subject
where f.kind = 'Patient' and position(cast(:quoted as bytea) in f.event) > 0
  or f.kind like 'ADT^%' and position(cast(:plain as bytea) in f.event) > 0
""")
_STAYS_AT = text(
    _STAY_COLUMNS + "join unnest(cast(:sources as text[]), cast(:visits as text[]))"
    " as k(source, visit) on s.source = k.source and s.visit = k.visit"
)
# The facts of a referral are read where the record does not hold all of them yet.
REFERRAL_COLUMNS = """
  r.subject, r.strand, cast(r.referral as text) as referral, u.unstored,
  case when u.unstored <> '{}' then cast(s.facts as text) end as facts
"""
OF_ITS_STRAND = f"""
join referral_strands s on s.name = r.strand
cross join lateral (select {OF_STRAND} as unstored offset 0) u
"""
_REFERRALS_OF = text(f"""
select {REFERRAL_COLUMNS} from referrals r {OF_ITS_STRAND} where r.subject = any(:keys)
""")  # noqa: S608 (constants of ours)
# Whomever its facts are about now: what was known at a past moment may have named somebody else.
_STRANDS_OF = text(f"""
select cast(s.facts as text) as facts, {OF_STRAND} as unstored from referral_strands s
where s.subjects && cast(:keys as text[])
""")  # noqa: S608 (constants of ours)
_EVENT = text("""
select f.event, i.person_id from facts f left join identities i on i.key = f.subject
where f.event_id = :event_id
""")
_EVENTS = text("select event_id, event from facts where event_id = any(:event_ids)")
_FACTS_BY_WRITING = text("""
select event_id, kind, source, recorded, received, known_at from facts
where event_id = any(:event_ids) order by recorded, version, event_id
""")
_STILL_THERE = text("""
select f.event_id from facts f
where f.event_id = any(:event_ids)
  and not exists (select from facts later where later.thread = f.thread
                  and later.version collate "C" > f.version collate "C")
""")
_LOOKS = text("""
select id, viewer, name, role, org, view, allowed, because, known_at from access_log
where (person_id = :person or person_id in (
    select m.own_id from identities i join identities m on m.person_id = i.person_id
    where i.own_id = :person))
  and (cast(:before as bigint) is null or id < :before)
order by id desc limit :limit
""")


async def keys_of_people(tx: AsyncConnection, people: Collection[UUID]) -> dict[UUID, list[str]]:
    """The source identities of each of several people as they are now."""
    found: dict[UUID, list[str]] = {person: [] for person in people}
    for row in await tx.execute(_KEYS_OF_PEOPLE, {"people": list(people)}):
        found[row.person_id].append(row.key)
    return found


async def patients_of(
    tx: AsyncConnection,
    people: Mapping[UUID, Collection[str]],
    as_known_at: datetime | None = None,
) -> dict[UUID, list[CareEvent]]:
    """The facts that say who somebody is, by person, of whom the identities are given."""
    found: dict[UUID, list[CareEvent]] = {person: [] for person in people}
    pairs = [(person, key) for person, keys in people.items() for key in keys]
    values = {
        "people": [person for person, _ in pairs],
        "keys": [key for _, key in pairs],
        "as_known_at": as_known_at,
    }
    for query in (_PATIENTS, _PIDS):
        for row in await tx.execute(query, values):
            found[row.person_id].append(decode(row.event))
    return found


async def counts_of(
    tx: AsyncConnection,
    keys: Collection[str],
    withheld: Withheld,
    as_known_at: datetime | None,
) -> tuple[int, int]:
    """How many things are known of these identities, and by how many sources, as is shown."""
    values = {
        "keys": list(keys),
        "as_known_at": as_known_at,
        "threads": list(withheld.threads),
        "events": list(withheld.now | withheld.before),
        "but_of": withheld.but_of,
    }
    row = (await tx.execute(_COUNTS, values)).one()
    return row.records, row.sources


async def stays_of(
    tx: AsyncConnection, keys: Collection[str], *, were: bool = False
) -> Sequence[StoredStay]:
    """Every visit of these identities, the latest admission first; `were`: those they ever had."""
    return _held(await tx.execute(_STAYS_OF, {"keys": list(keys), "were": were}))


async def stays_of_messages(tx: AsyncConnection, keys: Collection[str]) -> Sequence[StoredStay]:
    """The visits of these identities that HL7 v2 messages alone tell of, in no order."""
    return _held(await tx.execute(_STAYS_OF_MESSAGES, {"keys": list(keys)}))


async def stay(tx: AsyncConnection, source: str, visit: str) -> StoredStay | None:
    """One visit by any of the source's numbers for it; None where nothing is known of it."""
    row = (await tx.execute(_STAY, {"source": source, "visit": visit})).one_or_none()
    if row is None or row.status == MOVED.status:
        home = await home_of(tx, VisitKey(source, visit))
        if home.visit == visit:
            return None
        row = (await tx.execute(_STAY, {"source": source, "visit": home.visit})).one_or_none()
    return as_held(stored_stay(row)) if row is not None else None


def _held(rows: Iterable[Row[Any]]) -> list[StoredStay]:
    return [held for row in rows if (held := as_held(stored_stay(row))) is not None]


async def stays_at(
    tx: AsyncConnection, visits: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], StoredStay]:
    """Visits by their source and its own number, by all their facts: the record may be behind."""
    values = {"sources": [source for source, _ in visits], "visits": [visit for _, visit in visits]}
    rows = map(stored_stay, await tx.execute(_STAYS_AT, values))
    return {(row.source, row.visit): row for row in rows}


async def referrals_of(tx: AsyncConnection, keys: Collection[str]) -> Sequence[Row[Any]]:
    """The referrals of these identities as `referrals.stored` takes them, in no order."""
    return (await tx.execute(_REFERRALS_OF, {"keys": list(keys)})).all()


async def strands_of(tx: AsyncConnection, keys: Collection[str]) -> Sequence[Row[Any]]:
    """The facts, as JSON, of every strand that was ever about these identities, in no order.

    Beside them the ids of those that the record does not hold yet.
    """
    return (await tx.execute(_STRANDS_OF, {"keys": list(keys)})).all()


async def people_linked_to(tx: AsyncConnection, number: str) -> list[UUID]:
    """The people that an NHS number is linked to: more than one where births contradict."""
    return list((await tx.execute(_BY_NUMBER, {"number": number})).scalars())


async def people_quoting(tx: AsyncConnection, value: str) -> list[UUID]:
    """The people of whom any fact that says who they are, also an old one, has the plain value.

    For a number or a date; reads every such fact.
    """
    said = {"quoted": f'"{value}"'.encode(), "plain": value.replace("-", "").encode()}
    return list((await tx.execute(_PATIENTS_QUOTING, said)).scalars())


async def event(tx: AsyncConnection, event_id: UUID) -> tuple[CareEvent, UUID | None] | None:
    """A fact and the person it is about, if it is about one; None where there is no such fact."""
    row = (await tx.execute(_EVENT, {"event_id": event_id})).one_or_none()
    return (decode(row.event), row.person_id) if row else None


async def events(tx: AsyncConnection, event_ids: Collection[UUID]) -> dict[UUID, CareEvent]:
    """Facts by their ids."""
    rows = await tx.execute(_EVENTS, {"event_ids": list(event_ids)})
    return {row.event_id: decode(row.event) for row in rows}


async def facts_by_writing(tx: AsyncConnection, event_ids: Collection[UUID]) -> Sequence[Row[Any]]:
    """What these facts are and when they were written, received and known, in that order."""
    return (await tx.execute(_FACTS_BY_WRITING, {"event_ids": list(event_ids)})).all()


async def still_there(tx: AsyncConnection, event_ids: Collection[UUID]) -> set[UUID]:
    """The facts that no later one of their thread replaces or deletes, whoever that is about."""
    return set((await tx.execute(_STILL_THERE, {"event_ids": list(event_ids)})).scalars())


async def looks_at(
    tx: AsyncConnection, person: UUID, before: int | None, limit: int
) -> Sequence[Row[Any]]:
    """Who looked at a person's record, by any of its ids, newest first, behind `before`."""
    values = {"person": person, "before": before, "limit": limit}
    return (await tx.execute(_LOOKS, values)).all()
