"""A care system's referrals, folded from its messages, are what really became of them."""

from collections import Counter
from datetime import timedelta
from functools import cache
from random import Random

import pytest

from services.simulator import Simulation, simulate
from streams.intake.read import Limits, read
from streams.referrals.facts import ReferralFact
from streams.referrals.fold import referrals_of
from streams.referrals.read import facts_of
from streams.referrals.referral import Referral, is_silent
from tests.stream.simulated import true_referrals

LIMITS = Limits(max_bytes=1_000_000, max_depth=64)
ORDERLY, DISORDERLY = False, True


@cache
def simulated(*, disorder: bool) -> Simulation:
    return simulate(400, 60, 11, disorder=disorder)


def facts_in(simulation: Simulation) -> list[ReferralFact]:
    events = (e for message in simulation.messages for e in read(message.inbound(), LIMITS))
    return [fact for event in events for fact in facts_of(event, 0)]


def told(found: list[Referral]) -> dict[str, tuple[object, ...]]:
    return {
        one.name: (
            one.status,
            one.sent_at,
            one.received_at,
            one.accepted_at,
            one.first_contact.at if one.first_contact else None,
            one.closed_at,
        )
        for one in found
    }


@pytest.mark.parametrize("disorder", [ORDERLY, DISORDERLY])
def test_referrals_are_what_became_of_them(*, disorder: bool) -> None:
    simulation = simulated(disorder=disorder)
    facts = facts_in(simulation)
    Random(3).shuffle(facts)
    found = referrals_of(facts)
    assert told(found) == true_referrals(simulation.truth)
    assert [one.flags for one in found if one.flags] == []
    statuses = Counter(one.status for one in simulation.truth.referrals)
    assert len(statuses) >= 4
    assert sum(statuses.values()) > 50


def test_the_silent_ones_are_those_that_nobody_answered() -> None:
    simulation = simulated(disorder=DISORDERLY)
    late = simulation.truth.until + timedelta(days=14)
    found = [one.name for one in referrals_of(facts_in(simulation)) if is_silent(one, late)]
    unanswered = {"sent", "received"}
    silent = [
        f"{one.source}|ServiceRequest/{one.referral}"
        for one in simulation.truth.referrals
        if one.status in unanswered
    ]
    assert sorted(found) == sorted(silent)
    assert silent
