"""Every HL7 v2 fact beside the visit that it belongs to, worked out anew from the facts."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import decode
from streams.flow.accounts import moves_by_visit
from streams.flow.changes import Account
from streams.flow.facts import Change, VisitKey
from streams.flow.numbers import Statement, homes
from streams.flow.work import work_of
from streams.runtime.message_keys import WITHHELD

ENCOUNTERS = """
select source, substr(thread, length(source) + length('|Encounter/') + 1) as visit, event
from facts where kind = 'Encounter'
"""
MESSAGES = """
select g.source, g.visit, f.event from gathered g join facts f using (event_id)
"""
AT_ONCE = 5_000

_TABLE = text(
    "create temporary table if not exists gathered (source text, visit text, event_id uuid)"
)
_EMPTY = text("truncate gathered")
_PUT = text(
    "insert into gathered select * from unnest(cast(:sources as text[]), cast(:visits as text[]),"
    " cast(:events as uuid[]))"
)
_TELLING = text("""
select event from facts f
where kind = 'Encounter' and position(cast('"identifier"' as bytea) in event) > 0
  or kind like 'ADT^%'
""")


class Gathered(NamedTuple):
    """The visit that each number leads to, and the moves of accounts by the visits they move."""

    leads: dict[VisitKey, VisitKey]
    moves: dict[VisitKey, list[Change]]


async def gather(connection: AsyncConnection) -> Gathered:
    """Fill the temporary table of `MESSAGES`, and tell what no single message tells."""
    withheld = {row.event_id.hex for row in await connection.execute(text(WITHHELD))}
    found: set[tuple[VisitKey, str]] = set()
    statements: set[Statement] = set()
    accounts: set[tuple[Account, VisitKey]] = set()
    moved: list[tuple[Account, Change]] = []
    async with connection.stream(_TELLING) as rows:
        async for row in rows:
            work = work_of([decode(row.event)])
            statements |= work.statements
            accounts |= work.accounts
            moved += [one for one in work.moved if one[1].event_id not in withheld]
            found |= {
                (key, fact.event_id)
                for key, facts in work.facts.items()
                for fact in facts
                if isinstance(fact, Change) and fact.event_id not in withheld
            }
    leads = {VisitKey(s, n): VisitKey(s, home) for (s, n), home in homes(statements).items()}
    await _put(connection, ((leads.get(key, key), event_id) for key, event_id in found))
    moves: dict[VisitKey, list[Change]] = {}
    for key, changes in moves_by_visit(accounts, moved).items():
        moves.setdefault(leads.get(key, key), []).extend(changes)
    return Gathered(leads, moves)


async def _put(connection: AsyncConnection, found: Iterable[tuple[VisitKey, str]]) -> None:
    await connection.execute(_TABLE)
    await connection.execute(_EMPTY)
    rows = sorted(found)
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        columns = {
            "sources": [key.source for key, _ in part],
            "visits": [key.visit for key, _ in part],
            "events": [event_id for _, event_id in part],
        }
        await connection.execute(_PUT, columns)
