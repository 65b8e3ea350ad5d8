"""The stays folded again from the facts: where they differ, and the mending of it."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import decode
from streams.flow.facts import VisitFact, VisitKey
from streams.flow.gather import ENCOUNTERS, MESSAGES, Gathered, gather
from streams.flow.plan import Row, merged, row_of
from streams.flow.projector import Flow, columns_of, decode_facts, write
from streams.flow.work import work_of
from streams.runtime.difference import Difference, mark

# The answer's columns in `stays`, and what `columns_of` calls them.
ANSWER = {
    "subject": "subjects",
    "status": "statuses",
    "class": "classes",
    "setting": "settings",
    "provider": "providers",
    "admitted_at": "admitted",
    "discharged_at": "discharged",
    "expected_discharge": "expected",
    "ward": "wards",
    "site": "sites",
    "segments": "segments",
    "leaves": "leaves",
    "nights": "nights",
    "flags": "flags",
}
IS_JSON = frozenset({"segments", "leaves", "nights"})

_BOTH = text(f"""
select coalesce(f.source, s.source) as source, coalesce(f.visit, s.visit) as visit, f.events,
  coalesce(s.revision, 0) as revision, cast(s.facts as text) as facts, s.subject, s.status, s.class,
  s.setting, s.provider, s.admitted_at, s.discharged_at, s.expected_discharge, s.ward, s.site,
  cast(s.segments as text) as segments, cast(s.leaves as text) as leaves,
  cast(s.nights as text) as nights, array_to_string(s.flags, ' ') as flags
from (
  select source, visit, array_agg(event) as events
  from ({ENCOUNTERS} union all {MESSAGES}) told group by source, visit
) f full join stays s on s.source = f.source and s.visit = f.visit
""")  # noqa: S608 (constants of ours)
_REMOVE = text("delete from stays where source = :source and visit = :visit")


class Compared(NamedTuple):
    """A visit whose stored stay is not the fold of its facts; no `row`: there is no fact."""

    key: VisitKey
    stored: dict[str, Any] | None
    row: Row | None


async def compared(connection: AsyncConnection) -> AsyncIterator[Compared]:
    """Every visit that differs. What only the stay knows of is a fact too: it came first here."""
    gathered = await gather(connection)
    async with connection.stream(_BOTH) as rows:
        async for found in rows:
            key = VisitKey(found.source, found.visit)
            row = _folded(key, found, gathered)
            stored = _stored(found) if found.revision else None
            if row is None or stored != answer_of(row):
                yield Compared(key, stored, row)


def _folded(key: VisitKey, found: Any, gathered: Gathered) -> Row | None:
    kept = decode_facts(found.facts) if found.facts else []
    said = work_of(decode(event) for event in found.events or ()).facts
    fresh: list[VisitFact] = [
        fact
        for named, facts in said.items()
        if gathered.leads.get(named, named) == key
        for fact in facts
    ]
    everything = merged(kept, [*fresh, *gathered.moves.get(key, ())])
    everything.sort(key=lambda fact: (fact.event_id, fact.known))
    return row_of(key, found.revision, everything) if everything else None


def answer_of(row: Row) -> dict[str, Any]:
    """What a stay's row says, by column; JSON as values: how it is written is no matter."""
    columns = columns_of([row])
    return {name: _value(name, columns[column][0]) for name, column in ANSWER.items()}


def _stored(found: Any) -> dict[str, Any]:
    return {name: _value(name, getattr(found, name)) for name in ANSWER}


def _value(name: str, value: Any) -> Any:
    return msgspec.json.decode(value) if name in IS_JSON else value


async def differences(connection: AsyncConnection) -> AsyncIterator[Difference]:
    async for found in compared(connection):
        folded = answer_of(found.row) if found.row else None
        name = f"{found.key.source} {found.key.visit}"
        yield Difference(Flow.name, name, mark(found.stored), mark(folded))


async def rebuild(reading: AsyncConnection, tx: AsyncConnection) -> int:
    """Put every stay that differs right; returns how many there were. Raises Retry on a race."""
    changed = 0
    async for found in compared(reading):
        changed += 1
        if found.row is None:
            await tx.execute(_REMOVE, {"source": found.key.source, "visit": found.key.visit})
        else:
            await write(tx, [found.row])
    return changed
