"""The page of a person: who they are, what matters to them, who does what, and what happened."""

from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import StringConstraints
from sse_starlette import EventSourceResponse

from schemas.times import london_date
from services.access.door import Database
from services.access.problems import Refused
from services.access.rules import may_break_glass
from services.access.viewer import Role, Viewer
from services.pages import (
    about_me_words,
    glass,
    glass_words,
    person_words,
    plan_words,
    timeline_words,
    year_words,
)
from services.pages.board import Lag
from services.pages.errors import PageRoute
from services.pages.lag import Watch
from services.pages.parts import Names
from services.pages.person_reading import Known, Story, known_of
from services.pages.render import page
from services.pages.session import PageViewer, still_signed_in
from services.record.following import Told
from services.record.stream_api import HEADERS, LastHeard, Since, following_since

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
    request: Request,
    viewer: PageViewer,
    database: Database,
    person_id: UUID,
    asked: Asked,
    saved: Field = "",
) -> Response:
    """The whole story; further back, the timeline under the banner alone.

    Who gives care and may not look is offered to break the glass.
    """
    to, after = timeline_words.narrowing(asked), asked.get("after")
    try:
        known = await known_of(database, viewer, person_id, to, after)
    except Refused as refused:
        if refused.status != HTTPStatus.FORBIDDEN or not may_break_glass(viewer).allowed:
            raise
        return glass.offer(request, person_id, why=refused.detail)
    said = _said(viewer, known, asked, request.app.state.names)
    if saved and known.story:
        said["saved"] = about_me_words.saved(known.story.about_me)
    lag = LAG_WORDS[request.app.state.lag.lag()]
    # Who else may look at a record does not see who did: the person does.
    own = f"/people/{known.person.person_id}/access-log" if viewer.role is Role.PERSON else ""
    return page(request, "person.jinja", {**said, "lag": lag, "who_looked": own})


@router.get("/people/{person_id}/changes")
async def changes(
    request: Request,
    viewer: PageViewer,
    database: Database,
    person_id: UUID,
    since: Since = None,
    last_heard: LastHeard = "",
) -> Response:
    """Server-sent events: `mark` when the open page is to be made again, `quiet` when it is not."""
    begun = await following_since(database, viewer, person_id, since, last_heard)
    still = still_signed_in(request)
    told = request.app.state.following.told(viewer, person_id, begun, still)
    return EventSourceResponse(_marks(told, request.app.state.lag), headers=HEADERS)


async def _marks(heard: AsyncIterator[Told], watch: Watch) -> AsyncIterator[dict[str, str]]:
    """A page is another one too when it begins to lag behind, or does so no longer."""
    before = watch.lag()
    async for told in heard:
        lag = watch.lag()
        event = "mark" if told.parts or lag is not before else "quiet"
        yield {"event": event, "id": told.mark, "data": told.mark}
        before = lag


def _said(
    viewer: Viewer, known: Known, asked: Mapping[str, str], names: Names
) -> dict[str, object]:
    story = known.story
    today, path = london_date(known.at), f"/people/{known.person.person_id}"
    return {
        "path": path,
        "changes": f"{path}/changes?{urlencode({'since': known.at.isoformat()})}",
        "as_of": person_words.when(known.at),
        "banner": person_words.banner(known.person, known.alerts, today),
        "broken": glass_words.broken(known.broken) if known.broken else None,
        "timeline": timeline_words.timeline(known.timeline, path, asked, today),
        "form": timeline_words.form(known.timeline, asked),
        "story": _story(viewer, known, story, names) if story else None,
        "may_edit": known.may_edit,
        "may_decide": known.may_decide,
    }


def _story(viewer: Viewer, known: Known, story: Story, names: Names) -> dict[str, object]:
    team, now = story.team, known.at
    return {
        "about_me": person_words.about_me(story.about_me, own=viewer.role is Role.PERSON),
        "places": person_words.places(known.person.whereabouts, story.stays, names),
        "last_left": person_words.last_left(story.stays),
        "contacts": person_words.contacts(team.named_contact, team.members),
        "referrals": plan_words.open_referrals(story.referrals, now),
        "closed": plan_words.closed_referrals(story.referrals),
        "plans": plan_words.plans(story.plans),
        "asked": plan_words.asked(story.asked),
        "year": year_words.year(story.stays, story.referrals, london_date(now)),
    }
