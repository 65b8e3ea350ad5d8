"""The figures of moments of the past, counted over all stays as they are known now."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.figures.moments import DAY, Moment

Key = tuple[datetime, str]

_RECENT = """
with recent as materialized (
  select provider, status, setting, admitted_at, discharged_at, segments, nights from stays
  where status in ('open', 'finished') and (discharged_at is null or discharged_at >= :since)
)
"""
_EIGHT = text(f"""{_RECENT}
select m.at, 'beds_occupied' as measure, s.provider, x.site, x.ward, count(*) as people
from unnest(cast(:at as timestamptz[])) as m(at)
join recent s on s.setting = 'bed' and s.admitted_at <= m.at
  and (s.discharged_at is null or s.discharged_at > m.at)
cross join lateral jsonb_to_recordset(s.segments)
  as x(ward text, site text, start timestamptz, "end" timestamptz)
where x.start <= m.at and (x."end" is null or x."end" > m.at)
group by m.at, s.provider, x.site, x.ward
""")  # noqa: S608 (a constant of ours)
_MIDNIGHT = text(f"""{_RECENT}, days as (
  select * from unnest(cast(:at as timestamptz[]), cast(:ended as date[])) as m(at, ended)
)
select m.at, 'beds_occupied' as measure, s.provider, x.site, x.ward, count(*) as people
from recent s cross join lateral jsonb_to_recordset(s.nights)
  as x(ward text, site text, "from" date, "to" date, setting text)
join days m on x.setting = 'bed' and x."from" <= m.ended and (x."to" is null or x."to" > m.ended)
group by m.at, s.provider, x.site, x.ward
union all
select m.at, 'admissions', s.provider, coalesce(s.segments->0->>'site', s.provider), null, count(*)
from recent s join days m on m.ended = cast(s.admitted_at at time zone 'Europe/London' as date)
where s.setting = 'bed' group by m.at, s.provider, coalesce(s.segments->0->>'site', s.provider)
union all
select m.at, 'discharges', s.provider, coalesce(s.segments->-1->>'site', s.provider), null, count(*)
from recent s join days m on m.ended = cast(s.discharged_at at time zone 'Europe/London' as date)
where s.setting = 'bed' and s.status = 'finished'
group by m.at, s.provider, coalesce(s.segments->-1->>'site', s.provider)
""")  # noqa: S608 (a constant of ours)
_SUMS = {True: ("beds_occupied",), False: ("beds_occupied", "admissions", "discharges")}


async def counted(tx: AsyncConnection, moments: Sequence[Moment]) -> dict[Key, float]:
    """Each figure of each moment: of every ward and site that has any, and the measures' sums."""
    eights = [one for one in moments if one.ended is None]
    midnights = [one for one in moments if one.ended is not None]
    rows: list[Any] = []
    for query, some in ((_EIGHT, eights), (_MIDNIGHT, midnights)):
        if some:
            rows += (await tx.execute(query, _values(some, with_days=query is _MIDNIGHT))).all()
    found = Counter({(m.at, name): 0 for m in moments for name in _SUMS[m.ended is None]})
    for row in rows:
        place = (row.provider, row.site, *([row.ward] if row.ward is not None else []))
        found[row.at, row.measure] += row.people
        found[row.at, "|".join((row.measure, *place))] += row.people
    return {key: float(people) for key, people in found.items()}


def _values(moments: Iterable[Moment], *, with_days: bool) -> dict[str, Any]:
    moments = list(moments)
    # A midnight tells of the day before it too.
    since = min(m.at for m in moments) - 2 * DAY
    values: dict[str, Any] = {"at": [m.at for m in moments], "since": since}
    return values | ({"ended": [m.ended for m in moments]} if with_days else {})
