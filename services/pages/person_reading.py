"""What the page of a person is made of, by the record's own reads: each is decided and audited."""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.viewer import Viewer
from services.record import reading, story
from services.record.models import Person, StayOut, TimelinePage
from services.record.narrowing import Narrowing
from services.record.referrals import ReferralOut
from services.record.story_models import (
    AboutMeOut,
    AlertOut,
    CareTeamOut,
    PlansOut,
    QuestionOut,
)
from services.record.unknown import known

# As many lines as one reads before going on; the rest is a link away.
LINES = 50


class Story(NamedTuple):
    """All that stands above the timeline."""

    about_me: AboutMeOut
    team: CareTeamOut
    referrals: list[ReferralOut]
    plans: PlansOut
    asked: list[QuestionOut]
    stays: list[StayOut]


class Known(NamedTuple):
    """Who it is, what everybody must know of them, and a part of their timeline."""

    person: Person
    alerts: list[AlertOut]
    timeline: TimelinePage


async def known_of(
    database: AsyncEngine, viewer: Viewer, person: UUID, to: Narrowing, after: str | None
) -> Known:
    """Who the person is. Raises Refused, also where nobody knows them."""
    return Known(
        known(await reading.person_for(database, viewer, person)),
        known(await story.alerts_for(database, viewer, person, None)),
        known(
            await reading.timeline_for(database, viewer, person, to=to, after=after, limit=LINES)
        ),
    )


async def story_of(database: AsyncEngine, viewer: Viewer, person: UUID) -> Story:
    """The person's story. Raises Refused, also where nobody knows them."""
    return Story(
        known(await story.about_me_for(database, viewer, person, None)),
        known(await story.care_team_for(database, viewer, person, None)),
        known(await reading.referrals_for(database, viewer, person)),
        known(await story.plans_for(database, viewer, person, None)),
        known(await story.asked_for(database, viewer, person, None, None)),
        known(await reading.stays_for(database, viewer, person)),
    )
