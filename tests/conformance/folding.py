"""The fold of visits, batch after batch, with a memory in the place of the database."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from itertools import chain

from schemas.errors import Reject
from schemas.events import CareEvent
from streams.flow.accounts import moves_by_visit
from streams.flow.changes import Account
from streams.flow.facts import Change, VisitFact, VisitKey
from streams.flow.numbers import Statement, homes
from streams.flow.plan import Known, Leaving, plan
from streams.flow.stay import Stay
from streams.flow.work import work_of
from streams.intake.read import Limits, read
from streams.runtime.message_keys import Claim, content_of
from tests.conformance.scenario import Sent

LIMITS = Limits(max_bytes=1_000_000, max_depth=64)


class Folding:
    """The stays as batch after batch of messages changes them, in memory."""

    def __init__(self, at: datetime) -> None:
        self.at, self.clock = at, 0
        self.events: dict[str, CareEvent] = {}
        self.stays: dict[VisitKey, Stay] = {}
        self._known: dict[VisitKey, Known] = {}
        self._statements: frozenset[Statement] = frozenset()
        self._held: dict[tuple[str, str], Claim] = {}
        self._accounts: set[tuple[Account, VisitKey]] = set()
        self._moved: list[tuple[Account, Change]] = []

    def arrive(self, batch: Iterable[Sent]) -> None:
        """Take the messages of one batch in, as `streams.flow.projector` does with a database."""
        events = list(self._read(batch))
        self.clock += 1
        self.events.update({event.id: event for event in events})
        work = work_of(events)
        displaced = list(self._displaced(work.claims))
        before, self._statements = self._statements, self._statements | work.statements
        self._accounts |= work.accounts
        self._moved += work.moved
        moves = moves_by_visit(self._accounts, self._moved)
        arriving: dict[VisitKey, list[VisitFact]] = {}
        for key, facts in chain(work.facts.items(), moves.items()):
            for fact in facts:
                if not self._is_withheld(key, fact):
                    home = self.home_of(key) if isinstance(fact, Change) else key
                    arriving.setdefault(home, []).append(fact)
        leaving = [*_leaving(before, self._statements), *displaced]
        keys = {*arriving, *(key for one in leaving for key in one.keys)}
        stored = {key: self._known.get(key, Known(0, [])) for key in keys}
        for row in plan(arriving, stored, self.clock, leaving):
            self._known[row.key] = Known(row.revision + 1, row.facts)
            self.stays[row.key] = row.stay

    def home_of(self, key: VisitKey) -> VisitKey:
        """The visit that a number leads to."""
        found = homes(self._statements)
        return VisitKey(key.source, found.get((key.source, key.visit), key.visit))

    def _displaced(self, claims: Iterable[Claim]) -> Iterator[Leaving]:
        """What does not count any more, because another content holds its message key now."""
        for claim in claims:
            key = (claim.source, claim.key)
            was = self._held.setdefault(key, claim)
            self._held[key] = min(was, claim, key=lambda one: (one.rank, one.content))
            if self._held[key].content != was.content:
                for visit in was.places:
                    home = self.home_of(VisitKey(was.source, visit))
                    yield Leaving(home, None, key=was.key, content=was.content)

    def _is_withheld(self, key: VisitKey, fact: VisitFact) -> bool:
        held = self._held.get((key.source, fact.key)) if isinstance(fact, Change) else None
        return held is not None and held.content != content_of(fact.version)

    def _read(self, batch: Iterable[Sent]) -> Iterator[CareEvent]:
        for message in batch:
            if message.is_kept:
                with suppress(Reject):
                    yield from read(message.received(self.at), LIMITS)


def _leaving(before: frozenset[Statement], now: frozenset[Statement]) -> Iterator[Leaving]:
    was = homes(before)
    for (source, number), home in sorted(homes(now).items()):
        old = was.get((source, number), number)
        if old != home:
            yield Leaving(VisitKey(source, old), VisitKey(source, home), number=number)
