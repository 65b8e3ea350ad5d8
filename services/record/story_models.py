"""What the API gives and takes of a person's story beside the timeline. Times in UTC."""

from datetime import datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from schemas.about_me import Heading
from streams.story.alerts import AlertKind
from streams.story.members import Reason

# PostgreSQL holds no NUL in a text, and a text of blanks says nothing.
LONGEST_WORDS: Final = 8_000
_SAYS_SOMETHING = StringConstraints(
    strip_whitespace=True, min_length=1, max_length=LONGEST_WORDS, pattern=r"^[^\x00]+$"
)
Words = Annotated[str, _SAYS_SOMETHING]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)


class Said(_Frozen):
    """What a person says under one heading of the PRSB standard."""

    heading: Heading
    title: str
    words: str


class AboutMeVersion(_Frozen):
    """One version of what a person says of themselves; `struck`: it was a mistake."""

    said: list[Said]
    written: datetime = Field(description="when the person gave it")
    author: str | None
    source: str
    event_id: UUID
    struck: bool


class AboutMeAwaited(_Frozen):
    """Words that were written here and are not on the record yet."""

    event_id: UUID
    taken_at: datetime


class AboutMeOut(_Frozen):
    """What holds, nothing where nobody has written any, and every version, the latest first."""

    current: AboutMeVersion | None
    history: list[AboutMeVersion]
    awaited: AboutMeAwaited | None = Field(None, description="newer words that are on their way")

    @property
    def newest(self) -> UUID | None:
        """The version that a new one replaces, whether it can be read yet or not."""
        newest = self.awaited or self.current
        return newest.event_id if newest else None


# What a first version is made from.
NO_VERSION: Final = "nothing"


class AboutMeIn(_Frozen):
    """A new version, whole: a heading that is left out says nothing any more."""

    said: dict[Heading, Words]
    made_from: UUID | Literal["nothing"] | None = Field(
        None,
        description="`event_id` of the version that was read before this one was written, `nothing`"
        " where there was none: 409 where another one is the newest by now. Without it no version"
        " is looked for.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> "AboutMeIn":
        if not self.said:
            raise ValueError("say something under one heading at least")
        return self


class AboutMeTaken(_Frozen):
    """The new version was taken in; it is on the record within moments."""

    event_id: UUID
    outcome: str


class MemberOut(_Frozen):
    """Somebody who is involved with the person now."""

    name: str
    is_organisation: bool
    roles: list[str]
    teams: list[str]
    organisation: str | None
    contact: list[str] = Field(description="telephone numbers and addresses")
    since: datetime | None
    reason: Reason
    why: str = Field(description="the reason in words")
    sources: list[str]
    event_ids: list[UUID]


class CareTeamOut(_Frozen):
    """Everybody who is involved, and the one to ask first."""

    named_contact: MemberOut | None
    members: list[MemberOut]


class AlertOut(_Frozen):
    """One thing that everybody must know of the person."""

    kind: AlertKind
    words: str
    detail: str | None
    since: datetime | None
    author: str | None
    source: str
    event_id: UUID


class GoalOut(_Frozen):
    """What the person wants to reach."""

    words: str
    status: str | None
    achievement: str | None
    due: str | None
    source: str
    event_id: UUID


class ActivityOut(_Frozen):
    """One thing that a plan is made of."""

    words: str
    status: str | None
    who: str | None


class PlanOut(_Frozen):
    """A care plan with its goals and activities."""

    title: str
    detail: str | None
    status: str | None
    in_force: bool
    since: datetime | None
    until: datetime | None
    author: str | None
    goals: list[GoalOut]
    activities: list[ActivityOut]
    source: str
    event_id: UUID


class PlansOut(_Frozen):
    """Plans, those in force first, and the goals that no plan names."""

    plans: list[PlanOut]
    goals: list[GoalOut]


class AnswerOut(_Frozen):
    """What the person answered once."""

    words: str
    at: datetime
    author: str | None
    source: str
    sector: str
    event_id: UUID


class QuestionOut(_Frozen):
    """A question that the person has answered, with every answer, the latest first."""

    words: str
    answers: list[AnswerOut]


class AttachmentOut(_Frozen):
    """One form of a document."""

    media_type: str | None
    title: str | None
    url: str | None


class DocumentOut(_Frozen):
    """A document about the person; `struck`: mistaken, deleted, cancelled or replaced."""

    title: str
    kind: str | None
    written: datetime
    author: str | None
    status: str | None
    attachments: list[AttachmentOut]
    source: str
    event_id: UUID
    struck: bool
    replaced_by: UUID | None
