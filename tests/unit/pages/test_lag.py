"""A board says when what it shows lags behind what has arrived."""

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from services.pages.board import Lag
from services.pages.lag import LOOK_EVERY_S, Progress, Watch, is_behind
from streams.runtime.progress import Reached


def progress(intake: tuple[int, int], flow: tuple[int, int]) -> Progress:
    return {"intake": {0: Reached(*intake)}, "flow": {0: Reached(*flow)}}


QUIET = progress((10, 10), (20, 20))


@pytest.mark.parametrize(
    ("before", "now", "behind"),
    [
        ({}, progress((0, 10), (0, 0)), False),  # nothing to compare with yet
        (QUIET, QUIET, False),
        (QUIET, progress((10, 90), (20, 20)), False),  # just arrived
        (progress((10, 90), (20, 20)), progress((50, 99), (20, 20)), True),
        (progress((10, 10), (20, 30)), progress((10, 10), (20, 30)), True),
        (progress((10, 90), (20, 20)), progress((90, 200), (20, 60)), False),
    ],
)
def test_it_is_behind_when_what_was_there_before_is_still_not_done(
    before: Progress, now: Progress, behind: bool
) -> None:
    assert is_behind(before, now) is behind


async def test_nobody_waits_for_the_look() -> None:
    clock = [0.0]
    told = [QUIET, progress((10, 11), (20, 20)), progress((10, 11), (20, 20))]

    async def reached() -> Progress:
        return told.pop(0)

    watch = Watch(reached, lambda: clock[0])
    seen = []
    for _ in range(4):
        seen.append(watch.lag())
        await asyncio.sleep(0)
        clock[0] += LOOK_EVERY_S
        if not told:
            break
    assert [*seen, watch._lag] == [Lag.NONE, Lag.NONE, Lag.NONE, Lag.BEHIND]


async def test_what_cannot_be_told_is_said_to_be_unknown() -> None:
    async def reached() -> Progress:
        raise KafkaConnectionError

    watch = Watch(reached)
    await watch.look()
    assert watch.lag() is Lag.UNKNOWN
