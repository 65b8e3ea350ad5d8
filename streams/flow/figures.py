"""Publishes the figures that changed: gauges from state, messages for what moved since the last."""

from collections.abc import Mapping, Sequence

import msgspec
import structlog
from mode import Service
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.measures import MEASURES
from schemas.notices import Figure
from schemas.topics import Topic
from streams.flow.occupancy import Beds, beds_occupied
from streams.runtime import metrics
from streams.runtime.outbox import put
from streams.runtime.retry import is_the_world

log = structlog.get_logger()

Moved = tuple[str, Figure]

EVERY_S = 1.0
MEASURE = "beds_occupied"

# One worker at a time publishes; the others leave at once and try again a second later.
_LEAD = text("select pg_try_advisory_xact_lock(7420002)")
_LAST = text("select figure, value from figures")
_SET = text(
    "insert into figures as f (figure, value)"
    " select * from unnest(cast(:figures as text[]), cast(:values as jsonb[]))"
    " on conflict (figure) do update set value = excluded.value, known_at = now()"
)


class FigureService(Service):
    """Looks once a second; a figure that did not move is not sent again."""

    def __init__(self, database: AsyncEngine) -> None:
        super().__init__()
        self.database = database

    @Service.timer(EVERY_S)
    async def _look(self) -> None:
        try:
            await publish_changes(self.database)
        except Exception as error:
            if not is_the_world(error):
                raise
            log.warning("figures-held", error=type(error).__name__)


async def publish_changes(database: AsyncEngine) -> None:
    """Set the gauges, and send each figure that differs from the last one sent."""
    async with database.begin() as tx:
        beds = await beds_occupied(tx)
        show(beds)
        if (await tx.execute(_LEAD)).scalar():
            stored = await tx.execute(_LAST)
            last = {row.figure: msgspec.convert(row.value, Figure) for row in stored}
            await _send(tx, changes(figures_of(beds), last))


def show(beds: Sequence[Beds]) -> None:
    """Set the gauges to what is so now; a ward that emptied is gone from them."""
    metrics.BEDS_OCCUPIED.clear()
    for ward in beds:
        metrics.BEDS_OCCUPIED.labels(ward.provider, ward.site, ward.ward).set(ward.people)


def figures_of(beds: Sequence[Beds]) -> dict[str, Figure]:
    """Each ward's figure by its key, as `care.measures.v1` carries it."""
    return {
        f"{MEASURE}|{ward.provider}|{ward.site}|{ward.ward}": Figure(
            measure=MEASURE,
            provider=ward.provider,
            site=ward.site,
            ward=ward.ward,
            value=ward.people,
            unit=MEASURES[MEASURE].unit,
        )
        for ward in beds
    }


def changes(now: Mapping[str, Figure], last: Mapping[str, Figure]) -> list[Moved]:
    """The figures whose value moved; one that is no longer there has become 0."""
    moved = [(key, figure) for key, figure in now.items() if last.get(key) != figure]
    gone = {key: figure for key, figure in last.items() if key not in now}
    emptied = {key: msgspec.structs.replace(figure, value=0) for key, figure in gone.items()}
    return [*moved, *((key, figure) for key, figure in emptied.items() if last[key] != figure)]


async def _send(tx: AsyncConnection, messages: Sequence[Moved]) -> None:
    if not messages:
        return
    values = [msgspec.json.encode(value).decode() for _, value in messages]
    await tx.execute(_SET, {"figures": [key for key, _ in messages], "values": values})
    await put(tx, Topic.MEASURES, messages)
