"""What the API tells of snapshots."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Taken(_Frozen):
    """A snapshot: when it is of, when it was taken, and when last held against what is known."""

    at: datetime
    taken_at: datetime
    checked_at: datetime
    restated: int = Field(description="how many differences were found since")


class Restatement(_Frozen):
    """A later difference, and what made it as far as that can be told."""

    known_at: datetime
    was: float
    value: float
    stays: int = Field(description="how many stays moved the figure; 0: not known")
    events: list[UUID] = Field(description="GET /api/events/{event_id} gives the original")


class Kept(_Frozen):
    """A figure as it was told, and as it is now."""

    figure: str = Field(description="as the keys of care.measures.v1: measure and dimensions")
    told: float | None = Field(description="None: there was nobody to tell of")
    value: float
    restatements: list[Restatement]


class Snapshot(Taken):
    """A snapshot with its figures."""

    figures: list[Kept]
