"""One look at a person's record: a transaction with its audit, for a denial too."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.audit import note
from services.access.problems import ensure
from services.access.relationships import ANY_CARE, Standing
from services.access.rules import Decision, may_view_record
from services.access.viewer import Role, Viewer
from services.access.withheld import Withheld
from services.record.ties import Stance, stance
from streams.identity.read import Membership, keys_of, membership


class Look(NamedTuple):
    """The transaction of a look that is allowed, and what of the record is not to be shown."""

    tx: AsyncConnection
    withheld: Withheld


def record_of(
    database: AsyncEngine, viewer: Viewer, person: UUID, view: str
) -> AbstractAsyncContextManager[Look]:
    """The look at a person's record by the rule for records. Raises Refused as `deciding` does."""
    return deciding(database, viewer, person, view, may_view_record)


@asynccontextmanager
async def deciding(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    view: str,
    rule: Callable[[Viewer, Standing], Decision],
) -> AsyncIterator[Look]:
    """One look, its audit written. Raises Refused once a denial is stored."""
    async with database.begin() as tx:
        found = await stance(tx, viewer, person)
        decision = rule(viewer, standing_towards(found))
        await note(tx, viewer, view, person, decision.allowed)
        if decision.allowed:
            yield Look(tx, found.withheld)
            return
    ensure(decision)


def standing_towards(found: Stance) -> Standing:
    """How a viewer stands; of nobody there is nothing to keep from who might see somebody's."""
    return found.standing if found.is_known else ANY_CARE


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
