"""The only public reads of measures: no viewer, no figures; the stays behind one are audited."""

from collections.abc import Sequence
from datetime import datetime

from schemas.measure import Figure, Span
from services.access.audit import note_each
from services.access.measures import ensure_may_view
from services.access.problems import ensure
from services.access.rules import may_follow_figures
from services.access.viewer import Viewer
from services.operations import answers
from services.operations.models import Answer, StayBehind, StaysPage
from services.record.as_known import ensure_known
from services.record.cursor import cursor_of, place_of
from services.record.storage import stays_at
from streams.measures import figures, inside
from streams.measures.engine import Engine, Rows
from streams.measures.figures import Statement
from streams.measures.question import Question


async def answer_for(engine: Engine, viewer: Viewer, asked: Question, now: datetime) -> Answer:
    """The figure that is asked for, and its rows. Raises Refused; only a denial is audited.

    A figure is a count, of nobody in particular.
    """
    await ensure_may_view(engine.database, viewer)
    return await answer(engine, asked, now)


async def answers_for(
    engine: Engine, viewer: Viewer, questions: Sequence[Question]
) -> list[Answer]:
    """An answer to each of several questions, all of one moment. Raises Refused as `answer_for`."""
    await ensure_may_view(engine.database, viewer)
    return await answers_to(engine, questions)


async def answer(engine: Engine, asked: Question, now: datetime) -> Answer:
    """The same for a viewer who may see measures, or for what is told to everybody."""
    found = (await answers_to(engine, [asked]))[0]
    was_over = asked.measure.span is Span.PERIOD and asked.end <= asked.today
    if asked.as_known_at is None or not was_over:
        return found
    again = await rows_of(engine, asked._replace(as_known_at=None), figures.whole(asked))
    return found.model_copy(update={"restated": answers.restated(asked, now, again[0][0])})


async def answers_to(engine: Engine, questions: Sequence[Question]) -> list[Answer]:
    """An answer to each of several questions, all of one moment; each is of what is known now, or
    all of them are as known at the same moment. For a viewer who may see measures.
    """
    statements = [one for asked in questions for one in _statements(asked)]
    found = iter(await rows_of(engine, questions[0], *statements) if questions else [])
    return [
        answers.answer(asked, next(found)[0], next(found) if asked.by else None)
        for asked in questions
    ]


def _statements(asked: Question) -> list[Statement]:
    return [figures.whole(asked), *([figures.parts(asked)] if asked.by else [])]


async def stays_behind_for(
    engine: Engine,
    viewer: Viewer,
    asked: Question,
    after: str | None,
    limit: int,
    figure: Figure | None = None,
) -> StaysPage:
    """A page of the stays that a figure counts, the measure's value where none is named.

    Raises Refused; each person's line is audited.
    """
    place = place_of(after, tuple[str, str])
    decision = may_view_record(viewer, Relationship.UNKNOWN)
    wanted = inside.behind(asked, figure or asked.measure.figures[0], place, limit + 1)
    found = (await rows_of(engine, asked, wanted))[0] if decision.allowed else []
    shown = found[:limit]
    async with engine.database.begin() as tx:
        stays = await stays_at(tx, [(row["source"], row["visit"]) for row in shown])
        people = {stay.person_id for stay in stays.values()} or {None}
        await note_each(tx, viewer, "measure-stays", people, decision.allowed)
    ensure(decision)
    return StaysPage(
        measure=asked.measure.id,
        version=asked.measure.version,
        stays=[
            StayBehind(
                amount=row["amount"],
                base=row["base"],
                stay=stay_out(stays[row["source"], row["visit"]]),
            )
            for row in shown
        ],
        next=cursor_of((shown[-1]["source"], shown[-1]["visit"])) if len(found) > limit else None,
    )


async def rows_of(engine: Engine, asked: Question, *statements: Statement) -> list[Rows]:
    """The rows of each statement, all of one moment. Raises Refused for one to come."""
    await ensure_known(engine.database, asked.as_known_at)
    await engine.refresh()
    return await engine.all_rows(*statements)
