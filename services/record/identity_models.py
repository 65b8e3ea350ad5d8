"""What the API of who is one person takes and gives."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from streams.identity.reviews import ReviewKind


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


# PostgreSQL holds no NUL in a text.
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00]+$", max_length=2_000)
]


class Saying(StrEnum):
    """What staff say of two identities."""

    JOIN = "join"
    PART = "part"


class LinkIn(_Frozen):
    """Two identities that are one person, or are not, and why."""

    one: UUID = Field(description="id of an identity, or of a person")
    other: UUID = Field(description="id of another one")
    kind: Saying
    reason: Reason

    @model_validator(mode="after")
    def _two(self) -> Self:
        if self.one == self.other:
            raise ValueError("give two identities")
        return self


class LinkOut(_Frozen):
    """What staff said of two identities, and what came of it."""

    link_id: UUID = Field(description="DELETE /api/people/links/{link_id} takes it back")
    one: UUID
    other: UUID
    together: bool = Field(description="whether the two are one person now")


class IdentityOut(_Frozen):
    """One name that a source has for a person."""

    identity_id: UUID = Field(description="the person may be asked for by it, always")
    person_id: UUID = Field(description="whose it is now")
    identity: str = Field(description="source and its own name, or an NHS number")


class StatementOut(_Frozen):
    """What a source, or staff, say of two identities. Times in UTC."""

    link_id: UUID
    one: UUID
    other: UUID
    kind: str = Field(description="same, merged, linked, parted, possible or deleted")
    source: str
    said_at: datetime
    known_at: datetime
    by_staff: bool
    reason: str | None
    event_id: UUID | None = Field(description="GET /api/events/{event_id}; none where staff say it")


class SideOut(_Frozen):
    """Whom some of the identities say that somebody is, as far as it is shown to the viewer."""

    side_id: UUID = Field(description="of the person, or of the one identity that it is about")
    person_id: UUID
    identities: list[IdentityOut]
    name: str | None
    birth_date: str | None = Field(description="YYYY-MM-DD, or as much of it as is known")
    sex: str | None = Field(description="FHIR administrative gender")
    nhs_number: str | None
    area: str | None = Field(description="the first half of the postcode where they live")
    records: int = Field(description="things that sources reported, in their latest state")
    sources: list[str] = Field(description="the organisations whose identities these are")


class IdentitiesOut(_Frozen):
    """Everything by which a person is known, and who says that it is one person."""

    person_id: UUID
    identities: list[IdentityOut]
    statements: list[StatementOut]
    sides: list[SideOut] = Field(description="what each identity alone says")


class PairOut(_Frozen):
    """Two identities of which it is in doubt whether they are one person."""

    one: UUID
    other: UUID


class ReviewOut(_Frozen):
    """A question for staff. Times in UTC."""

    review_id: UUID
    kind: ReviewKind
    since: datetime
    identities: list[IdentityOut]
    pairs: list[PairOut]


class FacingOut(ReviewOut):
    """A question with the people whom it is about, or the identities of one, side by side."""

    sides: list[SideOut]


class PairFacingOut(_Frozen):
    """Two identities, side by side with all that the people whom they name are known by."""

    one: IdentityOut
    other: IdentityOut
    sides: list[SideOut]


class WordOut(LinkOut):
    """What a member of staff said of two identities, and why; also where it was taken back."""

    kind: Saying
    who: str
    source: str = Field(description="the organisation where they said it")
    reason: str
    said_at: datetime
    taken_back_at: datetime | None
    taken_back_by: str | None
    identities: list[IdentityOut]


class ReviewsPage(_Frozen):
    """Part of the open questions, oldest first; `next` is the `after` of the part behind it."""

    reviews: list[ReviewOut]
    next: str | None


class Decision(StrEnum):
    """How a review may be answered."""

    JOIN = "join"
    PART = "part"
    DISMISS = "dismiss"


class AnswerIn(_Frozen):
    """The answer to a review, and why: for all of its pairs, or for the one that is named."""

    decision: Decision
    reason: Reason
    pair: PairOut | None = None


class AnsweredOut(_Frozen):
    """What came of an answer: the statements that staff made, and whether the question stays."""

    links: list[UUID]
    is_open: bool
