"""What is read for FHIR from PostgreSQL, over a transaction that the caller owns."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

# The greatest state of each thing, where no other fact of the thing goes beyond it: of another
# person's, or a deletion. `patterns` keeps other types out before anything else is looked at.
_HOLDING = text("""
select t.event_id, t.thread, f.kind, f.source, f.recorded, f.known_at,
  cast(md5(t.thread) as uuid) as thing
from (
  select distinct on (thread) thread, version, event_id from timeline
  where subject = any(:keys) and withdrawn_at is null
    and (cast(:patterns as text[]) is null or thread like any(:patterns))
  order by thread, version desc, event_id
) t join facts f using (event_id)
where not exists (select from facts g where g.thread = t.thread and g.version > t.version)
""")
_STATES = text("""
select f.event_id, f.thread, f.version, f.kind, f.source, f.subject, f.restriction, f.recorded,
  f.known_at, i.person_id, cast(md5(f.thread) as uuid) as thing
from facts f left join identities i on i.key = f.subject
where cast(md5(f.thread) as uuid) = :id order by f.version desc, f.event_id
""")
# Of a thing that is about nobody only the fact itself says whether it was deleted.
_HEADS = text("""
select h.* from unnest(cast(:threads as text[])) as t(thread) cross join lateral (
  select f.thread, f.event_id, f.kind, f.source, f.subject, f.restriction,
    cast(md5(f.thread) as uuid) as thing,
    case when f.subject is null then f.event end as event
  from facts f where f.thread = t.thread order by f.version desc, f.event_id limit 1
) h
""")
_OF_NOBODY = text("""
select distinct on (thread) event_id, thread, kind, source, recorded, known_at, restriction, event,
  cast(md5(thread) as uuid) as thing
from facts where kind = :kind and subject is null order by thread, version desc, event_id
""")
_MESSAGE = text("""
select f.event_id, f.thread, f.kind, f.source, f.subject, f.recorded, f.known_at, i.person_id
from timeline t join facts f using (event_id) left join identities i on i.key = f.subject
where t.event_id = :id and t.withdrawn_at is null and f.kind like '%^%'
""")
_VISIT = text("""
select source, visit from stays where cast(md5(source || '|Encounter/' || visit) as uuid) = :id
""")


async def holding(
    tx: AsyncConnection, keys: Collection[str], kind: str | None = None
) -> Sequence[Row[Any]]:
    """The facts that hold of these identities, of one type or of all, in no order."""
    patterns = None if kind is None else [f"%|{kind}/%", f"%|{kind}?%"]
    rows = (await tx.execute(_HOLDING, {"keys": list(keys), "patterns": patterns})).all()
    return rows if kind is None else [row for row in rows if row.kind == kind]


async def states(tx: AsyncConnection, thing: UUID) -> Sequence[Row[Any]]:
    """Every state of the thing of an id, the one that holds first."""
    return (await tx.execute(_STATES, {"id": thing})).all()


async def heads(tx: AsyncConnection, threads: Collection[str]) -> Sequence[Row[Any]]:
    """The state that holds of each of these things, where anything is held of it."""
    return (await tx.execute(_HEADS, {"threads": list(threads)})).all() if threads else ()


async def of_nobody(tx: AsyncConnection, kind: str) -> Sequence[Row[Any]]:
    """The states that hold of all things of a type that are about nobody, deletions too."""
    return (await tx.execute(_OF_NOBODY, {"kind": kind})).all()


async def message(tx: AsyncConnection, event_id: UUID) -> Row[Any] | None:
    """An HL7 v2 message that counts; None where there is none of that id."""
    return (await tx.execute(_MESSAGE, {"id": event_id})).one_or_none()


async def visit(tx: AsyncConnection, thing: UUID) -> tuple[str, str] | None:
    """The source and the number of the visit that a thing is."""
    row = (await tx.execute(_VISIT, {"id": thing})).first()
    return (row.source, row.visit) if row else None
