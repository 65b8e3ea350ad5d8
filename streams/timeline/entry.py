"""One line of a timeline."""

from datetime import datetime

import msgspec


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One line of a timeline. `slot` tells the entries of one fact apart; times are UTC."""

    slot: str
    kind: str
    title: str
    at: datetime | None = None
    until: datetime | None = None
    status: str | None = None
    place: str | None = None
    author: str | None = None
    struck: bool = False
