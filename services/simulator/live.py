"""Messages at a pace that people can watch: the past at once, the rest faster than life."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime

from services.simulator.messages import Message
from services.simulator.simulation import Simulation

Clock = Callable[[], datetime]
Sleep = Callable[[float], Awaitable[None]]


async def live(
    simulation: Simulation, rate: float, backlog_until: datetime, now: Clock, sleep: Sleep
) -> AsyncIterator[Message]:
    """The messages in order: those up to `backlog_until` at once, later ones `rate` times as fast.

    `now` gives the aware time of day; no message comes before its own time, since one from the
    future would be doubted. So begin some days back: the pace is that of life once caught up.
    `sleep` waits for seconds. `rate` is simulated seconds a second, above 0.
    """
    before = backlog_until
    for message in simulation.messages:
        pause = (message.at - before).total_seconds() / rate
        early = (message.at - now()).total_seconds()
        if max(pause, early) > 0:
            await sleep(max(pause, early))
        before = max(before, message.at)
        yield message
