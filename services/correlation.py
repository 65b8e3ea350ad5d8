"""The ids that a client gives a request, given back with its answer, whatever that is.

Source: NHS Booking and Referral Standard, transactional integrity.
"""

from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID: Final = "X-Request-ID"
CORRELATION_ID: Final = "X-Correlation-ID"
IDS: Final = (REQUEST_ID, CORRELATION_ID)
_NAMES: Final = {name.lower().encode(): name.encode() for name in IDS}

RawHeaders = Iterable[tuple[bytes, bytes]]


def echoed(headers: RawHeaders) -> list[tuple[bytes, bytes]]:
    """The ids among a request's headers, as headers of its answer."""
    return [(_NAMES[name], value) for name, value in headers if name in _NAMES]


class Correlated:
    """Every answer of the app with the ids of its request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = echoed(scope["headers"]) if scope["type"] == "http" else []

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *found]}
            await send(message)

        await self.app(scope, receive, answer if found else send)
