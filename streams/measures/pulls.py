"""What changed in PostgreSQL since the engine looked last, as CSV: the engine's only reads."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from streams.runtime.database import SERVICE, WORKER
from streams.runtime.horizon import MARGIN

_STAYS: Final = """
select s.source, s.visit, i.person_id, s.provider, s.class, s.setting, s.status, s.admitted_at,
  s.discharged_at, s.expected_discharge, s.segments, s.leaves, s.nights, to_jsonb(s.flags),
  s.known_at
from stays s left join identities i on i.key = s.subject
"""
_REQUEST: Final = """
i.person_id, r.receiver, r.status, r.sent_at, r.answer_due, r.accepted_at, r.first_contact_at,
  r.closed_at, r.known_at
"""
_REQUESTS: Final = f"""
select r.name, {_REQUEST} from referrals r left join identities i on i.key = r.subject
"""
# Facts may make two referrals one: a name that no referral has any more is told by its strand.
_REQUESTS_SINCE: Final = f"""
select n.name, {_REQUEST} from (
    select strand from referrals where known_at >= $1 union
    select r.strand from referrals r join identities i on i.key = r.subject
    where i.changed_at >= $1
  ) s join referral_names n using (strand) left join referrals r on r.name = n.name
  left join identities i on i.key = r.subject
"""
_TRAITS: Final = """
select t.event_id, t.number, t.kind, i.person_id, t.source, t.thread, t.version, t.recorded,
  t.said, t.known_at, t.withdrawn_at
from traits t left join identities i on i.key = t.subject
"""
# The rows themselves changed, or who the person of them is.
_SINCE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "stays": f"{_STAYS} where s.known_at >= $1 union {_STAYS} where i.changed_at >= $1",
        "requests": _REQUESTS_SINCE,
        "traits": f"{_TRAITS} where t.known_at >= $1 or t.withdrawn_at >= $1 union all {_TRAITS}"
        " where i.changed_at >= $1 and t.known_at < $1",
    }
)
_ALL: Final[Mapping[str, str]] = MappingProxyType(
    {"stays": _STAYS, "requests": _REQUESTS, "traits": _TRAITS}
)
# Rows are known from their transaction's start: one that is still running may add some.
_HORIZON: Final = text("""
select clock_timestamp() as now, (
  select min(xact_start) from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid()
    and (application_name = :worker or application_name = :service and backend_xid is not null)
) as oldest
""")
_WHO: Final = {"worker": WORKER, "service": SERVICE}
_CHANGED: Final = text("""
select exists (select from stays where known_at >= :since) as stays,
  exists (select from referrals where known_at >= :since) as requests,
  exists (select from traits where known_at >= :since)
    or exists (select from traits where withdrawn_at >= :since) as traits,
  exists (select from identities where changed_at >= :since) as identities
""")


async def horizon(database: AsyncEngine) -> datetime:
    """The moment before which everything that is ever known is committed.

    Looked at in a transaction of its own: one that begins after it sees all of that.
    """
    async with database.connect() as connection:
        tx = await connection.execution_options(isolation_level="AUTOCOMMIT")
        row = (await tx.execute(_HORIZON, _WHO)).one()
    safe: datetime = row.now - MARGIN
    return min(row.oldest or safe, safe)


async def changed(tx: AsyncConnection, since: datetime | None) -> list[str]:
    """The tables that have rows which changed since a moment; all of them where there is none."""
    if since is None:
        return list(_ALL)
    row = (await tx.execute(_CHANGED, {"since": since})).one()
    return [table for table in _ALL if row.identities or getattr(row, table)]


async def pull(tx: AsyncConnection, table: str, since: datetime | None, folder: Path) -> Path:
    """A new file of the rows of a table that changed since then, or of all its rows."""
    raw: Any = (await tx.get_raw_connection()).driver_connection
    file = folder / f"{table}.csv"
    values = (since,) if since else ()
    query = (_SINCE if since else _ALL)[table]
    await raw.copy_from_query(query, *values, output=file, format="csv")
    return file
