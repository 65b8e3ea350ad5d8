"""Who is one person, over HTTP: identities, joining and parting them, and what is in doubt."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.access.door import CurrentViewer, Database
from services.access.problems import Refused, documented
from services.record import identity, identity_decisions, identity_reviews
from services.record.identity_models import (
    AnsweredOut,
    AnswerIn,
    FacingOut,
    IdentitiesOut,
    LinkIn,
    LinkOut,
    ReviewsPage,
    WordOut,
)
from services.record.unknown import known
from streams.identity.reviews import ReviewKind

router = APIRouter(tags=["identity"], responses=documented())


@router.post("/api/people/links", status_code=HTTPStatus.CREATED)
async def post_link(asked: LinkIn, viewer: CurrentViewer, database: Database) -> LinkOut:
    """Say that two identities are one person, or are not. It goes before what any source says."""
    return await identity.link(database, viewer, asked)


@router.get("/api/people/links")
async def get_links(viewer: CurrentViewer, database: Database) -> list[WordOut]:
    """What staff said last of who is one person, the newest first, also what was taken back."""
    return await identity_decisions.words_for(database, viewer)


@router.delete("/api/people/links/{link_id}")
async def delete_link(link_id: UUID, viewer: CurrentViewer, database: Database) -> LinkOut:
    """Take back what a member of staff said of two identities."""
    return await identity.unlink(database, viewer, link_id)


@router.get("/api/people/reviews")
async def get_reviews(
    viewer: CurrentViewer,
    database: Database,
    kind: ReviewKind | None = None,
    after: Annotated[str | None, Query(description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="most reviews in one page")] = 50,
) -> ReviewsPage:
    """What is in doubt about who is one person, the oldest question first."""
    return await identity_reviews.reviews_for(database, viewer, kind, after, limit)


@router.get("/api/people/reviews/{review_id}")
async def get_review(review_id: UUID, viewer: CurrentViewer, database: Database) -> FacingOut:
    """A question with the people whom it is about side by side."""
    found = await identity_reviews.review_for(database, viewer, review_id)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no open review of that id")
    return found


@router.post("/api/people/reviews/{review_id}")
async def post_answer(
    review_id: UUID, given: AnswerIn, viewer: CurrentViewer, database: Database
) -> AnsweredOut:
    """Answer a question: join, part, or leave it as it is, with the reason."""
    found = await identity_reviews.answer(database, viewer, review_id, given)
    if found is None:
        raise Refused(HTTPStatus.NOT_FOUND, "there is no open review of that id")
    return found


@router.get("/api/people/{person_id}/identities")
async def get_identities(
    person_id: UUID, viewer: CurrentViewer, database: Database
) -> IdentitiesOut:
    """By what a person is known, and who says that all of it is one person."""
    return known(await identity.identities_for(database, viewer, person_id))
