"""What the engine makes of traits: people, who was ready to leave, answers, roles. DuckDB's SQL.

Of a thread only the greatest version holds. `touched`: the people whose rows are made anew. What
is about nobody (`NOBODY`) is made anew as one.
"""

from typing import Final

from streams.measures.shape import day

NOBODY: Final = "00000000-0000-0000-0000-000000000000"

# Whom a thing was said of, whom anything else of its thread was said of, whom it is said of now.
TOUCHED_BY_TRAITS: Final = f"""
insert into touched
select person from traits where n in (select hash(event_id, number) from fresh)
union select person from traits where strand in (select hash(thread) from fresh)
union select coalesce(person, '{NOBODY}'::uuid) from fresh;
"""
FORGET_TRAITS: Final = "delete from traits where n in (select hash(event_id, number) from fresh)"
ADD_TRAITS: Final = f"""
insert into traits select hash(event_id, number), hash(thread), event_id, number, kind,
  coalesce(person, '{NOBODY}'::uuid), source, thread, version, recorded at time zone 'UTC', said,
  known_at at time zone 'UTC', withdrawn_at at time zone 'UTC' from fresh;
"""


def _moment(key: str) -> str:
    return f"try_cast(said->>'{key}' as timestamptz)"


def _date(key: str) -> str:
    return f"try_cast(said->>'{key}' as date)"


def _latest(value: str) -> str:
    """Of what several sources say of a person, what was said last counts."""
    return f"arg_max({value}, (recorded, thread)) filter (where {value} is not null)"


# What is said is long: only of the rows that hold it is looked at.
HOLD: Final = """
create or replace temp table holding as
select row, person from (
  select rowid as row, person,
    rank() over (partition by strand order by version desc, event_id desc) as place
  from traits where withdrawn_at is null
    and strand in (select strand from traits where person in (select person from touched))
) where place = 1;
create or replace temp table held as select * from traits
where rowid in (select row from holding where person in (select person from touched));
drop table holding;
"""
OF_TRAITS: Final = ("people", "ready", "reasons", "answers", "questions", "roles")
FORGET: Final = "delete from {table} where person in (select person from touched)"
_FLAGS: Final = f"""
  select person, hash(source, said->>'visit') as n,
    unnest(from_json(said->'codes', '["VARCHAR"]')) as code,
    {_moment("since")} as since, {day(_moment("since"))} as first, {day(_moment("until"))} as last
  from held where kind = 'flag' and said->>'visit' is not null
    and coalesce(said->>'holds', 'true') <> 'false' and {_moment("since")} is not null
"""
# People are told apart by few things: each combination of them is a profile, by a hash of them.
# What is of somebody carries it and their birthday, so that no figure looks people up.
_TOLD_APART: Final = ("place", "neighbourhood", "deprivation", "ethnicity", "sex")


def _birthday(years: int) -> str:
    """Who was born on 29 February is a year older on 1 March where there is no such day."""
    plain = f"(born + to_years({years}))::date"
    return f"({plain} + (day(born) - day({plain}))::integer)"


BEFORE: Final = """
create or replace temp table before as
from people where person in (select person from touched);
"""
MAKE: Final = f"""
create or replace temp table made as
with said as (
  select person, {_latest(_date("birth"))} as birth, {_latest(_date("died"))} as died,
    {_latest("said->>'sex'")} as sex, {_latest("said->>'ethnicity'")} as ethnicity,
    {_latest("said->>'postcode'")} as postcode, {_latest("said->>'practice'")} as practice,
    bool_or(coalesce(said->>'flags', '') like '%bad-nhs-number%') as bad_number
  from held where kind = 'person' and person <> '{NOBODY}'::uuid group by person
)
select s.person, hash({", ".join(_TOLD_APART)}) as profile, birth as born, died, sex,
  ethnicity, g.place, g.neighbourhood, d.deprivation, bad_number
from said s left join practices g on g.practice = s.practice
  left join postcodes d on d.postcode = s.postcode;
insert into profiles
select distinct profile, {", ".join(_TOLD_APART)} from made
where profile not in (select profile from profiles);
insert into birthdays
select born, {", ".join(map(_birthday, (18, 40, 65, 75, 85)))}
from (select distinct born from made where born is not null
  and born not in (select born from birthdays));
insert into people select person, profile, born, died, bad_number from made;
drop table made;
insert into ready
with flags as ({_FLAGS})
select r.person, r.n, r.first, r.last, coalesce(p.pathway, 'unknown') from (
  select *, row_number() over (partition by n order by since desc, last desc nulls first) as place
  from flags where code = 'ready') r
left join (select n, arg_max(right(code, 1), (since, code)) as pathway from flags
  where code like 'pathway-%' group by n) p on p.n = r.n
where r.place = 1;
insert into reasons
select person, n, code[7:], first, last from ({_FLAGS}) where code like 'delay-%';
insert into answers
select person, profile, born, said->>'organisation', said->>'instrument',
  from_json(said->'answers', '["INTEGER"]'), {_moment("at")} at time zone 'UTC',
  {day(_moment("at"))}
from held left join (select person, profile, born from people) using (person)
where kind = 'survey';
insert into questions
select person, said->>'organisation', unnest(from_json(said->'questions', '["VARCHAR"]')),
  {_moment("at")} at time zone 'UTC', {day(_moment("at"))}
from held where kind = 'asked' and person <> '{NOBODY}'::uuid;
insert into roles
select person, said->>'organisation', said->>'service', coalesce((said->>'wte')::double, 0),
  {_date("since")}, {_date("until")}, coalesce(said->>'active', 'true') <> 'false'
from held where kind = 'role';
drop table held;
"""
# Whoever is another one now, in what is of them.
OF_SOMEBODY: Final = ("stays", "segments", "nights", "leaves", "chains", "requests")
CHANGED: Final = """
create or replace temp table changed as
select coalesce(b.person, p.person) as person, p.profile, p.born
from before b full join (
  select * from people where person in (select person from touched)) p using (person)
where b.profile is distinct from p.profile or b.born is distinct from p.born;
drop table before;
"""
CARRY: Final = """
update {table} t set profile = c.profile, born = c.born from changed c where t.person = c.person;
"""
# Few facts are about beds, and wards are none until the first time.
HAS_BEDS: Final = """
select 1 from fresh where kind = 'beds'
union all select 1 where not exists (select 1 from wards) limit 1
"""
# Beds that an event tells count from its day on, until the next number, whoever says it; of two
# numbers for one day the newer one counts.
WARDS: Final = f"""
delete from wards;
insert into wards
with told as (
  select provider, site, ward, beds, valid_from, '' as version from ward_rows
  union all
  select said->>'provider', said->>'site', said->>'ward', (said->>'beds')::integer,
    {day(_moment("since"))}, version
  from traits where kind = 'beds' and withdrawn_at is null and {_moment("since")} is not null
), latest as (
  select provider, site, ward, valid_from, arg_max(beds, (version, beds)) as beds
  from told group by all
)
select provider, site, ward, beds, valid_from,
  lead(valid_from) over (partition by provider, site, ward order by valid_from) from latest;
"""
