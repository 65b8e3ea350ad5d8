"""Who is a member of which target group, from which day until before which. DuckDB's SQL.

`signs`: what was said of a person that a criterion may ask for, with its days. `criteria`: the
rules of the reference data; of each clause one criterion must hold. `members` is made anew from
both, and from birthdays and emergency attendances, for the people in `touched`: it depends on
nothing else, so no order of facts can change it.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from schemas.cohorts import Cohort, Criterion
from streams.measures.shape import day


class Asked(NamedTuple):
    """One row of `criteria`. `number`: of years or attendances; `days`: within which."""

    cohort: str
    clause: int
    kind: str
    code: str | None = None
    number: int | None = None
    days: int | None = None


def criteria(cohorts: Iterable[Cohort]) -> Iterator[Asked]:
    """The rows of `criteria` that say the rules of these target groups."""
    for cohort in cohorts:
        for clause, choices in enumerate(cohort.clauses):
            for criterion in choices:
                yield from _rows(cohort.id, clause, criterion)


def _rows(cohort: str, clause: int, asked: Criterion) -> Iterator[Asked]:
    codes = {
        "condition": asked.conditions,
        "icd-10": tuple(code.replace(".", "") for code in asked.icd10 or ()),
        "flag": asked.flags,
        "group": (asked.group,) if asked.group else None,
        "lives": (asked.lives,) if asked.lives else None,
    }
    for kind, found in codes.items():
        yield from (Asked(cohort, clause, kind, code) for code in found or ())
    if asked.age_at_least is not None:
        yield Asked(cohort, clause, "age", number=asked.age_at_least)
    if use := asked.emergency_attendances:
        yield Asked(cohort, clause, "attendances", number=use.at_least, days=use.within_days)


def _days(kind: str) -> tuple[str, str]:
    """From and until which day; where no beginning is said, the day on which it was written."""
    since, until = (f"try_cast(said->>'{key}' as {kind})" for key in ("since", "until"))
    if kind != "date":
        since, until = day(since), day(until)
    written = day("recorded at time zone 'UTC'")
    return f"coalesce({since}, {written})", f"coalesce({until}, 'infinity'::date)"


_BY_DATE: Final = "{} as first, {} as last".format(*_days("date"))
_BY_MOMENT: Final = "{} as first, {} as last".format(*_days("timestamptz"))
_CODES: Final = """unnest(from_json(said->'codes', '["VARCHAR"]'))"""
_HOLDS: Final = "coalesce(said->>'holds', 'true') <> 'false'"
# `held`: what holds of the touched people, as `streams.measures.traits` leaves it. A residence has
# no days: it is the one that was said last.
SIGNS: Final = f"""
delete from signs where person in (select person from touched);
insert into signs
with conditions as (
  select person, {_CODES} as code, {_BY_DATE}
  from held where kind = 'condition' and {_HOLDS}
), parts as (
  select person, replace(code, '.', '') as code, first, last from conditions
  where code similar to '[A-Z].*'
)
select person, 'condition', code, first, last from conditions
union all select person, 'icd-10', code[:3], first, last from parts
union all select person, 'icd-10', code[:4], first, last from parts where len(code) > 3
union all select person, 'flag', {_CODES}, {_BY_MOMENT}
from held where kind = 'flag' and {_HOLDS}
union all select person, 'group', said->>'cohort', {_BY_DATE}
from held where kind = 'group'
union all select person, 'lives', arg_max(said->>'lives', (recorded, thread)),
  '-infinity'::date, 'infinity'::date
from held where kind = 'person' and said->>'lives' is not null group by person;
delete from signs where person in (select person from touched)
  and (kind, code) not in (select (kind, code) from criteria);
"""
# Whoever was born on 29 February is a year older on 1 March.
_BIRTHDAY: Final = (
    "make_date((year(p.born) + c.number)::integer, month(p.born)::integer, 1)"
    " + (day(p.born) - 1)::integer"
)
# What begins and ends on a day is one change: a stretch that goes on from another ends nothing.
MEMBERS: Final = f"""
delete from members where person in (select person from touched);
insert into members
with attended as (
  select person, admitted_day from stays where person in (select person from touched)
    and setting = 'emergency' and status in ('open', 'finished') and admitted_day is not null
), counted as (
  select c.cohort, c.clause, c.days, a.person, a.admitted_day as first,
    lag(a.admitted_day, c.number - 1) over (
      partition by c.cohort, c.clause, c.number, c.days, a.person order by a.admitted_day
    ) as earliest
  from attended a, (select distinct * from criteria where kind = 'attendances') c
), spans as (
  select c.cohort, c.clause, s.person, s.first, s.last
  from signs s join criteria c using (kind, code) where s.person in (select person from touched)
  union all
  select c.cohort, c.clause, p.person, {_BIRTHDAY}, 'infinity'::date from people p, criteria c
  where c.kind = 'age' and p.born is not null and p.person in (select person from touched)
  union all
  select cohort, clause, person, first, earliest + days from counted where earliest is not null
), changes as (
  select cohort, clause, person, moved.day as day, sum(moved.change) as change from (
    select cohort, clause, person,
      unnest([{{'day': first, 'change': 1}}, {{'day': last, 'change': -1}}]) as moved
    from spans where first < last
  ) group by cohort, clause, person, moved.day having sum(moved.change) <> 0
), running as (
  select *, sum(change) over (partition by cohort, clause, person order by day) as now from changes
), turned as (
  select cohort, person, day,
    sum(case when now = change then 1 when now = 0 then -1 else 0 end) as change
  from running group by cohort, person, day
), met as (
  select cohort, person, day, sum(change) over along as now, lead(day) over along as until
  from turned where change <> 0 window along as (partition by cohort, person order by day)
)
select person, cohort, day, until from met
join (select cohort, count(distinct clause) as needed from criteria group by cohort) using (cohort)
where now = needed;
"""
