"""The page of a person: who they are, what matters to them, who does what, and what happened."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import StringConstraints

from schemas.times import london_date
from services.access.door import Database
from services.pages import person_words, plan_words, timeline_words, year_words
from services.pages.board import Lag
from services.pages.errors import PageRoute
from services.pages.person_reading import Known, Story, known_of, story_of
from services.pages.render import page
from services.pages.session import PageViewer

router = APIRouter(route_class=PageRoute, include_in_schema=False)

LAG_WORDS = {
    Lag.NONE: "",
    Lag.BEHIND: "Events have arrived that it does not show yet.",
    Lag.UNKNOWN: "It cannot be told whether events have arrived that it does not show.",
}


# A field that was left empty asks for nothing; PostgreSQL holds no NUL in a text.
Field = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=500)]


async def _asked(
    kind: Field = "",
    service: Field = "",
    since: Annotated[Field, Query(alias="from")] = "",
    until: Annotated[Field, Query(alias="to")] = "",
    after: Field = "",
) -> Mapping[str, str]:
    said = {"kind": kind, "service": service, "from": since, "to": until, "after": after}
    return {name: value for name, value in said.items() if value}


Asked = Annotated[Mapping[str, str], Depends(_asked)]


@router.get("/people/{person_id}")
async def person(
    request: Request, viewer: PageViewer, database: Database, person_id: UUID, asked: Asked
) -> Response:
    """The whole story; further back, the timeline under the banner alone."""
    to, after = timeline_words.narrowing(asked), asked.get("after")
    known = await known_of(database, viewer, person_id, to, after)
    story = None if after else await story_of(database, viewer, person_id)
    said = _said(known, story, asked, datetime.now(UTC))
    lag = LAG_WORDS[request.app.state.lag.lag()]
    return page(request, "person.jinja", {**said, "lag": lag})


def _said(
    known: Known, story: Story | None, asked: Mapping[str, str], now: datetime
) -> dict[str, object]:
    today, path = london_date(now), f"/people/{known.person.person_id}"
    return {
        "path": path,
        "as_of": person_words.when(now),
        "banner": person_words.banner(known.person, known.alerts, today),
        "timeline": timeline_words.timeline(known.timeline, path, asked, today),
        "form": timeline_words.form(known.timeline, asked),
        "story": _story(known, story, now) if story else None,
    }


def _story(known: Known, story: Story, now: datetime) -> dict[str, object]:
    team = story.team
    return {
        "about_me": person_words.about_me(story.about_me),
        "places": person_words.places(known.person.whereabouts, story.stays),
        "last_left": person_words.last_left(story.stays),
        "contacts": person_words.contacts(team.named_contact, team.members),
        "referrals": plan_words.open_referrals(story.referrals, now),
        "closed": plan_words.closed_referrals(story.referrals),
        "plans": plan_words.plans(story.plans),
        "asked": plan_words.asked(story.asked),
        "year": year_words.year(story.stays, story.referrals, london_date(now)),
    }
