"""A request's body, up to a limit: a door that reads without end is no door."""

from fastapi import Request


class TooLarge(Exception):
    """The body is larger than `limit` bytes; what was read of it is dropped."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"larger than {limit} bytes")
        self.limit = limit


async def body_of(request: Request) -> bytes:
    """The whole body. Raises TooLarge as soon as that is sure."""
    limit: int = request.app.state.settings.max_message_bytes
    promised = request.headers.get("content-length", "")
    if promised.isdecimal() and int(promised) > limit:
        raise TooLarge(limit)
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise TooLarge(limit)
        parts.append(part)
    return b"".join(parts)
