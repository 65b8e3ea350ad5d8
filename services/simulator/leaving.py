"""The way out of a bed: ready to leave, by which pathway, and what it waits for."""

from collections.abc import Generator
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import simpy

from schemas.times import london_date
from services.simulator import needs
from services.simulator.ledger import Delay, Ready
from services.simulator.rhythm import london, long_tailed
from services.simulator.visits import Visit
from services.simulator.world import World

Steps = Generator[simpy.Event, None, None]

REASONS = ("care-package", "assessment", "medicines", "transport", "care-home-place")
PATHWAYS = ("0", "1", "2", "3")
_NO_PATHWAY = "unknown"
_PATHWAY_WEIGHTS = (45, 30, 15, 10)
_DELAYED_SHARE, _WORSE_SHARE, _MISTAKE_SHARE, _CLOSED_SHARE = 0.6, 0.15, 0.04, 0.6
_NO_REASON_SHARE, _SECOND_REASON_SHARE, _OTHER_PATHWAY_SHARE = 0.2, 0.35, 0.3
_LONGEST_WAIT_DAYS = 25.0
_FIRST_HOURS = timedelta(hours=6)
_NOON = 12 * 60


def expected_end(visit: Visit, leaves_at: datetime, guess: int) -> datetime:
    """When the ward expects somebody to leave: a noon (UTC moment) near when they will.

    `guess` numbers the ward's guesses: each is made anew.
    """
    rng = Random(f"{visit.visit}/expected/{guess}")
    day = london_date(leaves_at) + timedelta(days=rng.choice((-1, 0, 0, 0, 1, 2)))
    return london(day, _NOON, 0)


def begin(world: World, visit: Visit, leaves_at: datetime) -> None:
    """Set going what becomes of somebody in a bed whom the ward lets go at `leaves_at`."""
    rng = Random(f"{visit.visit}/leaving")
    wait = timedelta(days=long_tailed(rng, 1.8, 0.9, _LONGEST_WAIT_DAYS))
    ready_at = max(
        world.now + _FIRST_HOURS, leaves_at - timedelta(seconds=int(wait.total_seconds()))
    )
    if rng.random() < _DELAYED_SHARE and ready_at < leaves_at - _FIRST_HOURS:
        world.clock.process(_leaving(world, visit, (ready_at, leaves_at), rng))


def _leaving(world: World, visit: Visit, times: tuple[datetime, datetime], rng: Random) -> Steps:
    """Ready at the first time, gone at the second; some get worse in between."""
    ready_at, leaves_at = times
    yield world.reach(ready_at)
    way = _WayOut(world, visit, rng)
    if rng.random() < _MISTAKE_SHARE:
        yield from way.taken_for_ready()
    way.is_ready()
    third = (leaves_at - world.now) / 3
    if third > _FIRST_HOURS and rng.random() < _WORSE_SHARE:
        yield world.reach(world.now + third)
        way.ends()
        yield world.reach(world.now + third)
        way.is_ready()
    yield world.reach(leaves_at)
    if rng.random() < _CLOSED_SHARE:
        way.ends()


class _WayOut:
    """What a ward says of the way out of one person, and what of it is so now."""

    def __init__(self, world: World, visit: Visit, rng: Random) -> None:
        self.world, self.visit, self.rng = world, visit, rng
        self.pathway = rng.choices(PATHWAYS, _PATHWAY_WEIGHTS)[0]
        self.waits = rng.random() >= _NO_REASON_SHARE
        self.told_pathway = ""
        self.open: dict[str, tuple[str, datetime]] = {}

    def is_ready(self) -> None:
        """No longer meets the criteria to reside."""
        if self.told_pathway and self.rng.random() < _OTHER_PATHWAY_SHARE:
            self.pathway = self.rng.choice(PATHWAYS)
        number = self._say("ready")
        ready = Ready(self.visit.visit, self.world.now, self.pathway)
        self.world.ledger.ready[number] = ready
        if self.pathway != self.told_pathway:
            self._say(f"pathway-{self.pathway}")
            self.told_pathway = self.pathway
        if self.waits:
            several = 1 + (self.rng.random() < _SECOND_REASON_SHARE)
            for reason in self.rng.sample(REASONS, several):
                delay = Delay(self.visit.visit, reason, self.world.now)
                self.world.ledger.delays[self._say(f"delay-{reason}")] = delay

    def ends(self) -> None:
        """Meets the criteria again, or is gone; the pathway stays as it was said."""
        ledger, now = self.world.ledger, self.world.now
        for number, (code, since) in list(self.open.items()):
            if code.startswith("pathway-"):
                continue
            del self.open[number]
            self._publish(number, code, (since, now), "inactive")
            if number in ledger.ready:
                ledger.ready[number] = replace(ledger.ready[number], until=now)
            if number in ledger.delays:
                ledger.delays[number] = replace(ledger.delays[number], until=now)

    def taken_for_ready(self) -> Steps:
        """Said of the wrong person, and taken back within the hour; until then it holds."""
        number = self._say("ready")
        _, since = self.open.pop(number)
        self.world.ledger.ready[number] = Ready(self.visit.visit, since, _NO_PATHWAY)
        yield self.world.clock.timeout(self.rng.randrange(600, 3600))
        del self.world.ledger.ready[number]
        self._publish(number, "ready", (since, None), "entered-in-error")

    def _say(self, code: str) -> str:
        number = self.world.number(self.visit.source, "D")
        self.open[number] = code, self.world.now
        self._publish(number, code, (self.world.now, None), "active")
        return number

    def _publish(
        self, number: str, code: str, times: tuple[datetime, datetime | None], status: str
    ) -> None:
        visit = self.visit
        subject = self.world.subject(visit.source, visit.person)
        flag = needs.discharge_flag(number, subject, visit, code, times, status)
        self.world.publish(visit.source, flag)
