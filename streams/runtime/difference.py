"""A row of a projection that is not what the facts say."""

from hashlib import blake2b
from typing import NamedTuple


class Difference(NamedTuple):
    """Which row, and marks of what is stored and of what the facts say. No person's data."""

    projection: str
    row: str
    stored: str
    folded: str


def mark(value: object) -> str:
    """A short mark of a content: it tells that two differ, and nothing of what they say."""
    if value is None:
        return "nothing"
    return blake2b(repr(value).encode(), digest_size=4).hexdigest()
