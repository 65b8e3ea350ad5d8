"""What changed in PostgreSQL since the engine looked last, as CSV: the engine's only reads."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.runtime.database import SERVICE, WORKER
from streams.runtime.horizon import MARGIN

_STAYS: Final = """
select s.source, s.visit, i.person_id, s.provider, s.class, s.setting, s.status, s.admitted_at,
  s.discharged_at, s.expected_discharge, s.segments, s.leaves, s.nights, to_jsonb(s.flags),
  s.known_at
from stays s left join identities i on i.key = s.subject
"""
_REQUESTS: Final = """
select r.name, i.person_id, r.receiver, r.status, r.sent_at, r.answer_due, r.accepted_at,
  r.first_contact_at, r.closed_at, r.known_at
from referrals r left join identities i on i.key = r.subject
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
        "requests": f"{_REQUESTS} where r.known_at >= $1 union {_REQUESTS}"
        " where i.changed_at >= $1",
        "traits": f"{_TRAITS} where t.known_at >= $1 or t.withdrawn_at >= $1 union all {_TRAITS}"
        " where i.changed_at >= $1 and t.known_at < $1",
    }
)
_ALL: Final[Mapping[str, str]] = MappingProxyType(
    {"stays": _STAYS, "requests": _REQUESTS, "traits": _TRAITS}
)
# Rows are known from their transaction's start: one that is still running may add some.
_LOOK: Final = text("""
select clock_timestamp() as now,
  (select min(xact_start) from pg_stat_activity
   where datname = current_database() and pid <> pg_backend_pid()
     and (application_name = :worker or application_name = :service and backend_xid is not null)
  ) as oldest,
  exists (select from stays where known_at >= :since) as stays,
  exists (select from referrals where known_at >= :since) as requests,
  exists (select from traits where known_at >= :since or withdrawn_at >= :since) as traits,
  exists (select from identities where changed_at >= :since) as identities
""")
_WHO: Final = {"worker": WORKER, "service": SERVICE}


class Look(NamedTuple):
    """What is to be pulled, and up to when everything is known once that is done."""

    until: datetime
    changed: tuple[str, ...]


async def look(tx: AsyncConnection, since: datetime | None) -> Look:
    """What changed since a moment; all of it where there is none."""
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    row = (await tx.execute(_LOOK, _WHO | {"since": since or epoch})).one()
    until = min(row.oldest or row.now, row.now - MARGIN)
    if since is None:
        return Look(until, tuple(_ALL))
    changed = (table for table in _ALL if row.identities or getattr(row, table))
    return Look(until, tuple(changed))


async def pull(tx: AsyncConnection, table: str, since: datetime | None, into: Path) -> None:
    """Write the rows of a table that changed since then, or all of them, to a file."""
    raw: Any = (await tx.get_raw_connection()).driver_connection
    values = (since,) if since else ()
    query = (_SINCE if since else _ALL)[table]
    await raw.copy_from_query(query, *values, output=into, format="csv")
