"""The people worked out again from the facts: where the stored ones differ, and the mending."""

from collections.abc import AsyncIterator, Collection
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import decode
from schemas.identity import bare_of
from streams.identity.people import people
from streams.identity.reach import statement
from streams.identity.reviews import possible_matches
from streams.identity.statements import Statement, proven_numbers, said_by, statements_of
from streams.identity.store import columns_of, know
from streams.identity.work import lock, settle
from streams.runtime.difference import Difference, mark
from streams.runtime.message_keys import WITHHELD

NAME = "identity"

_FACTS = text(
    f"select event from facts where subject is not null and event_id not in ({WITHHELD})"  # noqa: S608
)
_STATEMENTS = text("""
select event_id, number, one, other, kind, source, thread, version, said_at, who, content,
  withdrawn_at
from identity_statements
""")
_IDENTITIES = text("select key, own_id, person_id from identities")
_REVIEWS = text("select review_id, keys from identity_reviews")
_REMOVE = text("delete from identity_statements where event_id = :event_id and number = :number")
_REPLACE = text("""
insert into identity_statements as k
  (event_id, number, one, other, kind, source, thread, version, said_at, content, known_at)
select s.*, f.known_at from unnest(
  cast(:events as uuid[]), cast(:numbers as smallint[]), cast(:ones as text[]),
  cast(:others as text[]), cast(:kinds as text[]), cast(:sources as text[]),
  cast(:threads as text[]), cast(:versions as text[]), cast(:said_at as timestamptz[]),
  cast(:contents as text[])
) as s(event_id, number, one, other, kind, source, thread, version, said_at, content)
join facts f using (event_id)
on conflict (event_id, number) do update set one = excluded.one, other = excluded.other,
  kind = excluded.kind, source = excluded.source, thread = excluded.thread,
  version = excluded.version, said_at = excluded.said_at, content = excluded.content
""")


class Compared(NamedTuple):
    """What differs: statements to store and to remove, whom it concerns, and each row of it."""

    missing: list[Statement]
    extra: list[Statement]
    keys: set[str]
    rows: list[Difference]


class _Folded(NamedTuple):
    """What the facts name and say of identities."""

    keys: set[str]
    statements: dict[tuple[UUID, int], Statement]


async def compared(connection: AsyncConnection) -> Compared:
    """Every identity, statement and review that is not what facts and staff say."""
    folded = await _folded(connection)
    rows = (await connection.execute(_STATEMENTS)).all()
    stored = {(row.event_id, row.number): statement(row) for row in rows}
    said = {place: each for place, each in stored.items() if each.who is None}
    missing = [each for place, each in folded.statements.items() if said.get(place) != each]
    withdrawn = {(row.event_id, row.number) for row in rows if row.withdrawn_at is not None}
    extra = [e for place, e in said.items() if place not in folded.statements.keys() | withdrawn]
    staff = {place: each for place, each in stored.items() if each.who is not None}
    holding = [e for place, e in (folded.statements | staff).items() if place not in withdrawn]
    keys = {key for each in (*missing, *extra) for key in (each.one, each.other)}
    differing = [
        *(_of_statement(each, said.get((each.event_id, each.number)), each) for each in missing),
        *(_of_statement(each, each, None) for each in extra),
    ]
    async for key, difference in _people_that_differ(connection, folded.keys, holding):
        keys |= set(key)
        differing.append(difference)
    return Compared(missing, extra, keys, differing)


async def _folded(connection: AsyncConnection) -> _Folded:
    keys: set[str] = set()
    found: dict[tuple[UUID, int], Statement] = {}
    async with connection.stream(_FACTS) as rows:
        async for row in rows:
            event = decode(row.event)
            keys.add(event.subject or "")
            for each in statements_of(event):
                found[each.event_id, each.number] = each
                keys |= {each.one, each.other}
    return _Folded(keys | {bare for key in keys if (bare := bare_of(key))}, found)


def _of_statement(
    each: Statement, stored: Statement | None, folded: Statement | None
) -> Difference:
    return Difference(NAME, f"{each.event_id} {each.number}", mark(stored), mark(folded))


async def _people_that_differ(
    connection: AsyncConnection, named: Collection[str], statements: Collection[Statement]
) -> AsyncIterator[tuple[Collection[str], Difference]]:
    identities = {row.key: row for row in await connection.execute(_IDENTITIES)}
    for key in sorted(set(named) - set(identities)):
        yield [key], Difference(NAME, mark(key), mark(None), "an identity")
    said = said_by(statements)
    found = people({key: row.own_id for key, row in identities.items()}, said)
    for key, person in found.person.items():
        row = identities[key]
        if row.person_id != person:
            yield [key], Difference(NAME, str(row.own_id), str(row.person_id), str(person))
    possible = possible_matches(said, found.person, proven_numbers(statements))
    reviews = {review.id: review for review in found.reviews | possible}
    stored = {row.review_id: row.keys for row in await connection.execute(_REVIEWS)}
    for review in sorted(stored.keys() ^ reviews.keys()):
        known = stored.get(review) or reviews[review].keys
        yield (
            known,
            Difference(NAME, str(review), mark(stored.get(review)), mark(reviews.get(review))),
        )


async def differences(connection: AsyncConnection) -> AsyncIterator[Difference]:
    """Every row that differs."""
    for difference in (await compared(connection)).rows:
        yield difference


async def rebuild(reading: AsyncConnection, tx: AsyncConnection) -> int:
    """Put right what differs; returns how many rows that were. Own ids stay as they are."""
    await lock(tx)
    found = await compared(reading)
    await know(tx, found.keys)
    for each in found.extra:
        await tx.execute(_REMOVE, {"event_id": each.event_id, "number": each.number})
    if found.missing:
        await tx.execute(_REPLACE, columns_of(found.missing))
    if found.keys:
        await settle(tx, found.keys)
    return len(found.rows)
