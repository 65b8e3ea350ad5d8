"""Where a page ended, as an opaque text that a client hands back for the next one."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from http import HTTPStatus
from typing import TypeVar

import msgspec

from services.access.problems import Refused

Place = TypeVar("Place")
NUL = b"\\u0000"


def cursor_of(place: tuple[object, ...]) -> str:
    """The cursor for the place in the order where a page ended."""
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def place_of(cursor: str | None, kind: type[Place]) -> Place | None:
    """The place that a cursor stands for; None for none. Raises Refused (400) if it is not ours."""
    if cursor is None:
        return None
    try:
        said = urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4))
        if NUL in said:
            raise ValueError("PostgreSQL holds no NUL")
        return msgspec.json.decode(said, type=kind)
    except (ValueError, msgspec.DecodeError):
        detail = "`after` is not a cursor that this service gave"
        raise Refused(HTTPStatus.BAD_REQUEST, detail) from None
