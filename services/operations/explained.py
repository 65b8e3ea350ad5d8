"""A figure explained: what it means, which stays are in it, what is doubtful, what changed it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from schemas.measure import Figure
from schemas.times import micros
from services.access.measures import ensure_may_view
from services.access.viewer import Viewer
from services.operations.answers import answer
from services.operations.asking import ask
from services.operations.changes import (
    Visit,
    different,
    events_since,
    last_event,
    shares_in,
)
from services.operations.explained_models import (
    Changed,
    CountedStays,
    Difference,
    Doubt,
    Explained,
)
from services.operations.last import last_change
from services.operations.models import Answer
from services.operations.reading import restated
from services.record.storage import facts_by_writing, stays_at
from streams.flow.facts import VisitFact
from streams.flow.plan import counting
from streams.flow.projector import decode_facts
from streams.measures import figures, inside
from streams.measures.disclosure import is_few, rounded
from streams.measures.engine import Engine, Rows
from streams.measures.figures import Statement
from streams.measures.question import Question

# Nobody reads more of them.
MOST_EVENTS: Final = 20
MOST_STAYS: Final = 2_000


async def explained_for(
    engine: Engine, viewer: Viewer, asked: Question, link: Mapping[str, str]
) -> Explained:
    """All that a figure is made of. `link`: its parameters, for the lists of stays behind it.

    Raises Refused; only a denial is audited: it tells of nobody in particular.
    """
    await ensure_may_view(engine.database, viewer)
    given = await ask(engine, [asked], _statements)
    [whole], [counted], flags, latest = given.rows
    found = answer(given.asked[0], whole, None)
    again = await _difference(engine, asked)
    return Explained(
        answer=found,
        behind=[_counted(asked, link, found, f, counted) for f in asked.measure.figures],
        doubts=[Doubt(flag=row["flag"], stays=_told(asked, row["stays"])) for row in flags],
        changed=await _changed(engine, given.asked[0], latest),
        **{"restated": again} if again else {},
    )


def _statements(questions: Sequence[Question]) -> list[Statement]:
    [asked] = questions
    value, *_ = asked.measure.figures
    return [
        figures.whole(asked),
        inside.counted(asked, asked.measure.figures),
        inside.flagged(asked, value),
        inside.latest(asked, value),
    ]


def _counted(
    asked: Question,
    link: Mapping[str, str],
    found: Answer,
    figure: Figure,
    counted: Mapping[str, Any],
) -> CountedStays:
    name = figure.name
    query = urlencode({**link, "figure": name})
    return CountedStays(
        figure=name,
        stays=None if name in found.hidden else _told(asked, counted[name]),
        href=f"/api/measures/{asked.measure.id}/stays?{query}",
    )


def _told(asked: Question, stays: int) -> int | None:
    """A number of stays, as far as it may be told."""
    if not asked.is_suppressed:
        return stays
    return None if is_few(stays) else int(rounded(stays))


async def _changed(engine: Engine, asked: Question, latest: Rows) -> Changed | None:
    """The event that moved the figure last; of a past moment, the last one of a stay in it."""
    visits = [(row["source"], row["visit"]) for row in latest]
    if asked.as_known_at is None:
        last = await last_change(engine, asked, visits)
    else:
        facts = await _facts_of(engine, visits)
        last = last_event(counting(facts[0], micros(asked.as_known_at))) if facts else None
    if last is None:
        return None
    async with engine.database.connect() as tx:
        found = await facts_by_writing(tx, [last])
    return Changed(**found[0]._asdict()) if found else None


async def _difference(engine: Engine, asked: Question) -> Difference | None:
    """The stays that are counted otherwise now, and the events that came to them since then."""
    found = await restated(engine, asked)
    if found is None:
        return None
    which = inside.behind(asked, asked.measure.figures[0])
    then, now = await engine.rows(which, asked.as_known_at), await engine.rows(which)
    moved = different(shares_in(then), shares_in(now))
    facts = await _facts_of(engine, moved[:MOST_STAYS])
    return Difference(
        **found.model_dump(),
        stays=_told(asked, len(moved)),
        events=events_since(facts, asked.now, MOST_EVENTS),
    )


async def _facts_of(engine: Engine, visits: Iterable[Visit]) -> list[list[VisitFact]]:
    async with engine.database.connect() as tx:
        stays = await stays_at(tx, list(visits))
    return [decode_facts(row.facts) for row in stays.values()]
