"""Strands kept up batch by batch are those that all the facts at once make."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from schemas.events import CareEvent
from streams.referrals.facts import ReferralFact, names_in, reported
from streams.referrals.fold import referrals_of
from streams.referrals.referral import Referral
from streams.referrals.strands import Changes, Strand, plan
from tests.unit.referrals.made import (
    SENT,
    facts,
    fhir_events,
    histories,
    in_two,
    receiver,
    request,
    sender,
    task,
    v2_events,
)


class Shelf:
    """What the tables hold, kept up as the projector keeps them."""

    def __init__(self) -> None:
        self.strands: dict[str, Strand] = {}
        self.batches = 0

    def take(self, batch: Sequence[CareEvent]) -> Changes:
        self.batches += 1
        found = facts(*batch, known=self.batches)
        asked = {name for fact in found for name in names_in(fact)}
        stored = [strand for strand in self.strands.values() if asked & {*strand.names}]
        changes = plan(found, stored)
        for name in changes.gone:
            del self.strands[name]
        self.strands |= {strand.name: strand for strand in changes.strands}
        return changes

    @property
    def referrals(self) -> list[Referral]:
        found = (one for strand in self.strands.values() for one in strand.referrals)
        return sorted(found, key=lambda one: one.name)


def shelved(batches: Sequence[Sequence[CareEvent]]) -> Shelf:
    shelf = Shelf()
    for batch in batches:
        shelf.take(batch)
    return shelf


def told(shelf: Shelf) -> dict[str, tuple[list[str], set[tuple[str, str, str]]]]:
    """Strands in terms that two runs share: what came first is kept as it was first known."""
    return {
        name: (
            strand.names,
            {(fact.event_id, fact.role, fact.version) for fact in reported(strand.facts)},
        )
        for name, strand in shelf.strands.items()
    }


@given(events=histories(), data=st.data())
def test_batches_in_any_order_end_in_the_same_strands_and_referrals(
    events: list[CareEvent], data: st.DataObject
) -> None:
    replayed = data.draw(st.permutations(events + events[:2]))
    at_once = shelved([events])
    for batches in (
        in_two(replayed, data.draw(st.integers(0, len(replayed)))),
        [[e] for e in replayed],
    ):
        other = shelved(batches)
        assert told(other) == told(at_once)
        assert other.referrals == at_once.referrals


@given(events=histories())
def test_strands_apart_fold_as_all_the_facts_together_do(events: list[CareEvent]) -> None:
    everything = referrals_of(facts(*events))
    assert shelved([events]).referrals == everything


class Interleaved(RuleBasedStateMachine):
    """Events come one by one or in batches, again and again; a past moment is remembered."""

    def __init__(self) -> None:
        super().__init__()
        self.shelf = Shelf()
        self.came: list[CareEvent] = []
        self.remembered: dict[int, list[Referral]] = {}

    @rule(batch=st.lists(fhir_events() | v2_events(), min_size=1, max_size=3))
    def comes(self, batch: list[CareEvent]) -> None:
        self.came += batch
        self.shelf.take(batch)

    @rule(data=st.data())
    def comes_again(self, data: st.DataObject) -> None:
        if self.came:
            self.shelf.take([data.draw(st.sampled_from(self.came))])

    @rule()
    def somebody_looks(self) -> None:
        self.remembered[self.shelf.batches] = self.shelf.referrals

    @invariant()
    def it_is_what_all_at_once_would_be(self) -> None:
        assert self.shelf.referrals == referrals_of(facts(*self.came))

    @invariant()
    def every_name_leads_to_one_strand(self) -> None:
        names = [name for strand in self.shelf.strands.values() for name in strand.names]
        assert len(names) == len(set(names))
        assert all(strand.name == strand.names[0] for strand in self.shelf.strands.values())

    @invariant()
    def the_past_is_told_as_it_was_known(self) -> None:
        for batches, then in self.remembered.items():
            found: list[Referral] = []
            for strand in self.shelf.strands.values():
                known = [fact for fact in strand.facts if fact.known <= batches]
                found += referrals_of(known)
            assert sorted(found, key=lambda one: one.name) == then


TestInterleaved = Interleaved.TestCase
TestInterleaved.settings = settings(stateful_step_count=20)


def test_what_is_known_already_changes_nothing() -> None:
    shelf = Shelf()
    events = [sender(request()), receiver(task())]
    assert len(shelf.take(events).strands) == 1
    assert shelf.take(events) == Changes([], [])


def test_a_fact_that_knows_two_names_makes_one_strand_of_two() -> None:
    alone, answer = request(), receiver(task())
    del alone["identifier"]
    shelf = Shelf()
    shelf.take([sender(alone)])
    shelf.take([answer])
    assert len(shelf.strands) == 2
    changes = shelf.take([sender(request(hours=1))])
    assert len(changes.gone) == 1
    (strand,) = shelf.strands.values()
    assert [one.status for one in strand.referrals] == ["accepted"]
    assert strand.subjects == ["RX1/Patient/p1", "RY2/Patient/q1"]


def test_an_earlier_report_of_a_fact_counts_and_when_it_was_known_stays() -> None:
    undated = request()
    del undated["meta"]
    late, early = (sender(undated, received=SENT.replace(hour=hour)) for hour in (15, 12))
    (strand,) = shelved([[late], [early], [late]]).strands.values()
    kept: list[ReferralFact] = strand.facts
    assert sorted((fact.version, fact.known) for fact in kept) == sorted(
        [(late.version, 1), (early.version, 2)]
    )
    assert [fact.version for fact in reported(kept)] == [early.version]
