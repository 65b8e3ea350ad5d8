"""The truth of every measure, against examples counted by hand."""

from datetime import UTC, date, datetime
from functools import cache
from random import Random

import pytest

from services.simulator.ledger import Asking, Delay, Ledger, Post, Ready, Reply, StaffedBeds
from services.simulator.lives import Lives
from services.simulator.measured import Asked, At, Population, cut, figures_of
from services.simulator.organisations import HARBOUR, Ward, wards
from services.simulator.people import Person
from services.simulator.people import population as made_up
from services.simulator.services import DISTRICT_NURSES, FALLS_PREVENTION, HOSPITALS, Offer
from services.simulator.truth import TrueReferral
from services.simulator.visits import Leave, Segment, Visit


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@cache
def people() -> tuple[Person, ...]:
    return made_up(5, Random(1), date(2026, 3, 1))


def lives(
    *visits: Visit, referrals: tuple[TrueReferral, ...] = (), ledger: Ledger | None = None
) -> Population:
    """As much of a care system as an example needs; the practice knows everybody."""
    known = frozenset((person.practice.source, person.nhs_number) for person in people())
    happened = ledger or Ledger()
    return Population(Lives(people(), wards(500), visits, referrals, happened, known, frozenset()))


WARD = next(ward for ward in wards(500) if ward.code == "ZT101-W02")
SURGERY = next(ward for ward in wards(500) if ward.code == "ZT101-W05")


