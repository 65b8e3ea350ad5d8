"""What the page of a person is made of: one look, in which every part of the record is read."""

from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.relationships import Relationship
from services.access.rules import may_decide_who_is_one_person, may_edit_about_me
from services.access.viewer import Viewer
from services.record import reading, story
from services.record.broken_glass import broken_in
from services.record.broken_glass_models import Broken
from services.record.look import Record, look_at
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
    """Who it is, what everybody must know of them, and a part of their timeline.

    `at`: the moment that it is of. `broken`: the glass that the viewer broke. `story`: all that
    stands above the timeline, None where one reads further back in it. `may_edit`: whether the
    viewer may write down what the person says of themselves; `may_decide`: who is one person.
    """

    at: datetime
    person: Person
    alerts: list[AlertOut]
    timeline: TimelinePage
    broken: Broken | None
    story: Story | None
    may_edit: bool
    may_decide: bool


async def known_of(
    database: AsyncEngine, viewer: Viewer, person: UUID, to: Narrowing, after: str | None
) -> Known:
    """What the page says of a person. Raises Refused, also where nobody knows them."""
    read = partial(_known, to=to, after=after)
    return known(await look_at(database, viewer, person, "person-page", read))


async def _known(record: Record, to: Narrowing, after: str | None) -> Known:
    viewer, standing = record.viewer, record.stance.standing
    has_broken = Relationship.BREAK_GLASS in standing
    return Known(
        record.at,
        await reading.person_in(record),
        await story.alerts_in(record),
        await reading.timeline_in(record, to=to, after=after, limit=LINES),
        await broken_in(record) if has_broken else None,
        None if after else await _story(record),
        may_edit_about_me(viewer, standing).allowed,
        may_decide_who_is_one_person(viewer, [standing]).allowed,
    )


async def _story(record: Record) -> Story:
    return Story(
        await story.about_me_in(record),
        await story.care_team_in(record),
        await reading.referrals_in(record),
        await story.plans_in(record),
        await story.asked_in(record),
        await reading.stays_in(record),
    )
