"""Room for what is in work at once, in bytes, over all connections together."""

import asyncio


class Room:
    """So much and no more. What is larger than all of it takes all of it."""

    def __init__(self, size: int) -> None:
        self.size, self._used = size, 0
        self._freed = asyncio.Event()

    async def take(self, amount: int) -> None:
        """Wait until there is room for so many bytes, and take it."""
        amount = min(amount, self.size)
        while self._used + amount > self.size:
            self._freed.clear()
            await self._freed.wait()
        self._used += amount

    def give(self, amount: int) -> None:
        """Give back what was taken."""
        self._used -= min(amount, self.size)
        self._freed.set()
