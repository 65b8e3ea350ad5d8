"""Questions put to the engine: the one place where the services ask it."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from schemas.times import london_date
from services.record.as_known import refusing
from streams.measures.engine import Engine, Rows
from streams.measures.figures import Statement
from streams.measures.question import Question


class Given(NamedTuple):
    """The questions, each of the moment of the answer, and the rows of all their statements."""

    asked: list[Question]
    rows: list[Rows]


async def ask(
    engine: Engine,
    questions: Sequence[Question],
    statements: Callable[[Sequence[Question]], Iterable[Statement]],
) -> Given:
    """The rows of the statements for the questions, all of one moment.

    `questions`: all about now, or all as known at one moment. Raises Refused for one to come.
    """
    if not questions:
        return Given([], [])
    with refusing():
        found = await engine.answers(
            lambda at: statements([of(asked, at) for asked in questions]),
            questions[0].as_known_at,
        )
    return Given([of(asked, found.as_of) for asked in questions], found.rows)


def of(asked: Question, moment: datetime) -> Question:
    """The question of a moment: what is open goes on until then."""
    return asked._replace(now=moment, today=london_date(moment))
