"""The truth of every measure: true to the truth of stays, and to itself however it is cut."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from services.simulator import Simulation, simulate
from services.simulator.ledger import Ledger
from services.simulator.lives import Lives
from services.simulator.measured import MEASURED, Asked, At, Population, cut, figures_of
from services.simulator.organisations import HARBOUR, Ward, wards
from services.simulator.simulation import FIRST_DAY
from services.simulator.truth import midnight_after
from services.simulator.visits import Leave, Segment, Visit

DAYS = 60
OVERLAPPING = {"cohort", "reason"}
# What adds up over the parts that a measure is cut into.
ADDS_UP = {"total", "leave", "count", "numerator", "denominator", "occupied", "staffed"}


@cache
def simulated() -> Simulation:
    return simulate(500, DAYS, 5)


@cache
def everybody() -> Population:
    return Population(simulated().lives)


def asked(**other: object) -> Asked:
    end = FIRST_DAY + timedelta(days=DAYS)
    told: dict[str, object] = {"first": FIRST_DAY, "end": end, "now": simulated().truth.until}
    return Asked(**(told | other))  # type: ignore[arg-type]


CUTS = [(name, by) for name, found in MEASURED.items() for by in found.cuts]


@pytest.mark.parametrize(("measure", "by"), CUTS)
def test_parts_add_up_to_the_whole(measure: str, by: str) -> None:
    parts = cut(measure, everybody(), asked(), by)
    whole = figures_of(measure, everybody(), asked())
    if by not in OVERLAPPING:
        for name in whole.keys() & ADDS_UP:
            assert sum(part[name] or 0 for part in parts.values()) == pytest.approx(whole[name])
    rare = measure in {"expected_discharges", "discharge_delay", "data_confidence"}
    assert parts or rare or by == "cohort"


def test_bed_days_are_those_of_the_stays() -> None:
    last = FIRST_DAY + timedelta(days=DAYS)
    by_ward = cut("occupied_bed_days", everybody(), asked(), "ward")
    nights = {key[-1]: part["total"] for key, part in by_ward.items() if part["total"]}
    assert nights == simulated().truth.bed_days(FIRST_DAY, last)
    virtual = figures_of("occupied_bed_days", everybody(), asked(virtual=True))
    assert virtual["total"] == sum(simulated().truth.virtual_bed_days(FIRST_DAY, last).values())


def test_beds_at_a_midnight_are_the_bed_days_of_the_day_that_it_ends() -> None:
    for days in (5, 27, 28, 40):  # the clock goes forward on the 28th of these days
        end = FIRST_DAY + timedelta(days=days)
        nights = simulated().truth.bed_days(end - timedelta(days=1), end)
        found = figures_of("beds_occupied", everybody(), asked(end=end, at=At.MIDNIGHT))
        assert found["total"] == sum(nights.values())
        assert midnight_after(end - timedelta(days=1)) == asked(end=end, at=At.MIDNIGHT).moment


def test_admissions_without_discharges_are_those_who_are_in() -> None:
    admitted = figures_of("admissions", everybody(), asked(first=date(2020, 1, 1)))
    left = figures_of("discharges", everybody(), asked(first=date(2020, 1, 1)))
    now = figures_of("beds_occupied", everybody(), asked())
    assert (admitted["total"] or 0) - (left["total"] or 0) == now["total"]
    assert now["total"]


def test_target_groups_are_dated() -> None:
    population, ledger = everybody(), simulated().lives.ledger
    joined = [one for one in ledger.belongings.values() if one.how == "register" and one.until]
    assert joined
    sizes = Counter(
        by[0] for by in cut("preventative_use", population, asked(end=FIRST_DAY), "cohort")
    )
    assert "frailty" not in sizes  # said on the first day, so not yet on the day before it
    assert ("frailty",) in cut("preventative_use", population, asked(), "cohort")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def lives(*visits: Visit) -> Population:
    made = simulated().lives
    return Population(
        Lives(made.people, made.wards, visits, (), Ledger(), frozenset(), frozenset())
    )


WARD = next(ward for ward in wards(500) if ward.code == "ZT101-W02")
SURGERY = next(ward for ward in wards(500) if ward.code == "ZT101-W05")


def stay(
    number: int, start: str, end: str, ward: Ward = WARD, code: str = "IMP", *leaves: Leave
) -> Visit:
    """A finished stay of the first person in one ward."""
    return Visit(
        visit=f"v{number}",
        source=HARBOUR,
        person=simulated().people[0],
        patient_id="p",
        class_code=code,
        status="finished",
        recorded=at(end),
        start=at(start),
        end=at(end),
        segments=(Segment(ward, at(start), at(end)),),
        leaves=leaves,
    )


def test_lengths_of_stay_by_hand() -> None:
    population = lives(
        stay(1, "2026-03-28T22:00+00:00", "2026-03-30T08:00+01:00"),  # 2 days over the change
        stay(2, "2026-03-31T00:30+01:00", "2026-04-04T08:00+01:00"),  # 4 days, the day after
        stay(3, "2026-04-10T08:00+01:00", "2026-04-10T18:00+01:00", SURGERY, "SS"),  # a day case
        stay(4, "2026-04-20T08:00+01:00", "2026-04-20T18:00+01:00"),  # 0 days
    )
    spring = Asked(date(2026, 3, 1), date(2026, 5, 1), at("2026-05-02T00:00+01:00"))
    assert figures_of("length_of_stay", population, spring) == {
        "mean": 2.0,
        "median": 2.0,
        "p90": pytest.approx(3.6),
        "count": 3.0,
        "continuous_mean": 3.5,
        "continuous_median": 3.5,
        "continuous_p90": pytest.approx(6.3),
        "continuous_count": 2.0,
        "day_cases": 1.0,
    }


def test_bed_days_and_leave_by_hand_when_the_clock_goes_back() -> None:
    away = Leave(at("2026-10-25T10:00+00:00"), at("2026-10-26T10:00+00:00"))
    population = lives(
        stay(1, "2026-10-24T23:30+01:00", "2026-10-27T08:00+00:00", WARD, "IMP", away)
    )
    autumn = Asked(date(2026, 10, 1), date(2026, 11, 1), at("2026-11-02T00:00+00:00"))
    found = cut("occupied_bed_days", population, autumn, "day")
    assert {key: (part["total"], part["leave"]) for key, part in found.items()} == {
        ("2026-10-24",): (1.0, 0.0),
        ("2026-10-25",): (0.0, 1.0),
        ("2026-10-26",): (1.0, 0.0),
    }


def test_who_came_back_by_hand() -> None:
    population = lives(
        stay(1, "2026-03-02T08:00+00:00", "2026-03-04T08:00+00:00"),
        stay(2, "2026-04-03T09:00+01:00", "2026-04-03T12:00+01:00", WARD, "EMER"),
        stay(3, "2026-04-03T12:00+01:00", "2026-04-08T08:00+01:00"),  # on the thirtieth day
        stay(4, "2026-04-20T08:00+01:00", "2026-04-22T08:00+01:00"),  # planned
    )
    spring = Asked(date(2026, 3, 1), date(2026, 5, 1), at("2026-05-02T00:00+01:00"))
    found = figures_of("readmissions_30d", population, spring)
    assert (found["numerator"], found["denominator"]) == (1.0, 3.0)


def test_what_sources_leave_out_for_good_is_doubtful() -> None:
    made = simulate(1_000, DAYS, 5, doubts=True)
    found = figures_of("data_confidence", Population(made.lives), asked())
    kinds = ("inferred", "conflicting", "unknown-ward", "bad-nhs-number")
    assert all(found[kind] for kind in kinds)
    assert found["total"] == sum(found[kind] or 0 for kind in kinds)
