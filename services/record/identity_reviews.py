"""What is in doubt about who is one person, and the answers of staff; every look is audited."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from itertools import compress
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.events import LinkKind
from services.access.audit import note_each
from services.access.problems import Refused, ensure
from services.access.rules import may_decide_who_is_one_person
from services.access.viewer import Viewer
from services.record import identity_storage as storage
from services.record.cursor import cursor_of, place_of
from services.record.identity import decidable, deciding, word_of
from services.record.identity_models import (
    AnsweredOut,
    AnswerIn,
    Decision,
    FacingOut,
    PairOut,
    ReviewOut,
    ReviewsPage,
)
from services.record.identity_sides import identity_out, sides_of
from streams.identity.staff import dismiss, say
from streams.identity.statements import Pair

KINDS = {Decision.JOIN: LinkKind.LINKED, Decision.PART: LinkKind.PARTED}


async def reviews_for(
    database: AsyncEngine, viewer: Viewer, kind: str | None, after: str | None, limit: int
) -> ReviewsPage:
    """A page of what is in doubt, oldest first. Raises Refused."""
    place = place_of(after, tuple[datetime, UUID])
    decision = may_decide_who_is_one_person(viewer, ())
    async with database.begin() as tx:
        rows = await storage.reviews(tx, kind, place, limit + 1) if decision.allowed else []
        page = rows[:limit]
        known = await storage.identities(tx, {key for row in page for key in row.keys})
        shown = await _shown_to(tx, viewer, page, known)
        people = {known[key].person_id for row in shown for key in row.keys}
        await note_each(tx, viewer, "reviews", people or {None}, decision.allowed)
    ensure(decision)
    more = len(rows) > limit
    return ReviewsPage(
        reviews=[_review(row, known) for row in shown],
        next=cursor_of((page[-1].known_at, page[-1].review_id)) if more else None,
    )


async def review_for(database: AsyncEngine, viewer: Viewer, review_id: UUID) -> FacingOut | None:
    """A question with those whom it is about side by side; None where there is no such open one.

    Raises Refused.
    """
    found = None
    async with database.begin() as tx:
        row = await storage.review(tx, review_id)
        decision = await deciding(tx, viewer, "review", row.keys if row is not None else ())
        if row is not None and decision.allowed:
            known = await storage.identities(tx, row.keys)
            if await _shown_to(tx, viewer, [row], known):
                sides = await sides_of(tx, viewer, row.keys)
                found = FacingOut(**dict(_review(row, known)), sides=sides)
    ensure(decision)
    return found


async def _shown_to(
    tx: AsyncConnection, viewer: Viewer, rows: Sequence[Row[Any]], known: Mapping[str, Row[Any]]
) -> list[Row[Any]]:
    """The reviews of a page that the viewer may decide: a page may hold fewer than it might."""
    may = await decidable(tx, viewer, known, [row.keys for row in rows])
    return list(compress(rows, may))


async def answer(
    database: AsyncEngine, viewer: Viewer, review_id: UUID, given: AnswerIn
) -> AnsweredOut | None:
    """Answer a review: join or part its pairs, or leave it so; None where there is none to answer.

    Raises Refused: 403, or 422 where it has no such pair.
    """
    pairs: list[Pair] = []
    async with database.begin() as tx:
        row = await storage.review(tx, review_id)
        decision = await deciding(tx, viewer, "review-answer", row.keys if row else ())
        links, still = list[UUID](), None
        if row is not None and decision.allowed:
            pairs = await _pairs(tx, row, given.pair)
            links = await _answered(tx, viewer, review_id, given, pairs)
            still = await storage.review(tx, review_id)
    ensure(decision)
    if row is not None and not pairs and given.decision is not Decision.DISMISS:
        detail = "the review is not about two such identities: it can only be dismissed"
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
    return AnsweredOut(links=links, is_open=still is not None) if row is not None else None


async def _answered(
    tx: AsyncConnection, viewer: Viewer, review: UUID, given: AnswerIn, pairs: Sequence[Pair]
) -> list[UUID]:
    word = word_of(viewer, given.reason)
    if given.decision is not Decision.DISMISS:
        return await say(tx, pairs, KINDS[given.decision], word)
    await dismiss(tx, review, word)
    return []


async def _pairs(tx: AsyncConnection, row: Row[Any], named: PairOut | None) -> list[Pair]:
    """The pairs that an answer is for: all of the review's, or the one that is named."""
    pairs: list[Pair] = [(one, other) for one, other in row.pairs]
    if named is None:
        return pairs
    keys = await storage.keys_by_id(tx, [named.one, named.other])
    wanted = {keys.get(named.one), keys.get(named.other)}
    return [pair for pair in pairs if set(pair) == wanted]


def _review(row: Row[Any], known: dict[str, Row[Any]]) -> ReviewOut:
    named: Sequence[str] = row.keys
    return ReviewOut(
        review_id=row.review_id,
        kind=row.kind,
        since=row.known_at,
        identities=[identity_out(known[key]) for key in named],
        pairs=[PairOut(one=known[a].own_id, other=known[b].own_id) for a, b in row.pairs],
    )
