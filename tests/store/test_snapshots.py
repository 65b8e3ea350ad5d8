"""Snapshots: kept as they were told, restated by what comes later, on real PostgreSQL."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from schemas.events import CareEvent
from schemas.times import london_date
from services.access.viewer import Role, Viewer
from services.figures import snapshot_reading
from services.figures.amounts import amounts_of
from services.figures.counted import counted
from services.figures.moments import moment_of, moments_of
from services.figures.snapshot_models import Kept, Snapshot
from services.figures.snapshots import Restated, keep, restate, take
from services.simulator import simulate
from streams.flow.encounter import visit_fact
from streams.flow.stay import stay_of
from streams.intake.read import read
from tests.builders import LIMITS, at_ward, encounter, event_of
from tests.store.conftest import House
from tests.store.messages import adt, pid, pv1

VIEWER = Viewer(user="u1", name="U One", role=Role.OPERATIONS, org="RX1")
EIGHT = datetime(2026, 2, 3, 8, tzinfo=UTC)
MIDNIGHT = datetime(2026, 2, 3, tzinfo=UTC)


def visit(
    number: int | str,
    start: str,
    end: str | None,
    *places: tuple[str, str],
    version: str = "1",
    kind: str = "IMP",
    **elements: Any,
) -> CareEvent:
    resource = encounter(
        id=f"v{number}",
        status="finished" if end else "in-progress",
        meta={"versionId": version, "lastUpdated": "2026-02-01T09:00:00Z"},
        period={"start": start} | ({"end": end} if end else {}),
        location=[at_ward(ward, since) for ward, since in places],
        **elements,
    )
    return event_of(resource | {"class": {"code": kind}})


IN_W1 = visit(1, "2026-02-01T09:00:00Z", None, ("W1", "2026-02-01T09:00:00Z"))
MOVED = visit(
    1,
    "2026-02-01T09:00:00Z",
    None,
    ("W1", "2026-02-01T09:00:00Z"),
    ("W2", "2026-02-02T20:00:00Z"),
    version="2",
)


async def taken(house: House, now: datetime) -> list[datetime]:
    async with house.database.begin() as tx:
        return [one.at for one in await take(tx, now)]


async def restated(house: House, now: datetime) -> list[Restated]:
    async with house.database.begin() as tx:
        checked = (await tx.execute(text("select min(checked_at) from snapshots"))).scalar()
        assert checked is not None
        return await restate(tx, now, checked)


async def snapshot(house: House, at: datetime = EIGHT, measure: str | None = None) -> Snapshot:
    found = await snapshot_reading.snapshot_for(house.database, VIEWER, at, measure, None)
    assert found is not None
    return found


def kept(found: Snapshot) -> dict[str, Kept]:
    return {one.figure: one for one in found.figures}


async def test_a_snapshot_keeps_what_was_told(house: House) -> None:
    await house.take(IN_W1)
    assert await taken(house, EIGHT + timedelta(seconds=9)) == [EIGHT]
    assert await taken(house, EIGHT + timedelta(seconds=24)) == []
    figures = {figure: one.told for figure, one in kept(await snapshot(house)).items()}
    assert figures == {"beds_occupied": 1, "beds_occupied|RX1|RX1|W1": 1}


async def test_a_late_fact_restates_and_says_which_event_did(house: House) -> None:
    await house.take(IN_W1)
    await taken(house, EIGHT)
    await house.take(MOVED)
    found = await restated(house, EIGHT + timedelta(days=9))
    assert [(one.figure, one.was, one.value) for one in found] == [
        ("beds_occupied|RX1|RX1|W1", 1, 0),
        ("beds_occupied|RX1|RX1|W2", 0, 1),
    ]
    figures = kept(await snapshot(house))
    assert (figures["beds_occupied"].told, figures["beds_occupied"].restatements) == (1, [])
    w1, w2 = figures["beds_occupied|RX1|RX1|W1"], figures["beds_occupied|RX1|RX1|W2"]
    assert (w1.told, w1.value, w2.told, w2.value) == (1, 0, None, 1)
    for one in (w1, w2):
        (why,) = one.restatements
        assert (why.stays, why.events) == (1, [UUID(MOVED.id)])


async def test_restating_twice_is_restating_once(house: House) -> None:
    await house.take(IN_W1)
    await taken(house, EIGHT)
    await house.take(MOVED)
    assert len(await restated(house, EIGHT)) == 2
    assert await restated(house, EIGHT) == []


async def test_what_is_taken_back_is_restated_back(house: House) -> None:
    admitted = adt("A01", 3, pid("1001"), pv1("W7"))
    cancelled = adt("A11", 4, pid("1001"), pv1("W7"))
    at = datetime(2026, 1, 4, 8, tzinfo=UTC)
    await house.take(*admitted)
    await taken(house, at)
    await house.take(*cancelled)
    assert {(one.was, one.value) for one in await restated(house, at)} == {(1, 0)}
    again = adt("A01", 3, pid("1001"), pv1("W8"), hour=11)
    await house.take(*again)
    await restated(house, at)
    (told,) = [one for name, one in kept(await snapshot(house, at)).items() if name.count("|") == 3]
    assert (told.told, told.value) == (1, 1)
    assert [(r.was, r.value) for r in told.restatements] == [(1, 0), (0, 1)]
    assert told.restatements[0].events == [UUID(event.id) for event in cancelled]


async def test_what_is_too_old_stays_as_it_is(house: House) -> None:
    await house.take(IN_W1)
    await taken(house, EIGHT)
    await house.take(MOVED)
    assert await restated(house, EIGHT + timedelta(days=36)) == []
    assert len(await restated(house, EIGHT + timedelta(days=34))) == 2


async def test_midnight_tells_the_day_that_it_ends(house: House) -> None:
    await house.take(
        visit(1, "2026-02-02T09:00:00Z", None, ("W1", "2026-02-02T09:00:00Z")),
        visit(2, "2026-02-02T09:00:00Z", "2026-02-02T18:00:00Z", ("W1", "2026-02-02T09:00:00Z")),
        visit(3, "2026-02-01T09:00:00Z", "2026-02-02T18:00:00Z", ("W1", "2026-02-01T09:00:00Z")),
    )
    await taken(house, MIDNIGHT)
    figures = {figure: one.value for figure, one in kept(await snapshot(house, MIDNIGHT)).items()}
    assert figures == {
        "admissions": 2,
        "admissions|RX1|RX1": 2,
        "beds_occupied": 1,
        "beds_occupied|RX1|RX1|W1": 1,
        "discharges": 2,
        "discharges|RX1|RX1": 2,
    }
    only = await snapshot(house, MIDNIGHT, "discharges")
    assert list(kept(only)) == ["discharges", "discharges|RX1|RX1"]


def some_visit(random: Random, number: int, around: date) -> CareEvent:
    """A stay of up to three weeks around a day, in up to three wards, perhaps still open."""
    start = datetime(around.year, around.month, around.day, tzinfo=UTC)
    start += timedelta(minutes=random.randrange(-15 * 1440, 3 * 1440))
    hops = sorted(random.randrange(0, 10 * 1440) for _ in range(random.randrange(3)))
    places = [(random.choice("ABC"), start + timedelta(minutes=m)) for m in (0, *hops)]
    length = timedelta(minutes=random.randrange(0, 20 * 1440))
    end = None if random.random() < 0.2 else (start + length).isoformat()
    kind = random.choice(("IMP", "IMP", "EMER", "VR"))
    begun = (start + length / 3).isoformat()
    elements: dict[str, Any] = {}
    if random.random() < 0.3:
        past = {"class": {"code": "EMER"}, "period": {"start": start.isoformat(), "end": begun}}
        elements["classHistory"] = [past]
    if random.random() < 0.3:
        away = {"start": begun, "end": (start + length / 2).isoformat()}
        elements["statusHistory"] = [{"status": "onleave", "period": away}]
    where = ((ward, at.isoformat()) for ward, at in places)
    return visit(number, start.isoformat(), end, *where, kind=kind, **elements)


@pytest.mark.parametrize("around", [date(2026, 3, 29), date(2026, 10, 25)])
async def test_all_stays_counted_are_each_stay_counted(house: House, around: date) -> None:
    random = Random(around.toordinal())
    visits = [some_visit(random, number, around) for number in range(300)]
    await house.take(*visits)
    moments = [m for days in range(-4, 5) for m in moments_of(around + timedelta(days=days))]
    stays = [stay_of([visit_fact(event, 0)]) for event in visits]
    async with house.database.connect() as tx:
        found = await counted(tx, moments)
    for moment in moments:
        expected = sum((amounts_of(stay, moment) for stay in stays), Counter[str]())
        told = {name: value for (at, name), value in found.items() if at == moment.at and value}
        assert told == expected
        wards = [value for name, value in told.items() if name.startswith("beds_occupied|")]
        assert sum(wards) == told["beds_occupied"]


async def test_one_replica_keeps_them_and_checks_now_and_then(house: House) -> None:
    now = datetime.now(UTC)
    today = await keep_and_list(house, now)
    assert len(today) == 1
    assert await keep_and_list(house, now) == today
    await house.take(visit(9, "2026-01-01T09:00:00Z", None, ("W1", "2026-01-01T09:00:00Z")))
    await keep_and_list(house, now)
    assert (await snapshot(house, today[0])).restated == 0
    await keep_and_list(house, now + timedelta(minutes=11))
    assert (await snapshot(house, today[0])).restated == 2


async def keep_and_list(house: House, now: datetime) -> Sequence[datetime]:
    await keep(house.database, now)
    found = await snapshot_reading.taken_for(house.database, VIEWER, None, 10)
    return [one.at for one in found]


async def test_no_snapshot_is_found_where_none_was_taken(house: House) -> None:
    await taken(house, EIGHT)
    none: Any = await snapshot_reading.snapshot_for(house.database, VIEWER, MIDNIGHT, None, None)
    assert none is None
    assert moment_of(EIGHT).ended is None
    assert london_date(EIGHT) == date(2026, 2, 3)


async def test_late_facts_end_in_what_really_happened(house: House) -> None:
    made = simulate(120, 21, 11, disorder=True)
    messages, chunk = list(made.messages), len(made.messages) // 6 + 1
    end = made.truth.until
    for at in range(0, len(messages), chunk):
        events = (read(m.inbound(), LIMITS) for m in messages[at : at + chunk])
        await house.take(*(event for found in events for event in found))
        # The days go by as the messages come, some of them days late.
        now = end - timedelta(days=15 - 3 * (at // chunk))
        await taken(house, now)
        await restated(house, now)
    midnights = [one for one in await all_snapshots(house) if moment_of(one.at).ended]
    assert len(midnights) > 10
    assert sum(one.restated for one in midnights) > 10
    for one in midnights:
        ended = moment_of(one.at).ended
        assert ended is not None
        expected = made.truth.bed_days(ended, ended + timedelta(days=1))
        assert beds_by_ward(one) == expected


async def all_snapshots(house: House) -> list[Snapshot]:
    found = await snapshot_reading.taken_for(house.database, VIEWER, None, 100)
    return [await snapshot(house, one.at) for one in found]


def beds_by_ward(found: Snapshot) -> dict[str, float]:
    return {
        one.figure.rpartition("|")[2]: one.value
        for one in found.figures
        if one.figure.startswith("beds_occupied|") and one.value
    }
