"""Stays for those who ask of a figure: who each is about is told to whoever may see the record."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.access.rules import may_view_record
from services.access.viewer import Viewer
from services.record.models import StayOut
from services.record.presenters import stay_out, stay_then
from services.record.restricted import hides_stay
from services.record.stored import StoredStay
from services.record.ties import stances


async def told_of(
    tx: AsyncConnection, viewer: Viewer, stays: Iterable[StoredStay]
) -> set[tuple[str, str]]:
    """Source and visit of the stays of which the viewer may see in a record whose they are.

    None of which the record does not hold every fact: nobody can say yet who may see it.
    """
    about = [(one, one.person_id) for one in stays if one.person_id and not one.unstored]
    found = await stances(tx, viewer, {person for _, person in about})
    return {
        (one.source, one.visit)
        for one, person in about
        if may_view_record(viewer, found[person].standing).allowed
        and not hides_stay(one, found[person].withheld)
    }


def stay_told(
    stored: StoredStay, told: Collection[tuple[str, str]], as_known_at: datetime | None
) -> StayOut:
    """A stored stay, now or as known then, without who it is about where that is not to be told."""
    stay = stay_then(stored, as_known_at) if as_known_at else stay_out(stored)
    is_told = (stored.source, stored.visit) in told
    return stay if is_told else stay.model_copy(update={"person_id": None})
