"""Ten thousand stays over both clock changes: who is in which bed at each midnight.

Three counts that share nothing: the product's measure, an independent library (hillmaker), and a
plain count in SQL over the stays as they are stored.
"""

import warnings
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import cache
from random import Random

from sqlalchemy import text

from services.access.viewer import Role
from services.simulator import visits
from services.simulator.encounters import encounter
from services.simulator.organisations import wards
from services.simulator.people import population
from services.simulator.visits import HOSPITAL_BEDS, Visit
from tests.builders import event_of
from tests.store.conftest import House

STAYS, BATCH = 10_000, 2_500
FIRST, END = date(2025, 3, 1), date(2025, 11, 15)
CLOCK_CHANGES = (date(2025, 3, 29), date(2025, 3, 30), date(2025, 10, 25), date(2025, 10, 26))
HOURS = (END - FIRST).days * 24
# A midnight belongs to the day that it ends. Nobody comes or goes on a whole minute.
IN_SQL = """
select place->>'ward' as ward, cast(d.day as date) as day, count(*) as beds
from generate_series(cast(:first as date), cast(:last as date), interval '1 day') as d(day)
cross join lateral (
  select cast(cast(d.day as date) + 1 as timestamp) at time zone 'Europe/London' as at) m
join stays s on s.setting = 'bed'
cross join lateral jsonb_array_elements(s.segments) place
where (place->>'start')::timestamptz < m.at
  and ((place->>'end') is null or (place->>'end')::timestamptz >= m.at)
  and not exists (
    select from jsonb_array_elements(s.leaves) away
    where (away->>'start')::timestamptz < m.at
      and ((away->>'end') is null or (away->>'end')::timestamptz >= m.at))
group by 1, 2
"""
Beds = dict[tuple[str, date], int]


@cache
def stays() -> tuple[Visit, ...]:
    """Stays of all kinds: moved, on leave, still in, in hospital, virtual wards and emergency."""
    rng = Random(20)
    people = population(3_000, rng, FIRST)
    places = [ward for ward in wards(3_000) if ward.staffed_beds]
    made = []
    for number in range(STAYS):
        ward = rng.choice(places)
        class_code = "EMER" if rng.random() < 0.05 else ward.class_code
        person, at = rng.choice(people), _later(datetime(2025, 2, 20, tzinfo=UTC), rng, HOURS)
        visit = Visit(f"v{number}", ward.organisation, person, "p", class_code, "planned", at)
        visit = visits.admitted(visit, ward, at)
        if rng.random() < 0.3:
            at = _later(at, rng, 100)
            visit = visits.transferred(visit, rng.choice(places), at)
        if rng.random() < 0.15:
            at = _later(at, rng, 50)
            visit = visits.on_leave(visit, at)
            at = _later(at, rng, 90)
            visit = visits.returned(visit, at)
        if rng.random() < 0.97:
            visit = visits.discharged(visit, _later(at, rng, 240))
        made.append(visit)
    return tuple(made)


def _later(at: datetime, rng: Random, hours: int) -> datetime:
    """Up to so many hours later, in a minute and not at its beginning."""
    minute = at.replace(second=0) + timedelta(minutes=rng.randrange(1, hours * 60))
    return minute + timedelta(seconds=rng.randrange(1, 60))


def in_a_library() -> Beds:
    """What hillmaker counts by ward and day, of times as a wall clock in London shows them.

    It is given whole hours: who comes or goes within an hour does so at its end, so that the
    first hour of a day holds those who were there as the day before ended.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import hillmaker
        import pandas

        rows = pandas.DataFrame(_pieces(), columns=["ward", "start", "end"])
        for column in ("start", "end"):
            rows[column] = rows[column].dt.tz_convert("Europe/London").dt.tz_localize(None)
            rows[column] = rows[column].dt.ceil("h")
        made = hillmaker.make_hills(
            scenario_name="midnights",
            data=rows,
            in_field="start",
            out_field="end",
            start_analysis_dt=str(FIRST),
            end_analysis_dt=str(END + timedelta(days=1)),
            cat_field="ward",
            bin_size_minutes=60,
            export_bydatetime_csv=False,
            export_summaries_csv=False,
            make_all_dow_plots=False,
            make_all_week_plots=False,
        )
    found = made["bydatetime"]["ward_datetime"]["occupancy"]
    return {
        (ward, at.date() - timedelta(days=1)): round(beds)
        for (ward, at), beds in found.items()
        if at.hour == 0 and FIRST < at.date() <= END and beds
    }


def _pieces() -> Iterator[tuple[str, datetime, datetime]]:
    """Each time of somebody in a bed, without the leaves."""
    for visit in stays():
        if visit.class_code in HOSPITAL_BEDS:
            for segment in visit.segments:
                start, end = segment.start, segment.end or datetime(2026, 1, 1, tzinfo=UTC)
                for leave in visit.leaves:
                    if leave.end is not None and start <= leave.start < end:
                        yield segment.ward.code, start, leave.start
                        start = leave.end
                yield segment.ward.code, start, end


async def in_sql(house: House) -> Beds:
    async with house.database.connect() as connection:
        period = {"first": FIRST, "last": END - timedelta(days=1)}
        rows = await connection.execute(text(IN_SQL), period)
        return {(row.ward, row.day): row.beds for row in rows}


async def answered(house: House) -> Beds:
    """What the product answers, ward by ward."""
    found: Beds = {}
    period = {"from": str(FIRST), "to": str(END), "by": "day"}
    async with house.visited_by(Role.OPERATIONS) as client:
        for ward in sorted({segment.ward.code for visit in stays() for segment in visit.segments}):
            answer = await client.get(
                "/api/measures/occupied_bed_days", params={**period, "ward": ward}
            )
            for row in answer.raise_for_status().json()["rows"]:
                if row["value"]:
                    found[ward, date.fromisoformat(row["day"])] = row["value"]
    return found


async def test_three_counts_of_every_midnight_agree(house: House) -> None:
    events = [event_of(encounter(visit, 1), source=visit.source.source) for visit in stays()]
    for at in range(0, STAYS, BATCH):
        await house.take(*events[at : at + BATCH])
    plain = await in_sql(house)
    assert await answered(house) == plain
    assert in_a_library() == plain
    by_day = Counter(day for _, day in plain)
    assert all(by_day[day] > 10 for day in CLOCK_CHANGES)
    assert sum(plain.values()) > STAYS
