"""The truth of every measure: true to the truth of stays, and to itself however it is cut."""

from collections import Counter
from datetime import date, timedelta
from functools import cache

import pytest

from services.simulator import Simulation, simulate
from services.simulator.measured import MEASURED, Asked, At, Population, cut, figures_of
from services.simulator.simulation import FIRST_DAY
from services.simulator.truth import midnight_after

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


def test_what_sources_leave_out_for_good_is_doubtful() -> None:
    made = simulate(1_000, DAYS, 5, doubts=True)
    found = figures_of("data_confidence", Population(made.lives), asked())
    kinds = ("inferred", "conflicting", "unknown-ward", "bad-nhs-number")
    assert all(found[kind] for kind in kinds)
    assert found["total"] == sum(found[kind] or 0 for kind in kinds)
