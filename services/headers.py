"""What every answer tells whoever receives it, unless it says otherwise itself."""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = list[tuple[bytes, bytes]]

# An answer may be about a person: nobody keeps it, frames it, runs it or learns where it came from.
_ALWAYS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_HSTS: Final = ((b"strict-transport-security", b"max-age=31536000; includeSubDomains"),)
# Its own scripts come from elsewhere; it is there in development alone.
_DESCRIBED: Final = "/docs"


def secured(headers: Headers, *, https: bool) -> Headers:
    """The headers of an answer, with each of ours that it does not have."""
    said = dict(headers)
    ours = _ALWAYS + _HSTS if https else _ALWAYS
    return [*headers, *(header for header in ours if header[0] not in said)]


class Secured:
    """Every answer of the app with the headers that all have."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self.app, self._https = app, https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = secured(message.get("headers", []), https=self._https)
                message = {**message, "headers": headers}
            await send(message)

        is_ours = scope["type"] == "http" and scope["path"] != _DESCRIBED
        await self.app(scope, receive, answer if is_ours else send)
