"""A database as large as an integrated care system's: what projections would have stored.

1,000,000 stays of 500,000 people over three years, 300,000 referrals, and what facts say of the
people. Made in SQL, so that it takes a minute or two instead of a day of events; kept between runs.
"""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Final

from benchmarks.kept import kept, run_each
from schemas.reference import load

STAYS, PEOPLE, REFERRALS = 1_000_000, 500_000, 300_000
NOW: Final = datetime(2026, 11, 25, 12, tzinfo=UTC)
_VERSION: Final = "1"
_SEED: Final = "select setseed(0.25)"

_IDENTITIES: Final = """
insert into identities (key, person_id)
select 'ZT1|' || p, md5('person ' || p)::uuid from generate_series(1, {people}) p
"""
# What each visit is: where it is, when it began, how long it lasts.
_VISITS: Final = """
create table visits as
select g, 1 + floor(random() * {people})::integer as p,
  (array['ZT1','ZT2','ZC1','ZM1'])[1 + floor(random() ^ 2 * 4)::integer] as provider,
  case when kind < 0.70 then 'bed' when kind < 0.73 then 'virtual'
    when kind < 0.85 then 'emergency' when kind < 0.93 then 'home' else 'contact' end as setting,
  start, case when kind < 0.73 then -ln(random() + 1e-6) * 6 * interval '1 day'
    else random() * interval '4 hours' end as lasts,
  random() as chance, random() as moves
from (select g, random() as kind,
  timestamptz '2026-11-25 12:00+00' - random() * interval '1096 days' as start
  from generate_series(1, {stays}) g) made
"""
_STAYS: Final = """
insert into stays (source, visit, revision, facts, subject, status, class, setting, provider,
  admitted_at, discharged_at, expected_discharge, ward, site, segments, leaves, nights, flags)
select provider, 'V' || g, 1, '[]', 'ZT1|' || p, status, class, setting, provider, start, until,
  case when status = 'open' then start + lasts end, case when status = 'open' then there end, site,
  case when moved is null then jsonb_build_array(jsonb_build_object(
      'ward', here, 'site', site, 'start', start, 'end', until))
    else jsonb_build_array(
      jsonb_build_object('ward', here, 'site', site, 'start', start, 'end', moved),
      jsonb_build_object('ward', there, 'site', site, 'start', moved, 'end', until)) end,
  case when chance < 0.03 and last > first + 2 then jsonb_build_array(jsonb_build_object(
    'start', start + interval '1 day', 'end', start + interval '2 days')) else '[]' end,
  case when setting not in ('bed', 'virtual') or first = last then '[]'
    when moved is null or moved_on = first then jsonb_build_array(jsonb_build_object(
      'ward', there, 'site', site, 'from', first, 'to', last, 'setting', setting))
    else jsonb_build_array(
      jsonb_build_object('ward', here, 'site', site, 'from', first, 'to', moved_on,
        'setting', setting),
      jsonb_build_object('ward', there, 'site', site, 'from', moved_on, 'to', last,
        'setting', setting)) end,
  case when chance > 0.995 then array['inferred-admission'] when chance > 0.99
    then array['unknown-ward'] else '{{}}' end
from (
  select *, case when start + lasts > '{now}' and setting in ('bed', 'virtual') then 'open'
      else 'finished' end as status,
    case when start + lasts > '{now}' and setting in ('bed', 'virtual') then null
      else start + lasts end as until,
    case setting when 'bed' then case when chance < 0.08 then 'SS' else 'IMP' end
      when 'virtual' then 'VR' when 'emergency' then 'EMER' when 'home' then 'HH' else 'AMB' end
      as class,
    case when moves < 0.4 and setting = 'bed' and start + lasts / 3 < '{now}'
      then start + lasts / 3 end as moved,
    provider || '01' as site, provider || '01-W0' || 1 + g % 5 as here,
    provider || '01-W0' || 1 + (g + 1) % 5 as there,
    (start at time zone 'Europe/London')::date as first,
    case when start + lasts > '{now}' then null
      else ((start + lasts) at time zone 'Europe/London')::date end as last,
    ((start + lasts / 3) at time zone 'Europe/London')::date as moved_on
  from visits
) known
"""
_REFERRALS: Final = """
with made as (
  select g, 1 + floor(random() * {people})::integer as p, random() as r,
    timestamptz '{now}' - random() * interval '1096 days' as sent
  from generate_series(1, {referrals}) g
), named as (
  insert into referral_names (name, strand) select 'ZT1|R' || g, 'ZT1|R' || g from made
)
insert into referrals (name, strand, subject, status, receiver, sent_at, answer_due, accepted_at,
  first_contact_at, closed_at, referral)
select 'ZT1|R' || g, 'ZT1|R' || g, 'ZT1|' || p,
  case when r < 0.8 then 'completed' when r < 0.9 then 'accepted' else 'sent' end,
  (array['ZC1','ZS1','ZV1','ZM1'])[1 + g % 4], sent, sent + interval '2 days',
  case when r < 0.9 then sent + r * interval '3 days' end,
  case when r < 0.85 then sent + r * interval '9 days' end,
  case when r < 0.8 then sent + r * interval '40 days' end, '{{}}'
from made
"""
_TRAIT: Final = """
insert into traits (event_id, number, kind, subject, source, thread, version, recorded, said)
select md5('{name}' || g)::uuid, 0, '{kind}', {subject}, {source}, '{name}|' || g, '1', '{now}',
  {said}
from {of}
"""


