"""What the API of who is one person reads, over a transaction that the caller owns."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

_IDENTITIES = text("select key, own_id, person_id from identities where key = any(:keys)")
_BY_ID = text("select key, own_id from identities where own_id = any(:ids)")
# Of a thread only the greatest version is said still; what is said again and again is told once.
_SAID = text("""
select distinct on (s.one, s.other, s.kind, s.who, s.thread)
  s.event_id, s.one, s.other, s.kind, s.source, s.said_at, s.known_at, s.who, s.reason
from identity_statements s
where (s.one = any(:keys) or s.other = any(:keys)) and s.withdrawn_at is null and s.one <> s.other
  and (s.thread is null or not exists (
    select from identity_statements g where g.thread = s.thread and g.withdrawn_at is null
      and (g.version, g.event_id) > (s.version, s.event_id)))
order by s.one, s.other, s.kind, s.who, s.thread, s.said_at desc, s.event_id
""")
_NAMED_BY = text("select one, other from identity_statements where event_id = :link_id")
_WORD_COLUMNS = """
select s.event_id, s.one, s.other, s.kind, s.source, s.who, s.reason, s.known_at,
  s.withdrawn_at, s.withdrawn_by
from identity_statements s where s.who is not null
"""
_WORD = text(f"{_WORD_COLUMNS} and s.event_id = :link_id")
_WORDS = text(f"""
{_WORD_COLUMNS} and (cast(:org as text) is null or s.source = :org)
order by s.known_at desc, s.event_id limit :limit
""")
_REVIEWS = text("""
select r.review_id, r.kind, r.keys, r.pairs, r.known_at from identity_reviews r
where not exists (select from review_dismissals d where d.review_id = r.review_id)
  and (cast(:kind as text) is null or r.kind = :kind)
  and (cast(:at as timestamptz) is null or (r.known_at, r.review_id) > (:at, :review_id))
order by r.known_at, r.review_id limit :limit
""")
_REVIEW = text("""
select r.review_id, r.kind, r.keys, r.pairs, r.known_at from identity_reviews r
where r.review_id = :review_id
  and not exists (select from review_dismissals d where d.review_id = r.review_id)
""")


async def identities(tx: AsyncConnection, keys: Collection[str]) -> dict[str, Row[Any]]:
    """Identities with their own ids and the person that each belongs to now, by key."""
    rows = await tx.execute(_IDENTITIES, {"keys": sorted(set(keys))})
    return {row.key: row for row in rows}


async def keys_by_id(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, str]:
    """The identity that each id names, of those that name one."""
    rows = await tx.execute(_BY_ID, {"ids": list(ids)})
    return {row.own_id: row.key for row in rows}


async def said_of(tx: AsyncConnection, keys: Collection[str]) -> Sequence[Row[Any]]:
    """What is said of identities and not taken back, each thing once."""
    return (await tx.execute(_SAID, {"keys": list(keys)})).all()


async def named_by(tx: AsyncConnection, link_id: UUID) -> list[str]:
    """The identities that a statement is about; none where there is no such."""
    rows = (await tx.execute(_NAMED_BY, {"link_id": link_id})).all()
    return [key for row in rows for key in (row.one, row.other)]


async def word(tx: AsyncConnection, link_id: UUID) -> Row[Any] | None:
    """What a member of staff said, also where it was taken back; None where nobody did."""
    return (await tx.execute(_WORD, {"link_id": link_id})).one_or_none()


async def words(tx: AsyncConnection, org: str | None, limit: int) -> Sequence[Row[Any]]:
    """What staff said last, of one organisation or of all, the newest first."""
    return (await tx.execute(_WORDS, {"org": org, "limit": limit})).all()


async def reviews(
    tx: AsyncConnection, kind: str | None, after: tuple[datetime, UUID] | None, limit: int
) -> Sequence[Row[Any]]:
    """The open reviews behind a place, oldest first."""
    at, review_id = after or (None, None)
    values = {"kind": kind, "at": at, "review_id": review_id, "limit": limit}
    return (await tx.execute(_REVIEWS, values)).all()


async def review(tx: AsyncConnection, review_id: UUID) -> Row[Any] | None:
    """An open review; None where there is none of that id."""
    return (await tx.execute(_REVIEW, {"review_id": review_id})).one_or_none()
