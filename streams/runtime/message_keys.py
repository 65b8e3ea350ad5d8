"""Whose content holds where two HL7 v2 messages have one key: the first written one's.

The key is (MSH-3, MSH-4, MSH-10) of a source. The other content is withheld: it counts in no
answer and lies on the reject desk with its reason. Source: definitions, section 2.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent
from schemas.times import micros


class Claim(NamedTuple):
    """A content that claims a key. The smallest (rank, content) of a key holds it.

    `rank` sorts by when the message was written, then by when it came to our door. `places`: what
    the projection would have to look at, were the content displaced.
    """

    source: str
    key: str
    rank: str
    content: str
    places: tuple[str, ...] = ()


class Settled(NamedTuple):
    """Of each claimed key the content that holds it, and the claim that held it before."""

    holders: dict[tuple[str, str], str]
    displaced: tuple[Claim, ...]

    def is_withheld(self, source: str, key: str, content: str) -> bool:
        holder = self.holders.get((source, key))
        return holder is not None and holder != content


NOTHING = Settled({}, ())

_CLAIMS = (
    "unnest(cast(:sources as text[]), cast(:keys as text[]), cast(:ranks as text[]),"
    " cast(:contents as text[]), cast(:places as json[])) as c(source, key, rank, content, places)"
)
_KNOW = text(f"""
insert into message_keys (projection, source, key, rank, content, places)
select :projection, source, key, rank, content, places from {_CLAIMS}
order by source, key on conflict do nothing
""")  # noqa: S608 (a constant of ours)
_HELD = text("""
select source, key, rank, content, places from message_keys where projection = :projection
  and (source, key) in (select * from unnest(cast(:sources as text[]), cast(:keys as text[])))
order by source, key for update
""")
_TAKE = text(f"""
update message_keys m set rank = c.rank, content = c.content, places = c.places from {_CLAIMS}
where m.projection = :projection and m.source = c.source and m.key = c.key
""")  # noqa: S608 (a constant of ours)


# The facts in the facts table that do not hold their key, worked out anew.
WITHHELD = """
select event_id from (
  select event_id, right(version, 12) as content, first_value(right(version, 12)) over (
    partition by source, message_id order by left(version, 20), received, right(version, 12)
  ) as holder
  from facts where kind like '%^%'
) claimed where content <> holder
"""


def claim_of(event: CareEvent, places: Iterable[str] = ()) -> Claim:
    """The claim of the message that an HL7 v2 fact comes from."""
    rank = f"{event.version[:20]}.{micros(event.received):020d}"
    content = content_of(event.version)
    return Claim(event.source, event.message_id, rank, content, tuple(places))


def content_of(version: str) -> str:
    """The mark of a message's content that its facts' versions end with."""
    return version.rpartition(".")[2]


async def settle(tx: AsyncConnection, projection: str, claims: Sequence[Claim]) -> Settled:
    """Decide who holds each key, in the caller's transaction; each projection for itself."""
    best = _best(claims)
    if not best:
        return NOTHING
    await tx.execute(_KNOW, _columns(projection, best.values()))
    rows = await tx.execute(_HELD, _columns(projection, best.values()))
    held = {
        (row.source, row.key): Claim(row.source, row.key, row.rank, row.content, tuple(row.places))
        for row in rows
    }
    now = {key: _holder(was, best[key]) for key, was in held.items()}
    taken = [claim for key, claim in now.items() if claim != held[key]]
    if taken:
        await tx.execute(_TAKE, _columns(projection, taken))
    displaced = tuple(was for key, was in held.items() if was.content != now[key].content)
    return Settled({key: claim.content for key, claim in now.items()}, displaced)


def _holder(one: Claim, other: Claim) -> Claim:
    """The claim that holds; of one content both claims, with the places of both."""
    best = min(one, other, key=_worth)
    if one.content != other.content:
        return best
    return best._replace(places=tuple(sorted({*one.places, *other.places})))


def _worth(claim: Claim) -> tuple[str, str]:
    return claim.rank, claim.content


def _best(claims: Iterable[Claim]) -> dict[tuple[str, str], Claim]:
    best: dict[tuple[str, str], Claim] = {}
    for claim in claims:
        key = (claim.source, claim.key)
        best[key] = _holder(best[key], claim) if key in best else claim
    return best


def _columns(projection: str, claims: Iterable[Claim]) -> Mapping[str, object]:
    claims = list(claims)
    return {
        "projection": projection,
        "sources": [claim.source for claim in claims],
        "keys": [claim.key for claim in claims],
        "ranks": [claim.rank for claim in claims],
        "contents": [claim.content for claim in claims],
        "places": [msgspec.json.encode(claim.places).decode() for claim in claims],
    }
