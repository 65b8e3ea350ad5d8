"""The people worked out again from the links: where the stored ones differ."""

from collections.abc import AsyncIterator

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.events import Link
from streams.identity.people import people
from streams.runtime.difference import Difference

NAME = "identity"

_IDENTITIES = text("select key, own_id, person_id from identities")
_LINKS = text("select one, other from identity_links")


async def differences(connection: AsyncConnection) -> AsyncIterator[Difference]:
    """Every identity whose person is not the one that its links give."""
    rows = (await connection.execute(_IDENTITIES)).all()
    links = [Link(*row) for row in await connection.execute(_LINKS)]
    folded = people({row.key: row.own_id for row in rows}, links)
    for row in rows:
        if folded[row.key] != row.person_id:
            yield Difference(NAME, str(row.own_id), str(row.person_id), str(folded[row.key]))
