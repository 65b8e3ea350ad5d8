"""The only public reads of measures: no viewer, no figures; the stays behind one are audited."""

from collections.abc import Sequence

from schemas.measure import Figure, Span
from services.access.audit import note_each
from services.access.measures import ensure_may_view
from services.access.problems import ensure
from services.access.rules import may_follow_figures
from services.access.viewer import Viewer
from services.operations import answers
from services.operations.asking import ask
from services.operations.models import Answer, Restated, StayBehind, StaysPage
from services.record.behind import stay_told, told_of
from services.record.cursor import cursor_of, place_of
from services.record.look import of_one_moment
from services.record.storage import stays_at
from streams.measures import figures, inside
from streams.measures.engine import Engine, Rows
from streams.measures.question import Question
from streams.measures.sheets import Sheets


async def answer_for(engine: Engine, viewer: Viewer, asked: Question) -> Answer:
    """The figure that is asked for, and its rows. Raises Refused; only a denial is audited.

    A figure is a count, of nobody in particular.
    """
    await ensure_may_view(engine.database, viewer)
    [found] = await answers_to(engine, [asked])
    again = await restated(engine, asked)
    return found.model_copy(update={"restated": again}) if again else found


async def answers_for(
    engine: Engine, viewer: Viewer, questions: Sequence[Question]
) -> list[Answer]:
    """An answer to each of several questions, all of one moment. Raises Refused as `answer_for`."""
    await ensure_may_view(engine.database, viewer)
    return await answers_to(engine, questions)


async def answers_to(engine: Engine, questions: Sequence[Question]) -> list[Answer]:
    """The same for whoever may see measures, or for what is told to everybody who may."""
    given = await ask(engine, questions, lambda asked: Sheets(asked).statements)
    sheets = Sheets(given.asked)
    told = zip(given.asked, sheets.answers(given.rows), strict=True)
    return [answers.answer(asked, whole, parts) for asked, (whole, parts) in told]


async def restated(engine: Engine, asked: Question) -> Restated | None:
    """What is known now of a period that was over at the past moment that is asked for."""
    was_over = asked.measure.span is Span.PERIOD and asked.end <= asked.today
    if asked.as_known_at is None or not was_over:
        return None
    now = await engine.answers(lambda _: [figures.whole(asked)])
    return answers.restated(asked, now.as_of, now.rows[0][0])


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
    which = figure or asked.measure.figures[0]
    decision = may_follow_figures(viewer)
    found: Rows = []
    if decision.allowed:
        given = await ask(engine, [asked], lambda q: [inside.behind(q[0], which, place, limit + 1)])
        found = given.rows[0]
    shown = [(row["source"], row["visit"]) for row in found[:limit]]
    async with of_one_moment(engine.database) as tx:
        stays = await stays_at(tx, shown)
        told = await told_of(tx, viewer, stays.values())
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
                stay=stay_told(stays[visit], told, asked.as_known_at),
            )
            for row, visit in zip(found, shown, strict=False)
        ],
        next=cursor_of(shown[-1]) if len(found) > limit else None,
    )
