"""What changed in PostgreSQL, as it was known at a moment, as CSV: the engine's only reads."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.times import EPOCH
from streams.measures import then
from streams.runtime.database import SERVICE, WORKER
from streams.runtime.horizon import MARGIN

# People first: what is of somebody carries who they are.
TABLES: Final = ("traits", "stays", "requests")
MICROSECOND: Final = timedelta(microseconds=1)

# $1: what changed after it is pulled; $2: as it was known then. $3, $4: who the person of some
# identities was then, where that has changed since.
_PERSON: Final = "case when o.key is null then i.person_id else o.person end"
_WHO: Final = """
left join identities i on i.key = {subject}
left join unnest($3::text[], $4::uuid[]) as o(key, person) on o.key = {subject}
"""
_STAYS: Final = f"""
select s.source, s.visit, {_PERSON}, s.provider, s.class, s.setting, s.status, s.admitted_at,
  s.discharged_at, s.expected_discharge, s.segments, s.leaves, s.nights, to_jsonb(s.flags),
  s.known_at
from stays s {_WHO.format(subject="s.subject")}
"""
# Facts may make two referrals one: a name that no referral has any more is told by its strand.
_REQUESTS: Final = f"""
select n.name, {_PERSON}, r.receiver, r.status, r.sent_at, r.answer_due, r.accepted_at,
  r.first_contact_at, r.closed_at, r.known_at
from (
  select strand from referrals where known_at > $1 union
  select r.strand from referrals r join identities i on i.key = r.subject where i.changed_at > $1
) s join referral_names n using (strand)
  left join referrals r on r.name = n.name and r.known_at <= $2
  {_WHO.format(subject="r.subject")}
"""
_TRAITS: Final = f"""
select t.event_id, t.number, t.kind, {_PERSON}, t.source, t.thread, t.version, t.recorded, t.said,
  t.known_at, case when t.withdrawn_at <= $2 then t.withdrawn_at end
from traits t {_WHO.format(subject="t.subject")}
"""
_PULL: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stays": f"{_STAYS} where s.known_at > $1 and s.known_at <= $2"
        f" union all {_STAYS} where i.changed_at > $1 and s.known_at <= $1",
        "requests": _REQUESTS,
        "traits": f"{_TRAITS} where t.known_at > $1 and t.known_at <= $2"
        f" union all {_TRAITS} where t.withdrawn_at > $1 and t.known_at <= $1"
        f" union all {_TRAITS} where i.changed_at > $1 and t.known_at <= $1"
        " and (t.withdrawn_at is null or t.withdrawn_at <= $1)",
    }
)
# Rows are known from their transaction's start: one that is still running may add some.
_HORIZON: Final = text("""
select clock_timestamp() as now, (
  select min(xact_start) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()
    and (application_name = :worker or application_name = :service and backend_xid is not null)
) as oldest
""")
_NAMES: Final = {"worker": WORKER, "service": SERVICE}
_LATEST: Final = text("""
select (select max(known_at) from stays where known_at > :after) as stays,
  (select max(known_at) from referrals where known_at > :after) as requests,
  greatest((select max(known_at) from traits where known_at > :after),
    (select max(withdrawn_at) from traits where withdrawn_at > :after)) as traits,
  (select max(changed_at) from identities where changed_at > :after) as identities
""")


class Horizon(NamedTuple):
    """The database's clock, and the moment up to which everything that is known is committed."""

    now: datetime
    at: datetime


class Latest(NamedTuple):
    """When anything last became known, by table; None where nothing did."""

    stays: datetime | None
    requests: datetime | None
    traits: datetime | None
    identities: datetime | None

    @property
    def changed(self) -> tuple[str, ...]:
        """The tables that are to be pulled."""
        if self.identities:
            return TABLES
        return tuple(table for table in TABLES if getattr(self, table))

    def is_after(self, at: datetime) -> bool:
        """Whether anything became known later than that."""
        return any(moment is not None and moment > at for moment in self)


async def horizon(tx: AsyncConnection) -> Horizon:
    """How far everything is known, as a statement of its own: the next one sees all of that."""
    row = (await tx.execute(_HORIZON, _NAMES)).one()
    safe: datetime = row.now - MARGIN
    return Horizon(row.now, min(row.oldest - MICROSECOND, safe) if row.oldest else safe)


async def latest(tx: AsyncConnection, after: datetime | None) -> Latest:
    """What became known after a moment; where there is none, all tables say that they changed."""
    row = (await tx.execute(_LATEST, {"after": after or EPOCH})).one()
    if after is None:
        return Latest(*(moment or EPOCH for moment in row))
    return Latest(*row)


async def pull(
    tx: AsyncConnection,
    tables: Sequence[str],
    after: datetime | None,
    at: datetime,
    folder: Path,
) -> dict[str, Path]:
    """A file for each table: its rows that changed after a moment, as they were known at `at`."""
    people = await then.people_then(tx, at)
    values = (after or EPOCH, at, list(people), list(people.values()))
    raw: Any = (await tx.get_raw_connection()).driver_connection
    files = {}
    for table in tables:
        files[table] = folder / f"{table}.csv"
        query = _PULL[table]
        with files[table].open("wb") as file:
            await raw.copy_from_query(query, *values, output=file, format="csv")
        async for rows in then.folded(tx, table, at, people):
            write(files[table], rows)
    return files


def write(file: Path, rows: Iterable[then.Line]) -> None:
    """Write rows at the end of a file, as PostgreSQL does and the engine reads them."""
    with file.open("a", newline="") as end:
        csv.writer(end, lineterminator="\n").writerows(rows)
