"""One look at a person's record: a transaction with its audit, for a denial too."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.access.audit import note
from services.access.problems import ensure
from services.access.relationships import ANY_CARE, Standing
from services.access.rules import NO_REASON, Decision, may_view_record
from services.access.viewer import Role, Viewer
from services.access.withheld import Withheld
from services.record import storage
from services.record.stored import StoredStay
from services.record.ties import Stance, stance
from streams.identity.read import Membership, keys_of, membership

Answer = TypeVar("Answer")
# What decides, from who looks and how they stand to the person.
Rule = Callable[[Viewer, Standing], Decision]


class Look(NamedTuple):
    """The transaction of a look that is allowed, and how the viewer stands in it."""

    tx: AsyncConnection
    stance: Stance


@dataclass(frozen=True)
class Record:
    """A record while it is looked at: whose it is, as known when, and what of it is not shown.

    All that is read in it is of one transaction, which was decided and is noted.
    """

    tx: AsyncConnection
    viewer: Viewer
    stance: Stance
    who: Membership
    as_known_at: datetime | None = None
    _stays: list[Sequence[StoredStay]] = field(default_factory=list, repr=False)

    @property
    def withheld(self) -> Withheld:
        """What of it the viewer may not see."""
        return self.stance.withheld

    @property
    def at(self) -> datetime:
        """When it is looked at, by the database's clock."""
        return self.stance.at

    async def stays(self) -> Sequence[StoredStay]:
        """Every stored visit of the person, or that they ever had; read once."""
        if not self._stays:
            were = self.as_known_at is not None
            self._stays.append(await storage.stays_of(self.tx, self.who.keys, were=were))
        return self._stays[0]


async def look_at(
    database: AsyncEngine,
    viewer: Viewer,
    person: UUID,
    view: str,
    read: Callable[[Record], Awaitable[Answer]],
    as_known_at: datetime | None = None,
    rule: Rule = may_view_record,
) -> Answer | None:
    """What `read` finds in a person's record, as one look; None where nobody knows the person.

    `rule`: by which one may look, such as in order to write. Raises Refused as `deciding` does.
    """
    async with deciding(database, viewer, person, view, rule) as (tx, found):
        then = as_known_at is not None
        who = await who_is(tx, viewer, person, as_known_at) if then else found.who
        return await read(Record(tx, viewer, found, who, as_known_at)) if who else None


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
    rule: Rule,
) -> AsyncIterator[Look]:
    """One look, its audit written. Raises Refused once a denial is stored."""
    async with of_one_moment(database) as tx:
        found = await stance(tx, viewer, person)
        decision = rule(viewer, standing_towards(found))
        because = decision.because if found.is_known else NO_REASON
        await note(tx, viewer, view, person, decision.allowed, because)
        if decision.allowed:
            yield Look(tx, found)
            return
    ensure(decision)


def of_one_moment(database: AsyncEngine) -> AbstractAsyncContextManager[AsyncConnection]:
    """A transaction that sees nothing that is stored while it lasts.

    What is read in it is no newer than what was asked first: which of it may be seen.
    """
    return _of_one_moment(database).begin()


# Made once: to make it costs as much as a question.
@lru_cache(maxsize=8)
def _of_one_moment(database: AsyncEngine) -> AsyncEngine:
    return database.execution_options(isolation_level="REPEATABLE READ")


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
