"""Tells those who follow a record that it has changed: one look at what is stored for all of them.

Nobody hears of a change that is withheld from them, and nothing that they hear moves by it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import NamedTuple
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.times import EPOCH
from services.access.rules import may_view_record
from services.access.viewer import Viewer
from services.logs import where
from services.record.changes import Behind, Change, Part, What, told_of
from services.record.changes_storage import LATE, behind, changed, changed_of
from services.record.look import standing_towards
from services.record.ties import Stance, stances_of
from streams.identity.read import Membership, membership
from streams.runtime.retry import is_the_world, wait_s

log = structlog.get_logger()

LOOK_EVERY_S = 0.2
# Under load looks come less often: they take no more than this part of the time, while that can be.
SHARE = 0.2
LONGEST_REST_S = 1.0
LONGEST_PAUSE_S = 5.0
# Many may come at once, as after a restart: the look is not to wait for a connection behind them.
COME_AT_ONCE = 3
# Who hears nothing for longer takes it that the service is gone.
TELL_EVERY_S = 10.0
# Of what ends a relationship nobody tells: time does, or a fact about somebody else.
DECIDE_EVERY_S = 10.0
# Then one asks again, and is asked again who one is.
LISTEN_FOR_S = 300.0
# What has not been looked at for longer is not known to be as it was.
FRESH_S = 5.0

# What is known from then on is nothing that is there.
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)

Holds = Callable[[], Awaitable[bool]]


class Told(NamedTuple):
    """What one is told of a record: the parts that changed, if any, until the moment `mark`."""

    mark: str
    parts: tuple[Part, ...] = ()


@dataclass(eq=False)
class Follower:
    """Somebody who follows a record. `due`: what is not decided yet, and since when it is there."""

    viewer: Viewer
    person: UUID
    names: frozenset[str] = frozenset()
    due: dict[Change, float] = field(default_factory=dict)
    parts: set[Part] = field(default_factory=set)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    is_over: bool = False

    def hit_by(self, changes: Collection[Change]) -> None:
        """Let the changes be decided on."""
        for change in changes:
            self.due.setdefault(change, monotonic())

    def decide(self, changes: Collection[Change], found: Stance, made: Behind) -> None:
        """Take what may be told of these changes; all is over for who may not look any more."""
        if not may_view_record(self.viewer, standing_towards(found)).allowed:
            self.is_over = True
        patience_ends = monotonic() - LATE.total_seconds()
        decided = {c for c in changes if not made.is_awaited(c)}
        given_up = {c for c in changes if self.due.get(c, patience_ends) <= patience_ends}
        for change in decided | given_up:
            self.due.pop(change, None)
        self.parts |= told_of(decided, found.withheld, made)
        if self.parts or self.is_over:
            self.woken.set()

    def take(self) -> tuple[Part, ...]:
        """The parts to be told, which are then told."""
        self.woken.clear()
        parts, self.parts = self.parts, set()
        return tuple(sorted(parts))


class Following:
    """All who follow records in this process. It looks only while there is somebody."""

    def __init__(self, database: AsyncEngine) -> None:
        self._database = database
        self._followers: set[Follower] = set()
        self._by_name: dict[str, set[Follower]] = {}
        self._until: tuple[datetime, datetime] | None = None
        self._seen: frozenset[Change] = frozenset()
        self._mark, self._looked_at, self._decided_at = "", float("-inf"), float("-inf")
        self._looking: asyncio.Task[None] | None = None
        self._beginning, self._coming = asyncio.Lock(), asyncio.Semaphore(COME_AT_ONCE)
        self._ended = asyncio.Event()

    def end(self) -> None:
        """Let everybody go: the process is about to stop, and another one is there."""
        self._ended.set()
        for follower in self._followers:
            follower.woken.set()

    async def close(self) -> None:
        """End, and wait until nothing is being looked at."""
        self.end()
        if self._looking is not None:
            await self._looking

    async def told(
        self, viewer: Viewer, person: UUID, since: datetime, holds: Holds
    ) -> AsyncIterator[Told]:
        """What changes of a record that a viewer may look at, and now and then that nothing did.

        At first what has changed since a moment. It ends after a while, and when the viewer may
        not look any more: `holds` says whether they still are who they said.
        """
        follower = Follower(viewer, person)
        try:
            await self._begin(follower)
            await self._catch_up(follower, since)
            async with aclosing(self._heard(follower, holds)) as heard:
                async for told in heard:
                    yield told
        except Exception as error:
            _report(error)
        finally:
            self._leave(follower)

    async def _heard(self, follower: Follower, holds: Holds) -> AsyncGenerator[Told, None]:
        """Word that nothing changed comes by the clock alone: what is withheld must not move it."""
        ends, tell_at = monotonic() + LISTEN_FOR_S, monotonic()
        while monotonic() < ends and not self._ended.is_set():
            parts = follower.take()
            if follower.is_over or not await holds():
                return
            if parts or (monotonic() >= tell_at and self._is_fresh()):
                yield Told(self._mark, parts)
            if parts or monotonic() >= tell_at:
                tell_at = monotonic() + TELL_EVERY_S
            with suppress(TimeoutError):
                left = max(0.0, min(tell_at, ends) - monotonic())
                await asyncio.wait_for(follower.woken.wait(), left)

    async def _begin(self, follower: Follower) -> None:
        """Look, where nobody does: what is stored from here on will be seen."""
        self._followers.add(follower)
        async with self._beginning:
            if self._looking is None or self._looking.done():
                async with self._database.connect() as tx:
                    found = await changed(tx, _NEVER)
                self._until, self._seen = (found.until, found.until), found.changes
                self._noted(found.at)
                self._looking = asyncio.create_task(self._look_on())

    async def _catch_up(self, follower: Follower, since: datetime) -> None:
        """Decide on what has changed of one record since a moment, however late it was seen."""
        async with self._coming, self._database.connect() as tx:
            who = await membership(tx, follower.person)
            if who is None:
                follower.is_over = True
                return
            self._name(follower, who)
            begun = max(since, EPOCH) - LATE
            follower.hit_by(await changed_of(tx, follower.person, who.keys, begun))
            await self._decide(tx, [follower])

    async def _look_on(self) -> None:
        tries = 0
        while self._followers and not self._ended.is_set():
            began = monotonic()
            try:
                await self._look()
                tries = 0
            except Exception as error:
                _report(error)
                tries += 1
            rest_s = min((monotonic() - began) / SHARE, LONGEST_REST_S)
            pause_s = wait_s(tries, LONGEST_PAUSE_S) if tries else max(LOOK_EVERY_S, rest_s)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ended.wait(), pause_s)

    async def _look(self) -> None:
        """See what is new of everybody, and decide for those whom it is about who is told."""
        assert self._until is not None  # noqa: S101 (nobody looks on who has not begun)
        before, last = self._until
        async with self._database.connect() as tx:
            found = await changed(tx, before)
            self._hit(found.changes - self._seen)
            self._until, self._seen = (last, max(last, found.until)), found.changes
            self._noted(found.at)
            is_time = monotonic() - self._decided_at >= DECIDE_EVERY_S
            await self._decide(tx, [one for one in self._followers if one.due or is_time])
            self._decided_at = monotonic() if is_time else self._decided_at

    def _hit(self, changes: Collection[Change]) -> None:
        for change in changes:
            for name in (change.subject, str(change.person)):
                for follower in self._by_name.get(name, ()):
                    follower.hit_by([change])

    async def _decide(self, tx: AsyncConnection, followers: Sequence[Follower]) -> None:
        """Who is told of what is due. How they stand is read last: it knows every fact behind."""
        due = [list(one.due) for one in followers]
        made = await behind(tx, {change for changes in due for change in changes})
        found = await stances_of(tx, [(one.viewer, one.person) for one in followers])
        for follower, changes, stance in zip(followers, due, found, strict=True):
            if any(change.what is What.IDENTITY for change in changes):
                who = await membership(tx, follower.person)
                self._name(follower, who or Membership(follower.person, ()))
            follower.decide(changes, stance, made)

    def _name(self, follower: Follower, who: Membership) -> None:
        """Know the follower by the identities that their person is now."""
        self._forget(follower)
        if follower in self._followers:
            follower.names = frozenset({*who.keys, str(who.person)})
            for name in follower.names:
                self._by_name.setdefault(name, set()).add(follower)

    def _leave(self, follower: Follower) -> None:
        self._followers.discard(follower)
        self._forget(follower)

    def _forget(self, follower: Follower) -> None:
        for name in follower.names:
            self._by_name[name].discard(follower)
            if not self._by_name[name]:
                del self._by_name[name]
        follower.names = frozenset()

    def _noted(self, at: datetime) -> None:
        self._mark, self._looked_at = at.isoformat(), monotonic()

    def _is_fresh(self) -> bool:
        return monotonic() - self._looked_at <= FRESH_S


def _report(error: Exception) -> None:
    if is_the_world(error):
        log.warning("changes-not-seen", error=type(error).__name__)
    else:
        log.error("bug", **where(error))
