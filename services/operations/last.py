"""What a figure was last changed by: found by counting the stays that changed last once more.

Each is counted as it was before a change and as it was after it: where that differs, the change
moved the figure. Where none of them did, the last fact of a stay that it counts is told.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from services.operations.changes import Visit, changes_of, different, last_event, shares_in
from services.record.storage import stays_at
from streams.flow.facts import VisitFact, VisitKey
from streams.flow.plan import counting
from streams.flow.projector import decode_facts
from streams.measures import inside
from streams.measures.engine import Engine
from streams.measures.question import Question
from streams.measures.then import Line, stay_line

MOST_STAYS: Final = 500
# How many changes of one stay are looked at, the last one first.
MOST_CHANGES: Final = 5


class _Stay(NamedTuple):
    """A stay by its facts. `changes`: when it changed, the last time first, in microseconds."""

    visit: Visit
    person: UUID | None
    facts: list[VisitFact]
    changes: Sequence[int]

    def known(self, at: int) -> Line:
        """The stay as it was known at a moment."""
        return stay_line(VisitKey(*self.visit), counting(self.facts, at), self.person)


async def last_change(engine: Engine, asked: Question, latest: Iterable[Visit]) -> UUID | None:
    """The event that moved the figure last; None where it counts no stays, and no stay left it.

    `latest`: the stay that changed last of those that it counts.
    """
    newest = await engine.rows(inside.newest(MOST_STAYS))
    stays = await _stays(engine, [*((row["source"], row["visit"]) for row in newest), *latest])
    found: tuple[int, UUID] | None = None
    for number in range(MOST_CHANGES):
        since = found[0] if found else 0
        some = [s for s in stays if len(s.changes) > number and s.changes[number] > since]
        found = max(
            [*await _moved(engine, asked, some, number), *filter(None, [found])], default=None
        )
    counted = (last_event(stay.facts) for stay in stays if stay.visit in {*latest})
    return found[1] if found else next(counted, None)


async def _stays(engine: Engine, visits: Sequence[Visit]) -> list[_Stay]:
    async with engine.database.connect() as tx:
        rows = await stays_at(tx, list(dict.fromkeys(visits)))
    facts = {visit: decode_facts(row.facts) for visit, row in rows.items()}
    return [
        _Stay(visit, row.person_id, facts[visit], changes_of(facts[visit]))
        for visit, row in rows.items()
    ]


async def _moved(
    engine: Engine, asked: Question, stays: Sequence[_Stay], number: int
) -> list[tuple[int, UUID]]:
    """When and by which event the figure was moved by the stays' changes of that number."""
    if not stays:
        return []
    which = inside.behind(asked, asked.measure.figures[0])
    after = await engine.rows_with((stay.known(stay.changes[number]) for stay in stays), which)
    before = await engine.rows_with((s.known(s.changes[number] - 1) for s in stays), which)
    moved = {*different(shares_in(before), shares_in(after))}
    return list(_events((stay for stay in stays if stay.visit in moved), number))


def _events(stays: Iterable[_Stay], number: int) -> Iterator[tuple[int, UUID]]:
    for stay in stays:
        at = stay.changes[number]
        yield at, last_event([fact for fact in stay.facts if at in (fact.known, fact.gone)])
