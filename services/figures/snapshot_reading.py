"""The only public reads of snapshots: no viewer, no figures; a denial is audited."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.access.measures import ensure_may_view
from services.access.viewer import Viewer
from services.figures.snapshot_models import Kept, Restatement, Snapshot, Taken

_COLUMNS = """
select s.at, s.taken_at, s.checked_at,
  (select count(*) from restatements r where r.at = s.at) as restated from snapshots s
"""
_TAKEN = text(
    f"{_COLUMNS} where at < coalesce(cast(:before as timestamptz), 'infinity')"
    " order by at desc limit :limit"
)
_ONE = text(f"{_COLUMNS} where at = :at")
# Keys are text: whose beginning they share is found without a pattern.
_OF = """
where at = :at and (cast(:measure as text) is null or split_part(figure, '|', 1) = :measure)
  and (cast(:provider as text) is null or split_part(figure, '|', 2) = :provider)
"""
_FIGURES = text(
    f"select figure, value from snapshot_figures {_OF} order by figure"  # noqa: S608 (ours)
)
_RESTATED = text(
    f"select figure, known_at, was, value, why from restatements {_OF} order by figure, id"  # noqa: S608 (a constant of ours)
)


async def taken_for(
    database: AsyncEngine, viewer: Viewer, before: datetime | None, limit: int
) -> list[Taken]:
    """The snapshots before a moment, the latest first. Raises Refused."""
    await ensure_may_view(database, viewer)
    async with database.connect() as tx:
        rows = await tx.execute(_TAKEN, {"before": before, "limit": limit})
        return [Taken.model_validate(row._asdict()) for row in rows]


async def snapshot_for(
    database: AsyncEngine,
    viewer: Viewer,
    at: datetime,
    measure: str | None,
    provider: str | None,
) -> Snapshot | None:
    """A snapshot with its figures; None where none was taken then. Raises Refused."""
    await ensure_may_view(database, viewer)
    which = {"at": at, "measure": measure, "provider": provider}
    async with database.connect() as tx:
        taken = (await tx.execute(_ONE, {"at": at})).one_or_none()
        told = {row.figure: row.value for row in await tx.execute(_FIGURES, which)}
        later = (await tx.execute(_RESTATED, which)).all()
    return Snapshot(**taken._asdict(), figures=_kept(told, later)) if taken else None


def _kept(told: Mapping[str, float], later: Iterable[Row[Any]]) -> list[Kept]:
    restated: dict[str, list[Restatement]] = {}
    for row in later:
        said = {"known_at": row.known_at, "was": row.was, "value": row.value}
        restated.setdefault(row.figure, []).append(Restatement(**said, **row.why))
    return [
        Kept(
            figure=figure,
            told=told.get(figure),
            value=restated[figure][-1].value if figure in restated else told[figure],
            restatements=restated.get(figure, []),
        )
        for figure in sorted({*told, *restated})
    ]
