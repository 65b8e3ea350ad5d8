"""What the API of breaking the glass takes and gives. Times in UTC."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.record.story_models import Words


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class GlassReason(StrEnum):
    """Why somebody has to look whom nothing ties to the person."""

    EMERGENCY = "emergency"
    DIRECT_CARE = "direct-care"
    SAFEGUARDING = "safeguarding"
    LEGAL_DUTY = "legal-duty"


class BreakGlassIn(_Frozen):
    """Why the glass is broken: a code, and in words."""

    reason: GlassReason
    text: Words


class BrokenGlass(_Frozen):
    """The viewer may look now, and until when."""

    break_glass_id: UUID
    person_id: UUID
    until: datetime = Field(description="from then on the glass is whole again")


class Broken(_Frozen):
    """A glass that the viewer broke and that is not whole yet: why, and until when."""

    reason: GlassReason
    text: str = Field(validation_alias="words")
    until: datetime


class Finding(StrEnum):
    """What a review found."""

    JUSTIFIED = "justified"
    NOT_JUSTIFIED = "not-justified"


class ReviewIn(_Frozen):
    """What a review found, and why."""

    finding: Finding
    text: Words


class BrokenGlassOut(_Frozen):
    """Who broke the glass, of whom, why, and what was found of it."""

    break_glass_id: UUID
    person_id: UUID
    person_name: str | None = Field(None, description="whose record, as far as it is known")
    person_born: str | None = None
    viewer: str
    name: str
    role: str
    org: str
    reason: GlassReason
    text: str = Field(validation_alias="words")
    at: datetime = Field(validation_alias="known_at")
    until: datetime
    reviewed_at: datetime | None
    reviewed_by: str | None
    finding: Finding | None
    review_text: str | None = Field(validation_alias="review_words")


class BrokenGlassPage(_Frozen):
    """Part of who broke the glass, oldest first; `next` is the `after` of the part behind it."""

    broken: list[BrokenGlassOut]
    total: int = Field(description="over all pages")
    next: str | None
