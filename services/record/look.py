"""One look at a person's record: a transaction with its audit, for a denial too."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.audit import note
from services.access.problems import ensure
from services.access.rules import Decision, Relationship, may_view_record, relationship_of
from services.access.viewer import Role, Viewer
from streams.identity.read import Membership, ids_of, keys_of, membership


def record_of(
    database: AsyncEngine, viewer: Viewer, person: UUID, view: str
) -> AbstractAsyncContextManager[AsyncConnection]:
    """The transaction of a look by the rule for records. Raises Refused as `deciding` does."""
    return deciding(database, viewer, person, view, may_view_record)


@asynccontextmanager
async def deciding(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    view: str,
    rule: Callable[[Viewer, Relationship], Decision],
) -> AsyncIterator[AsyncConnection]:
    """The transaction of one look, its audit written. Raises Refused once a denial is stored."""
    async with database.begin() as tx:
        decision = rule(viewer, await relationship(tx, viewer, person))
        await note(tx, viewer, view, person, decision.allowed)
        if decision.allowed:
            yield tx
            return
    ensure(decision)


async def relationship(tx: AsyncConnection, viewer: Viewer, person: UUID | None) -> Relationship:
    """How the viewer stands to the person, by any of the person's ids."""
    ids = [person]
    if viewer.role is Role.PERSON and person is not None:
        ids += await ids_of(tx, person)
    found = {relationship_of(viewer, each) for each in ids}
    return Relationship.SELF if Relationship.SELF in found else relationship_of(viewer, person)


async def who_is(
    tx: AsyncConnection, viewer: Viewer, person: UUID, as_known_at: datetime | None = None
) -> Membership | None:
    """Whom any id that a person ever had names, with the identities that they are, or were then.

    None where nobody has it. Who looks at their own past sees nothing of whom they were taken for.
    """
    who = await membership(tx, person, as_known_at)
    if who is None or as_known_at is None or viewer.role is not Role.PERSON:
        return who
    now = frozenset(await keys_of(tx, person))
    return who._replace(keys=[key for key in who.keys if key in now])
