"""Which identities a person is, now or as known at a past moment, by any id they ever had."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from streams.identity.people import people
from streams.identity.reach import reached
from streams.identity.statements import said_by

_NOW = text("""
select m.key, m.person_id from identities i join identities m on m.person_id = i.person_id
where i.own_id = :own_id order by m.key
""")
_IDS = text("""
select m.own_id from identities i join identities m on m.person_id = i.person_id
where i.own_id = :own_id
""")
_KEY = text("select key from identities where own_id = :own_id")


class Membership(NamedTuple):
    """A person, by the id that they have then, and the source identities that they are."""

    person: UUID
    keys: Sequence[str]


async def membership(
    tx: AsyncConnection, own_id: UUID, as_known_at: datetime | None = None
) -> Membership | None:
    """The person whose identity has that id; None where nobody has it.

    An id stays an id whatever is joined or parted: it names the person that its identity belongs
    to. What was known at a past moment is worked out from what was said by then, so that the
    answer never changes.
    """
    if as_known_at is None:
        rows = (await tx.execute(_NOW, {"own_id": own_id})).all()
        return Membership(rows[0].person_id, [row.key for row in rows]) if rows else None
    key = (await tx.execute(_KEY, {"own_id": own_id})).scalar()
    if key is None:
        return None
    around = await reached(tx, [key], as_known_at)
    person = people(around.own_ids, said_by(around.statements)).person
    return Membership(person[key], sorted(k for k, p in person.items() if p == person[key]))


async def keys_of(
    tx: AsyncConnection, own_id: UUID, as_known_at: datetime | None = None
) -> Sequence[str]:
    """The source identities of the person whose identity has that id; none for nobody."""
    found = await membership(tx, own_id, as_known_at)
    return found.keys if found else ()


async def ids_of(tx: AsyncConnection, own_id: UUID) -> Sequence[UUID]:
    """Every id by which that person may be asked for now; none for nobody."""
    return (await tx.execute(_IDS, {"own_id": own_id})).scalars().all()