def _trait(kind: str, name: str, of: str, said: str, **more: str) -> str:
    usual = {"subject": "'ZT1|' || p", "source": "'ZT1'"}
    return _TRAIT.format(
        kind=kind, name=name, of=of, said=said, now="2026-11-20 12:00+00", **(usual | more)
    )


# One in so many people, each with a day of the last years.
_SOME: Final = """(
  select g, 1 + (g * 7919::bigint) % {people} as p,
    date '2026-11-25' - (random() * {days})::integer as since, random() as r
  from generate_series(1, ({people} / {one_in})::integer) g) made"""


def _some(one_in: float, days: int = 3650) -> str:
    return _SOME.format(people=PEOPLE, days=days, one_in=one_in)


_EVERYBODY: Final = """(
  select g, g as p, random() as r, random() as q from generate_series(1, {people}) g) made"""
_PERSON: Final = """
jsonb_build_object('birth', date '1926-01-01' + (sqrt(r) * 36500)::integer,
  'sex', case when q < 0.5 then 'female' else 'male' end,
  'ethnicity', substr('AAAAAAAAAABCDEFGHJKLMNPRSZ', 1 + (q * 25)::integer, 1),
  'postcode', ({postcodes})[1 + (g * 31) % {many}], 'practice', 'ZP000' || 1 + g % 4,
  'flags', '[]'::jsonb)
|| case when r > 0.985 then jsonb_build_object('lives', 'care-home') else '{{}}' end"""


def _traits() -> Iterator[str]:
    """What facts say of people, wards' flags, answers, questions and posts."""
    codes = [f"'{row.postcode}'" for row in load().postcodes]
    said = _PERSON.format(postcodes=f"array[{','.join(codes)}]", many=len(codes))
    yield _trait("person", "P", _EVERYBODY.format(people=PEOPLE), said)
    shares = {"73211009": 12, "13645005": 25, "84114007": 40, "52448006": 30, "58214004": 80}
    for code, one_in in shares.items():
        said = f"jsonb_build_object('codes', jsonb_build_array('{code}'), 'since', since)"
        yield _trait("condition", f"C{code}", _some(one_in), said)
    since = "to_char(since, 'YYYY-MM-DD') || 'T09:00:00+00:00'"
    for code, one_in in {"frailty": 8, "care-home": 60, "high-intensity-use": 90}.items():
        said = f"jsonb_build_object('codes', jsonb_build_array('{code}'), 'since', {since})"
        yield _trait("flag", f"F{code}", _some(one_in), said)
    said = "jsonb_build_object('cohort', 'end-of-life', 'since', since)"
    yield _trait("group", "G", _some(70), said)
    yield from _ways_out()
    at = f"'at', {since}, 'organisation', (array['ZT1','ZC1','ZP0001','ZS1'])[1 + g % 4]"
    said = f"jsonb_build_object('questions', jsonb_build_array('q' || 1 + g % 9), {at})"
    yield _trait("asked", "Q", _some(1.5, 1096), said)
    answers = "to_jsonb(array[(r * 4)::integer, 0, 0, (r * 2)::integer])"
    said = f"jsonb_build_object('instrument', 'integrate', 'answers', {answers}, {at})"
    yield _trait("survey", "S", _some(8, 1096), said)
    said = said.replace("integrate", "partnership").replace("0, 0", "4, 4")
    yield _trait("survey", "T", _some(500), said, subject="null")
    said = (
        "jsonb_build_object('practitioner', 'W' || g, 'organisation', 'ZC1', 'service',"
        " (array['ZC103-N01','ZC103-F01','ZC101-R01'])[1 + g % 3], 'wte', 0.5, 'active', true)"
    )
    yield _trait("role", "W", _some(60), said, subject="null")


def _ways_out() -> Iterator[str]:
    """Flags of who was ready to leave a bed, where to, and what it waited for."""
    moments = {
        "since": "start + lasts / 2",
        "until": "least(start + lasts, timestamptz '2026-11-25 12:00+00')",
    }
    for name, share, code in (
        ("ready", 0.2, "'ready'"),
        ("pathway", 0.2, "'pathway-' || g % 4"),
        (
            "delay",
            0.15,
            "(array['delay-pharmacy','delay-care-package','delay-transport'])[1 + g % 3]",
        ),
    ):
        stays = f"visits where setting = 'bed' and chance < {share} and lasts > interval '1 day'"
        said = (
            f"jsonb_build_object('codes', jsonb_build_array({code}), 'visit', 'V' || g, 'since',"
            f" {moments['since']}) || case when start + lasts <= '2026-11-25 12:00+00'"
            f" then jsonb_build_object('until', {moments['until']}) else '{{}}' end"
        )
        yield _trait("flag", name, stays, said, source="provider")


def _statements() -> Iterator[tuple[str, str]]:
    numbers = {"people": PEOPLE, "stays": STAYS, "referrals": REFERRALS, "now": NOW.isoformat()}
    yield "seed", _SEED
    for name, statement in (
        ("people", _IDENTITIES),
        ("visits", _VISITS),
        ("stays", _STAYS),
        ("referrals", _REFERRALS),
    ):
        yield name, statement.format(**numbers)
    for statement in _traits():
        yield "traits", statement


def filled() -> AbstractAsyncContextManager[str]:
    """The address of a filled database, filled now where it is not yet; what fills it is kept."""
    return kept(f"measures-{_VERSION}", lambda tx: run_each(tx, _statements()), durable=False)
