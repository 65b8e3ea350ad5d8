"""One look at a person's record: a transaction with its audit, for a denial too."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.audit import note
from services.access.problems import ensure
from services.access.rules import Decision, may_view_record, relationship_of
from services.access.viewer import Viewer


def record_of(
    database: AsyncEngine, viewer: Viewer, person: UUID, view: str
) -> AbstractAsyncContextManager[AsyncConnection]:
    """The transaction of a look by the rule for records. Raises Refused as `deciding` does."""
    decision = may_view_record(viewer, relationship_of(viewer, person))
    return deciding(database, viewer, person, view, decision)


@asynccontextmanager
async def deciding(
    database: AsyncEngine, viewer: Viewer, person: UUID, view: str, decision: Decision
) -> AsyncIterator[AsyncConnection]:
    """The transaction of one look, its audit written. Raises Refused once a denial is stored."""
    async with database.begin() as tx:
        await note(tx, viewer, view, person, decision.allowed)
        if decision.allowed:
            yield tx
            return
    ensure(decision)
