"""One answer for all who ask the same, and a mark for each page that shows another."""

import asyncio

import pytest
from sqlalchemy.exc import OperationalError

from services.pages.live import Changes
from services.pages.shared import OLDEST_S, Shared


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


class Counted:
    """Makes 1, 2, 3 ..., each after a moment."""

    def __init__(self) -> None:
        self.made = 0

    async def __call__(self) -> int:
        self.made += 1
        made = self.made
        await asyncio.sleep(0)
        return made


async def test_many_who_ask_at_once_get_one_answer() -> None:
    shared, make = Shared[int](), Counted()
    assert await asyncio.gather(*(shared.get("a", make) for _ in range(20))) == [1] * 20
    assert await shared.get("b", make) == 2


async def test_an_answer_is_not_kept_longer_than_the_clock_allows() -> None:
    clock, make = Clock(), Counted()
    shared = Shared[int](clock)
    assert await shared.get("a", make) == 1
    clock.at += OLDEST_S
    assert await shared.get("a", make) == 2


async def test_a_failure_is_everybodys_once_and_nobodys_after() -> None:
    shared = Shared[int]()

    async def fail() -> int:
        await asyncio.sleep(0)
        raise OSError

    async def one() -> None:
        with pytest.raises(OSError):  # noqa: PT011 (any of it)
            await shared.get("a", fail)

    await asyncio.gather(one(), one())
    assert await shared.get("a", Counted()) == 1


async def test_who_goes_away_does_not_take_the_answer_with_them() -> None:
    shared, make = Shared[int](), Counted()
    first = asyncio.ensure_future(shared.get("a", make))
    second = asyncio.ensure_future(shared.get("a", make))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == 1


async def test_a_page_hears_the_mark_at_once_and_each_change() -> None:
    marks = iter(["1", "1", "2"])

    async def mark() -> str:
        return next(marks, "2")

    heard = Changes(mark).heard()
    assert [await anext(heard), await anext(heard)] == [
        {"event": "mark", "data": "1"},
        {"event": "mark", "data": "2"},
    ]


async def test_what_cannot_be_looked_at_is_not_told() -> None:
    async def away() -> str:
        raise OperationalError("select", {}, OSError())

    assert await Changes(away).look() is None


async def test_nobody_listens_to_a_process_that_is_about_to_stop() -> None:
    async def mark() -> str:
        return "1"

    changes = Changes(mark)
    heard = changes.heard()
    assert await anext(heard)
    changes.end()
    assert [told async for told in heard] == []
