"""What leaves for other subscribers: notices of timelines, and figures."""

from typing import ClassVar

import msgspec


class TimelineNotice(msgspec.Struct, frozen=True):
    """A fact was stored on the timeline of the person that is the message's key.

    `event_id` is 32 hex digits: the record gives the fact to those who may see it.
    """

    event_id: str
    kind: str
    source: str


class Figure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One figure of a measure now, of the part of it that `provider` to `cohort` name.

    `unit` and `version` are the catalogue's, `figure` its name there. `value` null: there is
    nothing to take it of, or too few people to tell it. A figure of nobody any more is 0 or null.
    """

    CUTS: ClassVar = ("provider", "site", "ward", "pathway", "cohort")

    measure: str
    value: float | None
    unit: str
    figure: str = ""
    version: str = ""
    provider: str | None = None
    site: str | None = None
    ward: str | None = None
    pathway: str | None = None
    cohort: str | None = None

    def cut(self) -> dict[str, str]:
        """What it is a part of, by dimension."""
        return {name: said for name in self.CUTS if (said := getattr(self, name)) is not None}
