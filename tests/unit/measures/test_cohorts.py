"""Membership of target groups: by hand, and against a count day by day, in any order of facts."""

import json
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.cohorts import Cohort, Criterion
from schemas.reference import load
from streams.measures import cohorts, traits
from tests.unit.measures.made import store

ARBEL, BRISA = UUID(int=1), UUID(int=2)
EVER, NEVER = date.min, date.max
Days = list[tuple[date, date]]


class Said(NamedTuple):
    """What one fact says of somebody, as traits keep it."""

    kind: str
    said: dict[str, Any]
    thread: str = ""
    version: int = 1
    person: UUID = ARBEL


def person(**said: Any) -> Said:
    return Said("person", said, "patient")


def flag(code: str, since: str | None = None, until: str | None = None, **more: Any) -> Said:
    """A flag from one London morning until another."""
    times = {"since": since and f"{since}T09:00:00+00:00", "until": until and f"{until}T09:00:00Z"}
    return Said("flag", {"codes": [code], **{k: v for k, v in times.items() if v}, **more})


def condition(code: str, since: str | None = None, until: str | None = None, **more: Any) -> Said:
    times = {key: day for key, day in (("since", since), ("until", until)) if day}
    return Said("condition", {"codes": [code], **times, **more})


def listed(cohort: str, since: str, until: str | None = None) -> Said:
    return Said("group", {"cohort": cohort, "since": since, **({"until": until} if until else {})})


def taught(
    said: Iterable[Said] = (),
    attended: Iterable[str] = (),
    rules: Iterable[Cohort] | None = None,
    among: duckdb.DuckDBPyConnection | None = None,
) -> duckdb.DuckDBPyConnection:
    """The engine's tables after these facts and emergency attendances, members worked out."""
    made = among or store()
    if among is None:
        rows = cohorts.criteria(load().cohorts if rules is None else rules)
        made.executemany("insert into criteria values (?, ?, ?, ?, ?, ?)", [list(r) for r in rows])
    for one in said:
        thread = one.thread or uuid4().hex
        made.execute(
            "insert into traits select hash(uuid()), hash($2), uuid(), 0, $3, $4, 'RX1', $2, $1,"
            " '2026-01-01 12:00', $5, '2026-01-01', null",
            [str(one.version), thread, one.kind, one.person, json.dumps(one.said)],
        )
    for number, day in enumerate(attended):
        made.execute(
            "insert into stays (n, person, setting, status, admitted_day)"
            " values (hash(?), ?, 'emergency', 'finished', ?)",
            [f"{day} {number}", ARBEL, day],
        )
    made.execute("create or replace temp table touched as select distinct person from traits")
    made.execute("insert into touched select distinct person from stays")
    made.execute(traits.HOLD)
    for table in traits.OF_TRAITS:
        made.execute(traits.FORGET.format(table=table))
    made.execute(cohorts.SIGNS)
    made.execute(traits.MAKE)
    made.execute(cohorts.MEMBERS)
    return made


def days(made: duckdb.DuckDBPyConnection, cohort: str, who: UUID = ARBEL) -> Days:
    """The stretches in which somebody is a member, the last day not part of it."""
    asked = "select first, last from members where cohort = ? and person = ? order by first"
    found = made.execute(asked, [cohort, who]).fetchall()
    return [(first, last) for first, last in found]


def test_frailty_needs_the_flag_and_the_age() -> None:
    born = person(birth="1951-06-10")
    early = taught([born, flag("frailty", "2025-01-05")])
    assert days(early, "frailty") == [(date(2026, 6, 10), NEVER)]
    late = taught([born, flag("frailty", "2026-07-01", "2026-08-01")])
    assert days(late, "frailty") == [(date(2026, 7, 1), date(2026, 8, 1))]
    assert days(taught([born]), "frailty") == days(taught([flag("frailty")]), "frailty") == []


def test_whoever_was_born_on_29_february_is_a_year_older_on_1_march() -> None:
    born = [person(birth="1948-02-29"), flag("frailty", "2020-01-01")]
    assert days(taught(born), "frailty") == [(date(2023, 3, 1), NEVER)]


