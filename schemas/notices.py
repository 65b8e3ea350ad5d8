"""What leaves for other subscribers: notices of timelines, and figures."""

import msgspec


class TimelineNotice(msgspec.Struct, frozen=True):
    """A fact was stored on the timeline of the person that is the message's key.

    `event_id` is 32 hex digits: the record gives the fact to those who may see it.
    """

    event_id: str
    kind: str
    source: str


class Figure(msgspec.Struct, frozen=True):
    """The value of a measure in one ward now; `unit` is the catalogue's. 0: the ward emptied."""

    measure: str
    provider: str
    site: str
    ward: str
    value: int
    unit: str
