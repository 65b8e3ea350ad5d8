"""Works out again who is one person, for those of whom something new is said."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.identity.people import people
from streams.identity.reach import Reached, reached
from streams.identity.reviews import Review, possible_matches
from streams.identity.statements import Said, said_by

# Who is one person is worked out by one transaction at a time: two that each saw half of a new
# component would leave it in two parts.
_LOCK = text("select pg_advisory_xact_lock(7420001)")
# Whom a thread spoke of before what is new: they may be on their own now.
_BEFORE = text("""
select distinct s.one, s.other from identity_statements s
where s.thread = any(:threads) and s.version >= coalesce((
  select max(p.version) from identity_statements p
  where p.thread = s.thread and p.event_id <> all(:events) and p.withdrawn_at is null), '')
""")
_SET_PEOPLE = text(
    "update identities i set person_id = p.person_id, changed_at = now()"
    " from unnest(cast(:keys as text[]), cast(:people as uuid[])) as p(key, person_id)"
    " where i.key = p.key and i.person_id <> p.person_id"
)
_PEOPLE = text("select key, person_id from identities where key = any(:keys)")
_PROVEN = text("""
select distinct b.key from identities b join identities i on i.number = b.number
where b.key = any(:keys) and exists (
  select from identity_statements s where s.other = i.key and s.kind = 'same'
    and s.withdrawn_at is null and not exists (
      select from identity_statements g where g.thread = s.thread and g.withdrawn_at is null
        and (g.version, g.event_id) > (s.version, s.event_id)))
""")
_STALE = text(
    "delete from identity_reviews where keys && cast(:keys as text[])"
    " and review_id <> all(cast(:ids as uuid[]))"
)
_ADD_REVIEW = text(
    "insert into identity_reviews (review_id, kind, keys, pairs)"
    " values (:id, :kind, cast(:keys as text[]), cast(:pairs as json)) on conflict do nothing"
)


async def lock(tx: AsyncConnection) -> None:
    """Wait until nobody else works out who is one person, until the transaction ends."""
    await tx.execute(_LOCK)


async def work_out(tx: AsyncConnection, changes: Sequence[Row[Any]]) -> None:
    """Give everybody whom the changed statements are about the person they now belong to."""
    if not changes:
        return
    await lock(tx)
    threads = sorted({row.thread for row in changes if row.thread})
    events = sorted({row.event_id for row in changes})
    before = (await tx.execute(_BEFORE, {"threads": threads, "events": events})).all()
    await settle(tx, {key for row in (*changes, *before) for key in (row.one, row.other)})


async def settle(tx: AsyncConnection, keys: Iterable[str]) -> None:
    """Work out the people and the reviews of some identities and of all whom they reach.

    The caller holds the lock.
    """
    around = await reached(tx, sorted(set(keys)))
    said = said_by(around.statements)
    found = people(around.own_ids, said)
    await tx.execute(
        _SET_PEOPLE, {"keys": list(found.person), "people": list(found.person.values())}
    )
    possible = await _possible(tx, around, said, found.person)
    await _set_reviews(tx, around.own_ids, found.reviews | possible)


async def _possible(
    tx: AsyncConnection, around: Reached, said: Said, person: dict[str, UUID]
) -> frozenset[Review]:
    named = sorted({key for pair in said.possible for key in pair})
    if not named:
        return frozenset()
    stored = {row.key: row.person_id for row in await tx.execute(_PEOPLE, {"keys": named})}
    proven = (await tx.execute(_PROVEN, {"keys": named})).scalars().all()
    return possible_matches(said, stored | person, proven)


async def _set_reviews(
    tx: AsyncConnection, keys: Collection[str], reviews: Collection[Review]
) -> None:
    """Put the reviews about these identities in the place of those that were; none is renewed."""
    ids = [review.id for review in reviews]
    await tx.execute(_STALE, {"keys": sorted(keys), "ids": ids})
    rows = [
        {
            "id": review.id,
            "kind": review.kind.value,
            "keys": list(review.keys),
            "pairs": orjson.dumps(review.pairs).decode(),
        }
        for review in reviews
    ]
    if rows:
        await tx.execute(_ADD_REVIEW, rows)