@pytest.mark.parametrize(
    ("moment", "first"),
    [
        # Summer time begins at 01:00 on 29 March 2026 and ends at 01:00 UTC on 25 October.
        ("2026-03-28T23:30:00+00:00", date(2026, 3, 28)),
        ("2026-03-29T22:30:00+00:00", date(2026, 3, 29)),
        ("2026-03-29T23:30:00+00:00", date(2026, 3, 30)),
        ("2026-10-24T23:30:00+00:00", date(2026, 10, 25)),
        ("2026-10-25T23:30:00+00:00", date(2026, 10, 25)),
    ],
)
def test_a_flag_s_days_are_london_s(moment: str, first: date) -> None:
    said = Said("flag", {"codes": ["care-home"], "since": moment})
    assert days(taught([said]), "care-home") == [(first, NEVER)]


def test_conditions_count_from_onset_to_end_by_every_code_of_the_list() -> None:
    made = taught(
        [
            condition("44054006", "2020-02-01", "2024-05-01"),  # type 2
            condition("73211009", "2024-03-01", "2025-01-01"),  # diabetes
            condition("E11.9", "2025-01-01", "2025-02-01"),  # ICD-10, goes on from it
            condition("46635009", "2026-01-01", holds=False),  # type 1, refuted
            condition("38341003", "2001-01-01"),  # hypertension is of no group
        ]
    )
    assert days(made, "diabetes") == [(date(2020, 2, 1), date(2025, 2, 1))]
    assert made.execute("select count(*) from members").fetchall() == [(1,)]


def test_a_part_of_an_icd_10_category_may_be_a_group_s_without_the_category() -> None:
    assert days(taught([condition("Z51.5", "2026-01-01")]), "end-of-life")
    assert days(taught([condition("Z515", "2026-01-01")]), "end-of-life")
    assert not days(taught([condition("Z51.1", "2026-01-01")]), "end-of-life")


def test_what_has_no_beginning_holds_from_the_day_it_was_written_on() -> None:
    assert days(taught([condition("52448006")]), "dementia") == [(date(2026, 1, 1), NEVER)]


def test_a_register_lists_its_members_with_their_days() -> None:
    made = taught(
        [listed("end-of-life", "2025-01-01", "2025-03-01"), listed("end-of-life", "2025-06-01")]
    )
    assert days(made, "end-of-life") == [
        (date(2025, 1, 1), date(2025, 3, 1)),
        (date(2025, 6, 1), NEVER),
    ]
    assert days(taught([listed("chess club", "2025-01-01")]), "chess club") == []


def test_a_residence_has_no_days_and_the_one_said_last_counts() -> None:
    home = taught([person(lives="care-home")])
    assert days(home, "care-home") == [(EVER, NEVER)]
    moved = [Said("person", {}, "patient", version=2)]
    assert days(taught([person(lives="care-home"), *moved]), "care-home") == []


def test_often_is_five_attendances_within_a_year_from_the_fifth_on() -> None:
    five = ["2025-01-10", "2025-01-10", "2025-03-01", "2025-04-01", "2025-12-31"]
    assert days(taught(attended=five), "high-intensity-use") == [
        (date(2025, 12, 31), date(2026, 1, 10))
    ]
    too_far = [*five[:4], "2026-01-10"]
    assert days(taught(attended=too_far), "high-intensity-use") == []
    sixth = [*five, "2026-01-05"]
    assert days(taught(attended=sixth), "high-intensity-use") == [
        (date(2025, 12, 31), date(2026, 1, 10))
    ]


def test_what_a_later_version_says_takes_the_place_of_what_was_said() -> None:
    first = flag("care-home", "2025-01-01")._replace(thread="a")
    ended = flag("care-home", "2025-01-01", "2025-02-01")._replace(thread="a", version=2)
    mistaken = Said("nothing", {}, "a", version=3)
    assert days(taught([ended, first]), "care-home") == [(date(2025, 1, 1), date(2025, 2, 1))]
    assert days(taught([mistaken, first, ended]), "care-home") == []


