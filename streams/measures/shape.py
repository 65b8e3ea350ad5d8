"""The engine's tables, and how what is pulled from PostgreSQL becomes their rows. DuckDB's SQL."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

# What the engine holds of facts, and what it works out of that; it is as known at `moment`.
TABLES: Final = """
create table moment (as_of timestamptz);
create table stays (
  n ubigint, source varchar, visit varchar, person uuid, profile ubigint, born date,
  provider varchar, site varchar, ward varchar, first_site varchar, first_ward varchar,
  class varchar, setting varchar, status varchar, admitted timestamp, discharged timestamp,
  expected timestamp,
  admitted_day date, discharged_day date, expected_day date, admitted_hour integer,
  discharged_hour integer, expected_hour integer, began_elsewhere boolean, flags varchar[],
  known_at timestamp);
create table segments (
  n ubigint, person uuid, profile ubigint, born date, provider varchar, class varchar,
  setting varchar, site varchar, ward varchar, start timestamp, "end" timestamp);
create table nights (
  n ubigint, person uuid, profile ubigint, born date, provider varchar, class varchar,
  setting varchar, site varchar, ward varchar, first date, last date);
create table leaves (
  n ubigint, person uuid, profile ubigint, born date, provider varchar, class varchar,
  setting varchar, site varchar, ward varchar, first date, last date);
create table chains (
  n ubigint, person uuid, profile ubigint, born date, provider varchar, site varchar,
  ward varchar, class varchar, setting varchar, status varchar, admitted_day date,
  discharged_day date, first date, ends boolean);
create table returns (person uuid, n ubigint);
create table double_beds (person uuid, n ubigint, since timestamp);
create table first_contacts (
  person uuid, profile ubigint, born date, provider varchar, day date, n ubigint);
create table asked_again (
  person uuid, profile ubigint, born date, organisation varchar, day date);
create table requests (
  n ubigint, name varchar, person uuid, profile ubigint, born date, provider varchar,
  status varchar, sent timestamp, sent_day date, due timestamp, accepted timestamp,
  contacted timestamp, closed timestamp,
  known_at timestamp);
create table traits (
  n ubigint, strand ubigint, event_id uuid, number integer, kind varchar, person uuid,
  source varchar, thread varchar, version varchar, recorded timestamp, said json,
  known_at timestamp, withdrawn_at timestamp);
create table people (
  person uuid, profile ubigint, born date, died date, bad_number boolean);
create table profiles (
  profile ubigint, place varchar, neighbourhood varchar, deprivation varchar,
  ethnicity varchar, sex varchar);
create table birthdays (born date, d18 date, d40 date, d65 date, d75 date, d85 date);
create table signs (person uuid, kind varchar, code varchar, first date, last date);
create table members (person uuid, cohort varchar, first date, last date);
create table ready (person uuid, n ubigint, first date, last date, pathway varchar);
create table reasons (person uuid, n ubigint, reason varchar, first date, last date);
create table answers (
  person uuid, profile ubigint, born date, organisation varchar, instrument varchar,
  answers integer[], said_at timestamp, day date);
create table questions (
  person uuid, organisation varchar, question varchar, said_at timestamp, day date);
create table roles (
  person uuid, organisation varchar, service varchar, wte double, since date, "until" date,
  active boolean);
create table wards (
  provider varchar, site varchar, ward varchar, beds integer, valid_from date, valid_to date);
"""
# The same whenever it is asked for.
REFERENCE: Final = """
create table ward_rows (
  provider varchar, site varchar, ward varchar, beds integer, valid_from date);
create table specialties (provider varchar, site varchar, ward varchar, specialty varchar);
create table organisations (code varchar, name varchar, sector varchar);
create table services (
  provider varchar, service varchar, preventative boolean, neighbourhood boolean);
create table practices (practice varchar, neighbourhood varchar, place varchar);
create table postcodes (postcode varchar, deprivation varchar);
create table criteria (
  cohort varchar, clause integer, kind varchar, code varchar, number integer, days integer);
