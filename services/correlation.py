"""The ids that a client gives a request, given back with its answer, whatever that is.

What is written down of a request, in the audit above all, can be found again by its id.

Source: NHS Booking and Referral Standard, transactional integrity.
"""

import re
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Final, NamedTuple
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID: Final = "X-Request-ID"
CORRELATION_ID: Final = "X-Correlation-ID"
IDS: Final = (REQUEST_ID, CORRELATION_ID)
_NAMES: Final = {name.lower().encode(): name.encode() for name in IDS}

# Whatever else a client calls its request is not kept: it gets an id of ours.
_KEPT: Final = re.compile(r"[A-Za-z0-9._:~/+=-]{1,64}")

RawHeaders = Iterable[tuple[bytes, bytes]]


class Asking(NamedTuple):
    """The request that is being answered: its id, and where in the network it came from."""

    request: str | None = None
    address: str | None = None


_NOBODY: Final = Asking()
_asking: ContextVar[Asking] = ContextVar("asking")


def asking() -> Asking:
    """The request that this piece of work answers; nothing is known of it outside of any."""
    return _asking.get(_NOBODY)


def asking_of(scope: Scope) -> Asking:
    """What is kept of an HTTP request: the id that its client gave it, else a new one."""
    wanted = REQUEST_ID.lower().encode()
    said = next((value for name, value in scope["headers"] if name == wanted), b"")
    text, client = said.decode("latin-1"), scope.get("client")
    return Asking(text if _KEPT.fullmatch(text) else uuid4().hex, client[0] if client else None)


def echoed(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """The ids among a request's headers, as headers of its answer."""
    return [(_NAMES[name], value) for name, value in headers if name in _NAMES]


class Correlated:
    """Every answer of the app with the ids of its request, which its work can ask for meanwhile."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        found = echoed(scope["headers"])

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *found]}
            await send(message)

        held = _asking.set(asking_of(scope))
        try:
            await self.app(scope, receive, answer if found else send)
        finally:
            _asking.reset(held)
