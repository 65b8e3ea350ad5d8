"""A hospital that sends its messages over MLLP and does not rest until each is acknowledged."""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence

from services.simulator import Message
from tests.sender import Sender, sender

CONNECTIONS, WINDOW = 4, 16
POLL_S = 0.02


class Hospital:
    """Sends without waiting for answers, and again whatever was not answered or not kept.

    `acknowledged`: the control ids that were answered AA, in that order. `sends`: how often each
    was sent.
    """

    def __init__(self, port: int, messages: Sequence[Message]) -> None:
        self.port = port
        self.acknowledged: list[str] = []
        self.sends: Counter[str] = Counter()
        self.breaks = 0
        self._all = len(messages)
        self._waiting = deque(messages)

    async def send_everything(self) -> None:
        """Return when everything is acknowledged. Raises AssertionError on a wrong answer."""
        async with asyncio.TaskGroup() as connections:
            for _ in range(CONNECTIONS):
                connections.create_task(self._connect())

    async def until_acknowledged(self, share: float) -> None:
        """Wait until so large a part of the messages is acknowledged."""
        async with asyncio.timeout(240):
            while len(self.acknowledged) < share * self._all:
                await asyncio.sleep(POLL_S)

    async def _connect(self) -> None:
        while len(self.acknowledged) < self._all:
            unanswered: deque[Message] = deque()
            try:
                async with sender(self.port) as system:
                    await self._talk(system, unanswered)
            except (OSError, asyncio.IncompleteReadError):
                self.breaks += 1
                self._waiting.extendleft(reversed(unanswered))
                await asyncio.sleep(POLL_S)

    async def _talk(self, system: Sender, unanswered: deque[Message]) -> None:
        """Until everything is acknowledged. What has no answer yet is in `unanswered`."""
        while len(self.acknowledged) < self._all:
            while self._waiting and len(unanswered) < WINDOW:
                unanswered.append(self._waiting.popleft())
                self.sends[control_of(unanswered[-1])] += 1
                await system.send(unanswered[-1].body)
            if unanswered:
                await self._listen(system, unanswered)
            else:
                await asyncio.sleep(POLL_S)

    async def _listen(self, system: Sender, unanswered: deque[Message]) -> None:
        verdict, control = await system.verdict()
        message = unanswered.popleft()
        assert control == control_of(message), "answers are not in the order of the messages"
        if verdict == "AR":
            self._waiting.append(message)
            await asyncio.sleep(POLL_S)
            return
        assert verdict == "AA", f"{control}: {verdict}"
        self.acknowledged.append(control)


def control_of(message: Message) -> str:
    """MSH-10."""
    return message.message_id.rpartition("|")[2]
