"""Stays for those who ask of a figure: who each is about is told to whoever may see the record."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.rules import may_view_record
from services.access.viewer import Viewer
from services.record.models import StayOut
from services.record.presenters import stay_out, stay_then
from services.record.restricted import hides_stay
from services.record.ties import stances


async def told_of(
    tx: AsyncConnection, viewer: Viewer, stays: Iterable[Row[Any]]
) -> set[tuple[str, str]]:
    """Source and visit of the stays of which the viewer may see in a record whose they are."""
    about = [row for row in stays if row.person_id is not None]
    found = await stances(tx, viewer, {row.person_id for row in about})
    return {
        (row.source, row.visit)
        for row in about
        if may_view_record(viewer, found[row.person_id].standing).allowed
        and not hides_stay(row, found[row.person_id].withheld)
    }


def stay_told(
    row: Row[Any], told: Collection[tuple[str, str]], as_known_at: datetime | None
) -> StayOut:
    """A stored stay, now or as known then, without who it is about where that is not to be told."""
    stay = stay_then(row, as_known_at) if as_known_at else stay_out(row)
    return stay if (row.source, row.visit) in told else stay.model_copy(update={"person_id": None})
