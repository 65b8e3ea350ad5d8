"""Identities and links in PostgreSQL, over a transaction that the caller owns."""

from collections.abc import Collection, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import CareEvent, Link
from streams.identity.people import people

# Components are worked out again by one transaction at a time: two that each saw half of a new
# component would leave it in two parts.
_LOCK = text("select pg_advisory_xact_lock(7420001)")
_ADD_IDENTITIES = text(
    "insert into identities (key, own_id, person_id)"
    " select key, id, id from (select key, gen_random_uuid() as id"
    " from unnest(cast(:keys as text[])) as key"
    " where not exists (select from identities i where i.key = key.key) order by key) as fresh"
    " on conflict do nothing"
)
_ADD_LINKS = text(
    "insert into identity_links (one, other, event_id)"
    " select * from unnest(cast(:ones as text[]), cast(:others as text[]),"
    " cast(:events as uuid[])) on conflict do nothing returning one"
)
_UNKNOWN_LINKS = text(
    "select exists (select from unnest(cast(:ones as text[]), cast(:others as text[]))"
    " as l(one, other) where not exists"
    " (select from identity_links k where k.one = l.one and k.other = l.other))"
)
_REACHED = text(
    "with recursive reach(key) as (select unnest(cast(:keys as text[])) union"
    " select n.key from reach r join lateral ("
    " select other as key from identity_links where one = r.key union all"
    " select one from identity_links where other = r.key) n on true)"
    " select i.key, i.own_id from identities i join reach using (key)"
)
_LINKS = text("select one, other from identity_links where one = any(:keys)")
_SET_PEOPLE = text(
    "update identities i set person_id = p.person_id"
    " from unnest(cast(:keys as text[]), cast(:people as uuid[])) as p(key, person_id)"
    " where i.key = p.key and i.person_id <> p.person_id"
)


async def note(tx: AsyncConnection, events: Sequence[CareEvent]) -> None:
    """Know every identity that the events name, and join those that they say are one person."""
    said = {link: event.id for event in events for link in event.links}
    keys = {event.subject for event in events if event.subject}
    keys |= {key for link in said for key in (link.one, link.other)}
    if keys:
        await tx.execute(_ADD_IDENTITIES, {"keys": sorted(keys)})
    if said:
        await _join(tx, said)


async def _join(tx: AsyncConnection, said: dict[Link, str]) -> None:
    links = sorted(said, key=lambda link: (link.one, link.other))
    values = {"ones": [link.one for link in links], "others": [link.other for link in links]}
    if not (await tx.execute(_UNKNOWN_LINKS, values)).scalar():
        return
    await tx.execute(_LOCK)
    await tx.execute(_ADD_LINKS, values | {"events": [said[link] for link in links]})
    await _work_out(tx, [key for link in links for key in (link.one, link.other)])


async def _work_out(tx: AsyncConnection, touched: Collection[str]) -> None:
    """Give every identity that the touched ones reach the person it now belongs to."""
    rows = await tx.execute(_REACHED, {"keys": sorted(set(touched))})
    own_ids = {row.key: row.own_id for row in rows}
    links = [Link(*row) for row in await tx.execute(_LINKS, {"keys": list(own_ids)})]
    found = people(own_ids, links)
    await tx.execute(_SET_PEOPLE, {"keys": list(found), "people": list(found.values())})
