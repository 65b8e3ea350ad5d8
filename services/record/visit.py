"""A stored stay, as much of it as a caseload is made of. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from streams.flow.stay import Segment


class Visit(NamedTuple):
    """A stored stay that goes on, or that ended lately. `told_at`: when it was last heard of."""

    source: str
    visit: str
    status: str
    setting: str
    provider: str
    admitted_at: datetime | None
    discharged_at: datetime | None
    told_at: datetime
    segments: Sequence[Segment]
