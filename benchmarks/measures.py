"""How fast measures answer over a large database: figures, breakdowns, a change, the first load."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import date, timedelta
from statistics import quantiles
from time import perf_counter
from typing import NamedTuple

import psutil
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from benchmarks.filled import NOW, filled
from schemas.measure import Dimension, Measure
from schemas.measures import MEASURES
from schemas.reference import load
from schemas.times import london_date
from streams.measures.engine import Engine
from streams.measures.question import Question
from streams.measures.sheets import Sheets

TODAY = london_date(NOW)
YEAR, MONTH = timedelta(days=365), timedelta(days=28)
CHANGES = 10
# What single figures are asked by, where the measure can be.
FILTERS = (
    {},
    {Dimension.PROVIDER: "ZT1"},
    {Dimension.WARD: "ZT101-W01"},
    {Dimension.COHORT: "frailty"},
    {Dimension.DEPRIVATION: "1"},
    {Dimension.ETHNICITY: "A"},
    {Dimension.AGE: "85+"},
    {Dimension.COHORT: "diabetes", Dimension.PLACE: "moorside"},
)
_CHANGE = text("update stays set known_at = clock_timestamp() where source = :of and visit = :one")


class Answered(NamedTuple):
    """A question, in words, and how long its answer took, in milliseconds."""

    asked: str
    took_ms: float


class Run(NamedTuple):
    """One run: how long everything took, and what the process then holds."""

    load_s: float
    memory_mb: float
    figures: list[Answered]
    breakdowns: list[Answered]
    changes_ms: list[float]

    def figure_ms(self, centile: int) -> float:
        """So many of a hundred figures took at most this long."""
        return quantiles([one.took_ms for one in self.figures], n=100)[centile - 1]

    @property
    def slowest_breakdown_ms(self) -> float:
        return max(one.took_ms for one in self.breakdowns)


@asynccontextmanager
async def loaded() -> AsyncIterator[tuple[Engine, AsyncEngine, float]]:
    """An engine that has loaded everything, its database, and the seconds that took."""
    async with filled() as url:
        database = create_async_engine(url)
        engine = Engine(database, load())
        began = perf_counter()
        await engine.warm()
        try:
            yield engine, database, perf_counter() - began
        finally:
            await engine.close()
            await database.dispose()


async def run_once(*, quick: bool) -> Run:
    """Ask everything once; only of the last month, and little of it, where that is quick."""
    async with loaded() as (engine, database, load_s):
        memory_mb = psutil.Process().memory_info().rss / 1e6
        asked = list(single_figures())[:: 10 if quick else 1]
        figures = [await _timed(engine, one) for one in asked]
        cut = list(breakdowns())[:: 10 if quick else 1]
        broken_down = [await _timed(engine, one) for one in cut]
        changes = [await _change(engine, database, number) for number in range(CHANGES)]
        return Run(load_s, memory_mb, figures, broken_down, changes)


def single_figures() -> Iterator[Question]:
    """Every measure by several filters, over four weeks and over a year."""
    for measure in MEASURES.values():
        for period in (MONTH, YEAR):
            for filters in FILTERS:
                if filters.keys() <= set(measure.dimensions):
                    yield _question(measure, TODAY - period, filters)


def breakdowns() -> Iterator[Question]:
    """Every measure by every dimension that it has, over a year."""
    for measure in MEASURES.values():
        for dimension in measure.dimensions:
            yield _question(measure, TODAY - YEAR, {}, dimension)


def _question(
    measure: Measure,
    first: date,
    filters: dict[Dimension, str],
    by: Dimension | None = None,
) -> Question:
    end = TODAY + timedelta(days=28) if measure.id == "expected_discharges" else TODAY
    return Question(measure, first, end, NOW, TODAY, "bed", filters, by)


async def _timed(engine: Engine, asked: Question) -> Answered:
    began = perf_counter()
    sheets = Sheets([asked])
    list(sheets.answers(await engine.all_rows(*sheets.statements)))
    took_ms = (perf_counter() - began) * 1000
    told = " ".join(f"{name}={value}" for name, value in asked.filters.items())
    days = (asked.end - asked.first).days
    by = f" by {asked.by}" if asked.by else ""
    return Answered(f"{asked.measure.id}{by} {told} ({days} days)".replace("  ", " "), took_ms)


async def _change(engine: Engine, database: AsyncEngine, number: int) -> float:
    """From one stored change to an engine that knows it, in milliseconds."""
    find = text("select source, visit from stays offset :many limit 1")
    async with database.begin() as tx:
        stay = (await tx.execute(find, {"many": number * 100})).one()
        await tx.execute(_CHANGE, {"of": stay.source, "one": stay.visit})
    began = perf_counter()
    await engine.refresh()
    return (perf_counter() - began) * 1000
