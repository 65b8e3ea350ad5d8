"""What the API tells of a figure that is explained."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from services.operations.models import Answer, Frozen, Restated


class CountedStays(Frozen):
    """How many stays one of the figures counts, and where they are listed.

    `stays` None: too few to tell. A rate's numerator and denominator are figures of their own.
    """

    figure: str
    stays: int | None
    href: str = Field(description="for those who may see records")


class Doubt(Frozen):
    """How many of the stays have times that are inferred, a conflict, or another such flag."""

    flag: str
    stays: int | None = Field(description="None: too few to tell")


class Changed(Frozen):
    """The event that changed a figure last, as far as stays changed it."""

    known_at: datetime = Field(description="when that was stored")
    event_id: UUID = Field(description="GET /api/events/{event_id} gives the original")
    kind: str = Field(description="Encounter, or an HL7 v2 trigger: ADT^A01")
    source: str
    recorded: datetime = Field(description="when the source wrote it")
    received: datetime = Field(description="when it came to our door")


class Difference(Restated):
    """The figures by what is known now, and what made the difference since then."""

    stays: int | None = Field(description="how many are counted otherwise; None: too few to tell")
    events: list[UUID] = Field(description="the first of the events that changed them")


class Explained(Frozen):
    """A figure with all that it is made of.

    `changed`: None where no stay is in it, and none left it lately.
    """

    answer: Answer
    behind: list[CountedStays]
    doubts: list[Doubt]
    changed: Changed | None
    restated: Difference | None = Field(None, description="with `as_known_at`")