"""

# What the statements of `streams.measures.pulls` give, column by column, in their order.
STAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "source": "varchar",
        "visit": "varchar",
        "person": "uuid",
        "provider": "varchar",
        "class": "varchar",
        "setting": "varchar",
        "status": "varchar",
        "admitted_at": "timestamptz",
        "discharged_at": "timestamptz",
        "expected_discharge": "timestamptz",
        "segments": "json",
        "leaves": "json",
        "nights": "json",
        "flags": "json",
        "known_at": "timestamptz",
    }
)
REQUESTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "name": "varchar",
        "person": "uuid",
        "receiver": "varchar",
        "status": "varchar",
        "sent_at": "timestamptz",
        "answer_due": "timestamptz",
        "accepted_at": "timestamptz",
        "first_contact_at": "timestamptz",
        "closed_at": "timestamptz",
        "known_at": "timestamptz",
    }
)
TRAITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "event_id": "uuid",
        "number": "integer",
        "kind": "varchar",
        "person": "uuid",
        "source": "varchar",
        "thread": "varchar",
        "version": "varchar",
        "recorded": "timestamptz",
        "said": "json",
        "known_at": "timestamptz",
        "withdrawn_at": "timestamptz",
    }
)

_SEGMENT: Final = '[{"ward":"VARCHAR","site":"VARCHAR","start":"TIMESTAMPTZ","end":"TIMESTAMPTZ"}]'
_LEAVE: Final = '[{"start":"TIMESTAMPTZ","end":"TIMESTAMPTZ"}]'
_NIGHT: Final = (
    '[{"ward":"VARCHAR","site":"VARCHAR","from":"DATE","to":"DATE","setting":"VARCHAR"}]'
)


def day(moment: str) -> str:
    """The London day of a moment, as SQL."""
    return f"(({moment}) at time zone 'Europe/London')::date"


def _hour(moment: str) -> str:
    return f"extract('hour' from ({moment}) at time zone 'Europe/London')::integer"


def _utc(moment: str) -> str:
    return f"({moment}) at time zone 'UTC'"


# `fresh`: what was pulled. A visit is known by a number made of its name: 64 bits of a hash.
READ_STAYS: Final = f"""
create or replace temp table read as
select hash(source, visit) as n, *, from_json(segments, '{_SEGMENT}') as places,
  from_json(leaves, '{_LEAVE}') as away, from_json(nights, '{_NIGHT}') as slept
from fresh left join (select person, profile, born from people) using (person)
where status <> 'moved';
"""
TOUCHED_BY_STAYS: Final = """
insert into touched select person from stays where n in (select hash(source, visit) from fresh)
union select person from fresh;
"""
FORGET_STAYS: Final = "delete from {table} where n in (select hash(source, visit) from fresh)"
OF_STAYS: Final = ("stays", "segments", "nights", "leaves")
_SITE: Final = "coalesce(places[-1].site, provider)"
_WARD: Final = "coalesce(places[-1].ward, 'unknown')"
# What lies in order of time is found without a look at all of it. Who waits in the emergency
# department has no bed as yet: segments begin with the admission.
ADD_STAYS: Final = f"""
insert into stays select n, source, visit, person, profile, born, provider,
  {_SITE}, {_WARD},
  coalesce(places[1].site, provider), coalesce(places[1].ward, 'unknown'),
  class, setting, status, {_utc("admitted_at")}, {_utc("discharged_at")},
  {_utc("expected_discharge")}, {day("admitted_at")}, {day("discharged_at")},
  {day("expected_discharge")}, {_hour("admitted_at")}, {_hour("discharged_at")},
  {_hour("expected_discharge")}, coalesce(places[1].start < admitted_at, false),
  from_json(flags, '["VARCHAR"]'), {_utc("known_at")} from read order by admitted_at;
insert into segments
select n, person, profile, born, provider, class, setting, x.site, x.ward,
  {_utc("greatest(x.start, admitted_at)")}, {_utc('x."end"')}
from (select *, unnest(places) as x from read where admitted_at is not null);
insert into nights
select n, person, profile, born, provider, class, x.setting, x.site, x.ward, x."from", x."to"
from (select *, unnest(slept) as x from read) order by x."from";
insert into leaves
select n, person, profile, born, provider, class, setting, {_SITE}, {_WARD}, {day("x.start")},
  {day('x."end"')}
from (select *, unnest(away) as x from read);
drop table read;
"""
# A stay that begins on the day of another's discharge or the day after goes on from it, whoever
# provides it. Source: definitions, section 5 (continuous inpatient spell); the day is ours.
FORGET_CHAINS: Final = """
delete from chains where n in (select hash(source, visit) from fresh);
delete from chains where person in (select person from touched);
"""
# Said twice: what a statement names once and reads twice is made whole first, of everybody.
_BEDS: Final = """
  select *, case when person is null then n else hash(person) end as who,
    coalesce(discharged_day, 'infinity'::date) as until
  from stays where setting = 'bed' and status in ('open', 'finished') and admitted_day is not null
"""
ADD_CHAINS: Final = f"""
insert into chains
with chosen as (
  {_BEDS} and person in (select person from touched) union all
  {_BEDS} and person is null and n in (select hash(source, visit) from fresh)
), marked as (
  select *, max(until) over (partition by who order by admitted, n
    rows between unbounded preceding and 1 preceding) as before from chosen
), numbered as (
  select *,
    count(*) filter (where before is null or admitted_day > before + 1)
    over (partition by who order by admitted, n) as chain from marked
)
select n, person, profile, born, provider, site, ward, class, setting, status, admitted_day,
  discharged_day, min(admitted_day) over (partition by who, chain),
  row_number() over (partition by who, chain order by until desc, n desc) = 1 from numbered;
"""
FORGET_REQUESTS: Final = "delete from requests where name in (select name from fresh)"
ADD_REQUESTS: Final = f"""
insert into requests
select hash(name), name, person, profile, born, receiver, status, {_utc("sent_at")},
  {day("sent_at")}, {_utc("answer_due")}, {_utc("accepted_at")}, {_utc("first_contact_at")},
  {_utc("closed_at")}, {_utc("known_at")}
from fresh left join (select person, profile, born from people) using (person)
where status is not null;
"""