def stay(
    number: int, start: str, end: str, ward: Ward = WARD, code: str = "IMP", *leaves: Leave
) -> Visit:
    """A finished stay of the first person in one ward."""
    return Visit(
        visit=f"v{number}",
        source=HARBOUR,
        person=people()[0],
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


SPRING = Asked(date(2026, 3, 1), date(2026, 5, 1), at("2026-05-02T00:00+01:00"))


def open_stay(number: int, start: str, expected: str | None = None) -> Visit:
    return Visit(
        visit=f"v{number}",
        source=HARBOUR,
        person=people()[0],
        patient_id="p",
        class_code="IMP",
        status="in-progress",
        recorded=at(start),
        start=at(start),
        segments=(Segment(WARD, at(start)),),
        expected=at(expected) if expected else None,
    )


def contact(number: int, start: str, offer: Offer, person: int = 0, code: str = "HH") -> Visit:
    return Visit(
        visit=f"v{number}",
        source=offer.provider,
        person=people()[person],
        patient_id="p",
        class_code=code,
        status="finished",
        recorded=at(start),
        start=at(start),
        end=at(start),
        offer=offer,
    )


def test_who_is_in_and_for_how_long_by_hand() -> None:
    population = lives(
        open_stay(1, "2026-04-25T10:00+01:00"),  # 7 days before the second of May
        open_stay(2, "2026-04-26T10:00+01:00"),
        open_stay(3, "2026-04-11T10:00+01:00", "2026-04-30T12:00+01:00"),  # 21 days
        stay(4, "2026-04-29T10:00+01:00", "2026-05-01T07:59:30+01:00"),
    )
    assert figures_of("long_stay", population, SPRING) == {"7+": 2.0, "14+": 1.0, "21+": 1.0}
    assert figures_of("expected_discharges", population, SPRING) == {"total": 1.0}
    for moment, beds in ((At.NOW, 3.0), (At.EIGHT, 3.0), (At.MIDNIGHT, 4.0)):
        asked = Asked(SPRING.first, SPRING.end, SPRING.now, moment)
        assert figures_of("beds_occupied", population, asked) == {"total": beds}
    assert figures_of("admissions", population, SPRING) == {"total": 4.0}
    assert figures_of("discharges", population, SPRING) == {"total": 0.0}
    hours = cut("admissions", population, SPRING, "hour")
    assert {key: part["total"] for key, part in hours.items()} == {("10",): 4.0}


def test_occupancy_by_hand() -> None:
    beds = [
        StaffedBeds(WARD.code, 8, at("2026-03-01T10:00+00:00")),
        StaffedBeds(WARD.code, 4, at("2026-04-20T10:00+01:00")),
        StaffedBeds(SURGERY.code, 2, at("2026-05-03T10:00+01:00")),
    ]
    population = lives(open_stay(1, "2026-04-25T10:00+01:00"), ledger=Ledger(beds=beds))
    assert figures_of("occupancy", population, SPRING) == {
        "value": 0.25,
        "occupied": 1.0,
        "staffed": 4.0,
    }


def test_discharge_delays_by_hand() -> None:
    ready = {
        "a": Ready("v1", at("2026-03-20T10:00+00:00"), "1", at("2026-03-22T10:00+00:00")),
        "b": Ready("v1", at("2026-03-27T23:30+00:00"), "2"),  # over the change of the clock
        "c": Ready("v2", at("2026-04-29T10:00+01:00"), "0"),
    }
    delays = {
        "a": Delay("v1", "transport", at("2026-03-27T23:30+00:00"), at("2026-03-28T10:00+00:00")),
        "b": Delay("v1", "medicines", at("2026-03-27T23:30+00:00")),
    }
    population = lives(
        stay(1, "2026-03-10T10:00+00:00", "2026-03-30T00:30+01:00"),
        open_stay(2, "2026-04-01T10:00+01:00"),
        ledger=Ledger(ready=ready, delays=delays),
    )
    # The final time alone: three days of the first stay, two of the second before May.
    assert figures_of("discharge_delay", population, SPRING) == {"total": 5.0, "people": 1.0}
    by_pathway = cut("discharge_delay", population, SPRING, "pathway")
    assert by_pathway == {
        ("2",): {"total": 3.0, "people": 0.0},
        ("0",): {"total": 2.0, "people": 1.0},
    }
    by_reason = cut("discharge_delay", population, SPRING, "reason")
    assert by_reason == {
        ("transport",): {"total": 1.0, "people": 0.0},
        ("medicines",): {"total": 3.0, "people": 0.0},
        ("unknown",): {"total": 2.0, "people": 1.0},
    }


def test_care_closer_to_home_and_prevention_by_hand() -> None:
    population = lives(
        stay(1, "2026-04-01T10:00+01:00", "2026-04-03T10:00+01:00"),  # two days in hospital
        stay(2, "2026-04-05T10:00+01:00", "2026-04-05T12:00+01:00", WARD, "EMER"),
        contact(3, "2026-04-10T10:00+01:00", DISTRICT_NURSES),
        contact(4, "2026-04-11T10:00+01:00", FALLS_PREVENTION, 1, "AMB"),
        contact(5, "2026-05-01T00:30+01:00", FALLS_PREVENTION, 1, "AMB"),  # in May
    )
    home = figures_of("closer_to_home", population, SPRING)
    assert home == {"value": 0.4, "numerator": 2.0, "denominator": 5.0}
    prevention = figures_of("preventative_use", population, SPRING)
    assert prevention == {"value": 200.0, "numerator": 1.0, "denominator": 5.0}


def test_referrals_by_hand() -> None:
    sent = at("2026-04-24T10:00+01:00")  # a Friday: an answer is due on the next one
    quick = TrueReferral(
        "ZT1",
        "s1",
        people()[0].nhs_number,
        "completed",
        sent,
        sent,
        at("2026-04-24T16:00+01:00"),
        at("2026-04-25T10:00+01:00"),
        at("2026-04-26T10:00+01:00"),
        "ZC1",
    )
    silent = TrueReferral("ZT1", "s2", people()[1].nhs_number, "sent", sent, receiver="ZS1")
    population = lives(referrals=(quick, silent))
    waits = figures_of("referral_wait", population, SPRING)
    assert (waits["accepted_median"], waits["contact_mean"], waits["outcome_p90"]) == (6, 24, 48)
    closed = figures_of("referrals_closed", population, SPRING)
    assert closed == {"value": 0.5, "numerator": 1.0, "denominator": 2.0}
    early = Asked(SPRING.first, SPRING.end, at("2026-05-01T09:59+01:00"))
    assert figures_of("silent_handoffs", population, early) == {"total": 0.0}
    late = Asked(SPRING.first, SPRING.end, at("2026-05-01T10:01+01:00"))
    assert cut("silent_handoffs", population, late, "provider") == {("ZS1",): {"total": 1.0}}


def test_what_people_and_partners_say_by_hand() -> None:
    number, now = people()[0].nhs_number, at("2026-04-10T10:00+01:00")
    replies = [
        Reply(number, "ZC1", "integrate", (0, 0, 0, 0), now),
        Reply(number, "ZC1", "integrate", (0, 0, 1, 0), now),
        Reply(None, "ZS1", "partnership", (4, 4, 4, 4, 4), now),
        Reply(None, "ZS1", "partnership", (5, 5, 5, 2, 2), now),
    ]
    posts = {
        "a": Post("a", DISTRICT_NURSES, 0.5, date(2020, 1, 1)),
        "b": Post("b", HOSPITALS[0], 1.5, date(2020, 1, 1)),
        "c": Post("c", DISTRICT_NURSES, 1.0, date(2020, 1, 1), date(2026, 4, 1)),
    }
    population = lives(ledger=Ledger(replies=replies, posts=posts))
    assert figures_of("coordinated_care_reported", population, SPRING)["value"] == 0.5
    assert figures_of("partnership_reported", population, SPRING)["value"] == 0.5
    staff = figures_of("neighbourhood_workforce", population, SPRING)
    assert staff == {"value": 0.25, "numerator": 0.5, "denominator": 2.0}


def test_stories_told_again_by_hand() -> None:
    number = people()[0].nhs_number
    askings = [
        Asking(number, "ZC1", "Who helps you?", at("2026-03-11T10:00+00:00")),
        Asking(number, "ZC1", "Who helps you?", at("2026-03-12T10:00+00:00")),  # the same service
        Asking(number, "ZS1", "Who helps you?", at("2026-04-11T11:00+01:00")),  # to the hour
        Asking(number, "ZT1", "Who helps you?", at("2026-05-20T11:00+01:00")),  # long after
        Asking(people()[1].nhs_number, "ZS1", "Who helps you?", at("2026-03-12T10:00+00:00")),
    ]
    population = lives(
        contact(1, "2026-04-10T10:00+01:00", DISTRICT_NURSES),
        contact(2, "2026-04-12T10:00+01:00", DISTRICT_NURSES),
        contact(3, "2026-04-12T10:00+01:00", DISTRICT_NURSES, person=1),
        ledger=Ledger(askings=askings),
    )
    found = figures_of("story_repeated", population, SPRING)
    assert found == {"value": 50.0, "numerator": 1.0, "denominator": 2.0}


def test_two_beds_at_once_by_hand() -> None:
    population = lives(
        open_stay(1, "2026-04-25T10:00+01:00"),
        stay(2, "2026-04-28T10:00+01:00", "2026-04-29T10:00+01:00"),
        stay(3, "2026-04-20T10:00+01:00", "2026-04-25T10:00+01:00"),  # over as the first began
    )
    found = figures_of("data_confidence", population, SPRING)
    assert (found["total"], found["conflicting"]) == (2.0, 2.0)
