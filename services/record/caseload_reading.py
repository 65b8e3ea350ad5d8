"""The one read of a caseload: whoever is on a page of it is noted as looked at."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from schemas.times import EPOCH, london_date, micros
from services.access.audit import note_each
from services.access.problems import ensure
from services.access.rules import may_view_caseload, may_view_record
from services.access.viewer import Viewer
from services.record import presenters, referrals, storage
from services.record.caseload import (
    Asked,
    Case,
    Held,
    caseload,
    order,
    page,
    yesterday,
)
from services.record.caseload_filters import counts, narrowed
from services.record.caseload_models import CaseloadPage, CaseOut
from services.record.caseload_storage import referrals_of, tied, visits_of
from services.record.cursor import cursor_of, place_of
from services.record.look import of_one_moment
from services.record.patients import Details, age_on, details_of, numbered, only_number
from services.record.referrals import ReferralOut
from services.record.restricted import hides_referral, hides_stay
from services.record.stored import StoredStay, as_held, stored_stay
from services.record.ties import Stance, stances
from services.record.visit import Visit
from streams.flow.stay import HAPPENED

# Up to the year 2112, whatever a cursor that is none of ours says.
_Micros = Annotated[int, Meta(ge=0, le=2**52)]


async def caseload_for(
    database: AsyncEngine,
    viewer: Viewer,
    to: Mapping[str, str],
    *,
    since: datetime | None = None,
    after: str | None = None,
    limit: int = 50,
) -> CaseloadPage:
    """A page of the viewer's caseload as the filters `to` leave it, the most urgent first.

    `since`: what happened from then on is told; from yesterday on where none is said. Raises
    Refused.
    """
    place = place_of(after, tuple[_Micros, int, int, str])
    now = EPOCH + timedelta(microseconds=place[0]) if place else datetime.now(UTC)
    asked = Asked(viewer, since or yesterday(now), now)
    decision = may_view_caseload(viewer)
    async with of_one_moment(database) as tx:
        everybody = await _everybody(tx, asked) if decision.allowed else []
        left = narrowed(everybody, to)
        shown = page(left, place[1:] if place else None, limit)
        details = await _details(tx, [case.person for case in shown])
        noted: list[UUID | None] = [case.person for case in shown]
        await note_each(tx, viewer, "caseload", noted or [None], decision.allowed)
    ensure(decision)
    more = bool(shown) and shown[-1] != left[-1]
    return CaseloadPage(
        as_of=asked.now,
        since=asked.since,
        everybody=len(everybody),
        total=len(left),
        counts=counts(everybody, to),
        people=[_case_out(case, details[case.person], asked.now) for case in shown],
        next=cursor_of((micros(asked.now), *order(shown[-1]))) if more else None,
    )


async def _everybody(tx: AsyncConnection, asked: Asked) -> list[Case]:
    """The whole caseload: whoever is told of is somebody whose record the viewer may see now."""
    found = await stances(tx, asked.viewer, await tied(tx, asked.viewer, asked.since))
    known = {
        person: stance
        for person, stance in found.items()
        if may_view_record(asked.viewer, stance.standing).allowed
    }
    visits, sent = await _visits(tx, known, asked.since), await _referrals(tx, known, asked.now)
    return caseload(
        (
            Held(person, one.standing, one.teams, visits[person], sent[person])
            for person, one in known.items()
        ),
        asked,
    )


async def _visits(
    tx: AsyncConnection, known: Mapping[UUID, Stance], since: datetime
) -> dict[UUID, list[Visit]]:
    """What may be shown of each person's stays that are open, or that ended since."""
    guarded = [person for person, stance in known.items() if stance.withheld.is_anything]
    found: dict[UUID, list[Visit]] = {person: [] for person in known}
    for row in await visits_of(tx, known, guarded, since):
        one = as_held(stored_stay(row))
        if one is None or one.stay.status not in HAPPENED:
            continue
        if not hides_stay(one, known[row.person_id].withheld):
            found[row.person_id].append(_visit(one))
    return found


def _visit(stored: StoredStay) -> Visit:
    stay = stored.stay
    return Visit(
        stored.source,
        stored.visit,
        stay.status,
        stay.setting,
        stay.provider,
        stay.admitted_at,
        stay.discharged_at,
        stored.known_at,
        stay.segments,
    )


async def _referrals(
    tx: AsyncConnection, known: Mapping[UUID, Stance], now: datetime
) -> dict[UUID, list[ReferralOut]]:
    """What may be shown of each person's referrals."""
    rows: dict[UUID, list[Row[Any]]] = {}
    for row in await referrals_of(tx, known):
        rows.setdefault(row.person_id, []).append(row)
    shown: dict[UUID, list[ReferralOut]] = {person: [] for person in known}
    for person, said in rows.items():
        withheld = known[person].withheld
        stored = referrals.stored(said, person, now)
        shown[person] = [one for one in stored if not hides_referral(one, withheld)]
    return shown


async def _details(tx: AsyncConnection, people: Collection[UUID]) -> dict[UUID, Details]:
    """Who the people of one page are."""
    keys = await storage.keys_of_people(tx, people)
    facts = await storage.patients_of(tx, keys) if people else {}
    return {
        person: numbered(details_of(facts[person]), only_number(keys[person])) for person in people
    }


def _case_out(case: Case, details: Details, now: datetime) -> CaseOut:
    born = details.birth_date
    return CaseOut(
        **presenters.person_found(case.person, details).model_dump(),
        age=age_on(born, london_date(now)) if born else None,
        died=details.died,
        why=list(case.why),
        teams=list(case.teams),
        whereabouts=list(case.whereabouts),
        happened=list(case.happened),
        waiting=list(case.waiting),
    )
