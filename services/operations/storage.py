"""Figures and the stays behind them from PostgreSQL, over a transaction that the caller owns."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Float, Subquery, cast, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.measures import Dimension, Figures, Measure
from services.operations.populations import POPULATIONS
from services.operations.question import Question

# A ward's code is its site's and a site's its provider's: the same code elsewhere is another one.
CUTS = {
    Dimension.PROVIDER: ("provider",),
    Dimension.SITE: ("provider", "site"),
    Dimension.WARD: ("provider", "site", "ward"),
    Dimension.CLASS: ("class",),
    Dimension.DAY: ("day",),
}
MEDIAN, NINETIETH = 0.5, 0.9


async def figures(tx: AsyncConnection, asked: Question) -> dict[str, float | None]:
    """Every figure of the measure by name, the measure's value first."""
    wanted = _wanted(asked)
    row = (await tx.execute(select(*_figures(asked.measure, wanted.c.amount)))).one()
    return dict(row._mapping)


async def rows(tx: AsyncConnection, asked: Question, by: Dimension) -> Sequence[Mapping[str, Any]]:
    """The figures of each part beside the columns that name the part, in their order."""
    wanted = _wanted(asked)
    cut = [wanted.c[name] for name in CUTS[by]]
    parts = select(*cut, *_figures(asked.measure, wanted.c.amount)).group_by(*cut).order_by(*cut)
    return [dict(row) for row in (await tx.execute(parts)).mappings()]


async def stays_behind(
    tx: AsyncConnection, asked: Question, after: tuple[str, str] | None, limit: int
) -> Sequence[tuple[str, str, float]]:
    """Source, visit and amount of the stays behind the figure, in the order of the first two."""
    wanted = _wanted(asked)
    key = (wanted.c.source, wanted.c.visit)
    found = select(*key, cast(func.sum(wanted.c.amount), Float).label("amount")).group_by(*key)
    if after is not None:
        found = found.where(tuple_(*key) > after)
    behind = await tx.execute(found.order_by(*key).limit(limit))
    return [(row.source, row.visit, row.amount) for row in behind]


def _wanted(asked: Question) -> Subquery:
    """The part of the measure's population that the filters leave."""
    population = POPULATIONS[asked.measure.id](asked).subquery()
    filters = [population.c[name] == value for name, value in asked.filters.items()]
    return select(population).where(*filters).subquery()


def _figures(measure: Measure, amount: ColumnElement[Any]) -> list[ColumnElement[Any]]:
    match measure.figures:
        case Figures.TOTAL:
            return [cast(func.coalesce(func.sum(amount), 0), Float).label("total")]
        case Figures.SPREAD:
            return [
                cast(func.avg(amount), Float).label("mean"),
                func.percentile_cont(MEDIAN).within_group(amount).label("median"),
                func.percentile_cont(NINETIETH).within_group(amount).label("p90"),
                cast(func.count(amount), Float).label("count"),
            ]
        case Figures.BANDS:
            return [
                cast(func.count().filter(amount >= band), Float).label(f"{band}+")
                for band in measure.bands
            ]
