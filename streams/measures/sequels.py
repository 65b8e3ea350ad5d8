"""What follows from all the stays and all the questions of a person, worked out when any changes.

Measures would else ask everything of everybody for each figure. DuckDB's SQL; `touched`: the
people whose rows are made anew.
"""

from typing import Final

OF_PEOPLE: Final = ("returns", "double_beds", "first_contacts", "asked_again")
# Within a day of an emergency attendance, or begun as one itself.
_EMERGENCY: Final = """(r.began_elsewhere or exists (
  select 1 from theirs e where e.person = r.person and e.setting = 'emergency'
    and e.status = 'finished' and e.admitted <= r.admitted
    and e.discharged_day between r.admitted_day - 1 and r.admitted_day))"""
_READMITTED_DAYS: Final = 30
_ASKED_AGAIN_DAYS: Final = 30
# `returns`: the stays that an emergency admission of the same person followed within 30 days.
# `double_beds`: stays that share a time with another one in a bed; of two that go on, since both
# have begun. `asked_again`: one conversation counts once, however many of its questions another
# service had asked.
SEQUELS: Final = f"""
create or replace temp table theirs as
select * from stays where person in (select person from touched)
  and status in ('open', 'finished');
delete from returns where person in (select person from touched);
insert into returns
with beds as (select * from theirs where setting = 'bed'),
emergencies as (select * from beds r where {_EMERGENCY})
select distinct s.person, s.n from theirs s join emergencies r on r.person = s.person
where s.status = 'finished' and s.setting in ('bed', 'virtual') and r.n <> s.n
  and r.admitted >= s.discharged and r.admitted_day <= s.discharged_day + {_READMITTED_DAYS};
delete from double_beds where person in (select person from touched);
insert into double_beds
with beds as (
  select *, coalesce(discharged, 'infinity'::timestamp) as until from theirs where setting = 'bed'
)
select s.person, s.n, min(greatest(
    case when s.discharged is null then o.admitted else '-infinity'::timestamp end,
    case when o.discharged is null then s.admitted else '-infinity'::timestamp end))
from beds s join beds o on o.person = s.person
where o.n <> s.n and o.admitted < s.until and o.until > s.admitted group by s.person, s.n;
delete from first_contacts where person in (select person from touched);
insert into first_contacts
select person, profile, born, provider, min(admitted_day), arg_min(n, (admitted, n)) from theirs
where setting in ('home', 'contact', 'emergency') and admitted_day is not null
group by person, profile, born, provider;
delete from asked_again where person in (select person from touched);
insert into asked_again
select person, profile, born, organisation, day from (
  select distinct a.person, a.organisation, a.said_at, a.day from questions a
  join questions b on b.person = a.person and b.question = a.question
  where a.person in (select person from touched) and b.organisation <> a.organisation
    and b.said_at < a.said_at and b.said_at >= a.said_at - interval {_ASKED_AGAIN_DAYS} day
) left join people using (person);
drop table theirs;
"""
