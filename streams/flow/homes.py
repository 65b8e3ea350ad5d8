"""Where the numbers of visits lead, in PostgreSQL: stated once, looked up for every HL7 v2 fact."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.flow.facts import Change, VisitFact, VisitKey
from streams.flow.numbers import Statement, homes
from streams.flow.plan import Leaving
from streams.flow.work import Work

# One that states a number of a source keeps out those that store facts by its numbers meanwhile:
# what they store must not be left behind under a number that has just been given up.
_SHARED = text("select pg_advisory_xact_lock_shared(7420003, hashtext(:source))")
_ALONE = text("select pg_advisory_xact_lock(7420003, hashtext(:source))")
_ADD = text(
    "insert into visit_numbers (source, number, visit)"
    " select * from unnest(cast(:sources as text[]), cast(:numbers as text[]),"
    " cast(:visits as text[])) on conflict do nothing"
)
# Every statement that has to do with these names, however many steps away.
_ABOUT = text("""
with recursive about(source, name) as (
  select * from unnest(cast(:sources as text[]), cast(:names as text[]))
  union
  select a.source, n.name from about a join lateral (
    select visit as name from visit_numbers v where v.source = a.source and v.number = a.name
    union all
    select number from visit_numbers v where v.source = a.source and v.visit = a.name
  ) n on true
)
select distinct v.source, v.number, v.visit from visit_numbers v
join about a on a.source = v.source and a.name = v.number
""")


class Homes(NamedTuple):
    """The visit that each number leads to, and the facts that have to move there."""

    visits: Mapping[tuple[str, str], str]
    leaving: tuple[Leaving, ...]

    def of_number(self, key: VisitKey) -> VisitKey:
        return VisitKey(key.source, self.visits.get((key.source, key.visit), key.visit))

    def of(self, key: VisitKey, fact: VisitFact) -> VisitKey:
        """Where a fact belongs: an Encounter is its own visit, a message goes by its number."""
        return self.of_number(key) if isinstance(fact, Change) else key


async def settle_homes(tx: AsyncConnection, work: Work) -> Homes:
    """Where the batch's facts belong, once what it states is stored; and what moves by that."""
    named = {key for key, facts in work.facts.items() if any(isinstance(f, Change) for f in facts)}
    named |= {VisitKey(claim.source, visit) for claim in work.claims for visit in claim.places}
    asked = named | {VisitKey(one.source, one.number) for one in work.statements}
    moving = {account.source for account, _ in work.moved}
    if not asked and not moving:
        return Homes({}, ())
    before = await _about(tx, asked | {VisitKey(one.source, one.visit) for one in work.statements})
    fresh = work.statements - before
    await _lock(tx, {one.source for one in fresh} | moving, {key.source for key in asked} | moving)
    # What was stated while this one waited for its turn counts too.
    before = await _about(tx, asked | {VisitKey(one.source, one.visit) for one in fresh})
    fresh = work.statements - before
    if fresh:
        await tx.execute(_ADD, _columns(fresh))
    was, now = homes(before), homes(before | fresh)
    return Homes(now, tuple(_leaving(was, now)))


async def with_more(tx: AsyncConnection, known: Homes, keys: Iterable[VisitKey]) -> Homes:
    """The homes with those of more numbers."""
    keys = list(keys)
    return (
        known._replace(visits={**homes(await _about(tx, keys)), **known.visits}) if keys else known
    )


async def home_of(tx: AsyncConnection, key: VisitKey) -> VisitKey:
    """The visit that a number leads to; itself where nobody says that it is another's."""
    return Homes(homes(await _about(tx, [key])), ()).of_number(key)


def _leaving(
    was: Mapping[tuple[str, str], str], now: Mapping[tuple[str, str], str]
) -> Iterable[Leaving]:
    for (source, number), home in sorted(now.items()):
        old = was.get((source, number), number)
        if old != home:
            yield Leaving(VisitKey(source, old), VisitKey(source, home), number=number)


async def _lock(tx: AsyncConnection, alone: set[str], all_sources: set[str]) -> None:
    for source in sorted(all_sources):
        await tx.execute(_ALONE if source in alone else _SHARED, {"source": source})


async def _about(tx: AsyncConnection, keys: Iterable[VisitKey]) -> frozenset[Statement]:
    keys = sorted(keys)
    columns = {"sources": [key.source for key in keys], "names": [key.visit for key in keys]}
    return frozenset(Statement(*row) for row in await tx.execute(_ABOUT, columns))


def _columns(statements: Iterable[Statement]) -> dict[str, list[str]]:
    statements = sorted(statements)
    return {
        "sources": [one.source for one in statements],
        "numbers": [one.number for one in statements],
        "visits": [one.visit for one in statements],
    }