def test_only_those_about_whom_something_changed_are_worked_out_anew() -> None:
    made = taught([flag("care-home", "2025-01-01"), flag("dementia")._replace(person=BRISA)])
    made.execute("update members set last = '2030-01-01' where person = ?", [BRISA])
    made.execute("create or replace temp table touched as select ?::uuid as person", [ARBEL])
    made.execute(cohorts.MEMBERS)
    assert days(made, "care-home") == [(date(2025, 1, 1), NEVER)]
    assert days(made, "dementia", BRISA)[0][1] == date(2030, 1, 1)


START = date(2026, 3, 1)
SPAN = 40
some_days = st.integers(0, SPAN).map(lambda n: START + timedelta(days=n))
spans = st.tuples(some_days, st.none() | some_days)
CODES = {"condition": "73211009", "flag": "red", "group": "listed"}
CHOICES = {
    "condition": Criterion(conditions=("73211009",)),
    "flag": Criterion(flags=("red",)),
    "group": Criterion(group="listed"),
    "age": Criterion(age_at_least=75),
    "attendances": Criterion.model_validate(
        {"emergency_attendances": {"at_least": 2, "within_days": 10}}
    ),
}
criterion_names = st.lists(st.sampled_from(sorted(CHOICES)), max_size=3)


def made_of(kind: str, span: tuple[date, date | None]) -> Said:
    since, until = span[0].isoformat(), span[1].isoformat() if span[1] else None
    return {
        "condition": lambda: condition("73211009", since, until),
        "flag": lambda: flag("red", since, until),
        "group": lambda: listed("listed", since, until),
    }[kind]()


facts = st.lists(st.tuples(st.sampled_from(sorted(CODES)), spans), max_size=6)


def holds(
    name: str,
    said: list[tuple[str, tuple[date, date | None]]],
    birthday: date,
    attended: list[date],
    day: date,
) -> bool:
    """Whether a criterion holds on a day, the plain way."""
    if name == "age":
        return birthday <= day
    if name == "attendances":
        return sum(day - timedelta(days=10) < at <= day for at in attended) >= 2
    return any(
        kind == name and since <= day and (until is None or day < until)
        for kind, (since, until) in said
    )


def test_who_attended_once_is_no_member_though_the_criterion_is_written_twice() -> None:
    twice = {"emergency_attendances": {"at_least": 2, "within_days": 365}}
    rule = {"id": "one", "title": "One", "source": "ours", "version": "1", "any": [twice, twice]}
    made = taught([person(birth="1950-01-01")], ["2026-03-01"], [Cohort.model_validate(rule)])
    assert days(made, "one") == []


@settings(max_examples=40, deadline=None)
@given(
    said=facts,
    every=criterion_names,
    some=criterion_names,
    birthday=some_days,
    attended=st.lists(some_days, max_size=5),
    split=st.integers(0, 6),
    data=st.data(),
)
def test_members_are_those_of_a_count_day_by_day_whatever_the_order(
    said: list[tuple[str, tuple[date, date | None]]],
    every: list[str],
    some: list[str],
    birthday: date,
    attended: list[date],
    split: int,
    data: st.DataObject,
) -> None:
    rule = {"id": "one", "title": "One", "source": "ours", "version": "1"}
    if not every and not some:
        every = ["age"]
    groups = {key: [CHOICES[n] for n in names] for key, names in (("all", every), ("any", some))}
    cohort = Cohort.model_validate(rule | groups)
    birth = birthday.replace(year=birthday.year - 75).isoformat()
    all_said = data.draw(
        st.permutations([person(birth=birth), *(made_of(kind, span) for kind, span in said)])
    )
    visits = [day.isoformat() for day in attended]
    made = taught(all_said[:split], visits[:2], [cohort])
    made = taught(all_said[split:], visits[2:], among=made)
    found = days(made, "one")
    assert all(first < last for first, last in found)
    assert all(last < first for (_, last), (first, _) in pairwise(found))
    for number in range(SPAN + 15):
        day = START + timedelta(days=number)
        meets = [holds(name, said, birthday, attended, day) for name in every]
        meets += [any(holds(n, said, birthday, attended, day) for n in some)] if some else []
        assert any(first <= day < last for first, last in found) is all(meets), day
