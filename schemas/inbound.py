"""A message as received: the bytes and what came beside them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

from schemas.identity import indexable
from schemas.times import EPOCH
from schemas.topics import ContentType, Header


class Inbound(NamedTuple):
    """One message of `care.inbound.v1`. `received` is when it came to our door, in UTC."""

    body: bytes
    source: str
    sector: str
    content_type: str
    message_id: str
    received: datetime

    def headers(self) -> list[tuple[str, bytes]]:
        """The Kafka headers that carry what is beside the body."""
        return [
            (Header.SOURCE.value, self.source.encode()),
            (Header.SECTOR.value, self.sector.encode()),
            (Header.CONTENT_TYPE.value, self.content_type.encode()),
            (Header.MESSAGE_ID.value, self.message_id.encode()),
        ]


def inbound(
    body: bytes | None, headers: Iterable[tuple[str, bytes | None]], received: datetime
) -> Inbound:
    """A record of `care.inbound.v1`; a header that is not there is empty, an id is made."""
    found = {name: header_text(value) for name, value in headers}
    body = body or b""
    return Inbound(
        body,
        found.get(Header.SOURCE.value, ""),
        found.get(Header.SECTOR.value, "unknown"),
        found.get(Header.CONTENT_TYPE.value, ContentType.FHIR),
        found.get(Header.MESSAGE_ID) or content_id(body),
        received,
    )


@lru_cache(maxsize=4_096)
def header_text(value: bytes | None) -> str:
    """A header as text that can be stored and indexed, whatever bytes it holds."""
    return indexable((value or b"").decode(errors="replace").replace("\0", "\ufffd").strip())


def received_at(timestamp_ms: int) -> datetime:
    """The moment of a record's timestamp, in UTC; 1970 where it is none that a clock shows."""
    try:
        return datetime.fromtimestamp(timestamp_ms / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return EPOCH


def content_id(body: bytes) -> str:
    """The id of a message whose publisher gave none: made from its content, 32 hex digits."""
    return blake2b(body, digest_size=16).hexdigest()
