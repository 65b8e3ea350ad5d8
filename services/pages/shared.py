"""One answer for everybody who asks the same of the same state: many boards are open at once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

# Answers move with the clock too, which no change tells of.
OLDEST_S = 5.0


class Shared(Generic[Answer]):
    """Answers by question; one that is being worked out is waited for, not worked out twice."""

    def __init__(self, now: Callable[[], float] = monotonic) -> None:
        self._now = now
        self._made: dict[Hashable, tuple[float, asyncio.Future[Answer]]] = {}

    async def get(self, question: Hashable, make: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer, made where nobody has it. Raises what making it raises."""
        self._forget()
        held = self._made.get(question)
        if held is None:
            # A task of its own: whoever asked first may go away, and others still wait.
            held = (self._now(), asyncio.ensure_future(make()))
            self._made[question] = held
        try:
            return await asyncio.shield(held[1])
        except Exception:
            self._made.pop(question, None)
            raise

    def _forget(self) -> None:
        oldest = self._now() - OLDEST_S
        self._made = {q: held for q, held in self._made.items() if held[0] > oldest}
