"""The care that is told as ADT is the care that is told as FHIR."""

from collections import Counter, defaultdict
from datetime import UTC, datetime

import pytest

from schemas.hl7v2 import moment_of, parse
from schemas.hl7v2.triggers import Effect, effect_of
from schemas.hl7v2.values import place
from services.simulator import Simulation, simulate, simulate_adt
from streams.intake.read import Limits, read

LIMITS = Limits(100_000, 64)


@pytest.fixture(scope="module")
def told() -> Simulation:
    return simulate_adt(400, 40, 7)


def test_each_message_is_one_fact_of_its_own_under_the_sources_own_name(told: Simulation) -> None:
    assert len(told.messages) > 500
    facts = [(m, read(m.inbound(), LIMITS)) for m in told.messages]
    assert {len(events) for _, events in facts} == {1}
    assert len({events[0].id for _, events in facts}) == len(told.messages)
    for message, (event,) in facts:
        assert event.message_id == message.message_id
        assert (event.source, event.flags) == (message.source, ())


def test_it_is_told_in_the_order_in_which_it_was_written_and_of_the_past(told: Simulation) -> None:
    assert [m.at for m in told.messages] == sorted(m.at for m in told.messages)
    for message in told.messages:
        (event,) = read(message.inbound(), LIMITS)
        assert event.occurred_start is not None
        assert event.occurred_start <= event.recorded <= message.at


def test_the_same_care_is_told_as_in_fhir(told: Simulation) -> None:
    assert told.truth == simulate(400, 40, 7).truth


def test_admissions_moves_and_discharges_that_stand_are_what_happened(told: Simulation) -> None:
    """Every event less every one that takes it back, by visit, time and ward."""
    stands: defaultdict[str, Counter[tuple[str, datetime]]] = defaultdict(Counter)
    takes_back = {Effect.CANCEL_ADMIT, Effect.CANCEL_TRANSFER, Effect.CANCEL_DISCHARGE}
    wards = set()
    for message in told.messages:
        read_as = parse(message.body.decode())
        effect, at = effect_of(read_as.kind), moment_of(read_as.first("EVN").text(6))
        assert effect is not None
        assert at is not None
        visit = read_as.first("PV1").text(19)
        kind = effect.value.removeprefix("cancel-")
        stands[visit][kind, at.at.astimezone(UTC)] += -1 if effect in takes_back else 1
        if effect in {Effect.ADMIT, Effect.TRANSFER}:
            wards.add((visit, at.at, place(read_as.first("PV1"), 3).ward))
    assert sum(count for visit in stands.values() for count in visit.values()) > 0
    for stay in told.truth.stays:
        said = stands[stay.visit]
        moves = [segment.start for segment in stay.segments[1:]]
        if stay.status in {"open", "finished"}:
            assert [at for (kind, at), n in said.items() if kind == "transfer" and n] == moves
            assert said["discharge", stay.discharged_at] == (stay.status == "finished")
        if stay.class_code != "EMER" and stay.segments:
            first = [s for s in stay.segments if (stay.visit, s.start, s.ward) in wards]
            assert first == list(stay.segments)


def test_what_is_taken_back_is_told_again(told: Simulation) -> None:
    triggers = Counter(parse(m.body.decode()).kind.partition("^")[2] for m in told.messages)
    assert {"A01", "A02", "A03", "A04", "A08", "A13"} <= triggers.keys()
    assert triggers["A13"] < triggers["A03"] / 10


def test_who_somebody_is_and_when_they_are_expected_to_leave_is_told_too(told: Simulation) -> None:
    people = {person.nhs_number: person for person in told.people}
    expected = {visit.visit: visit.expected for visit in told.lives.visits if not visit.end}
    said = {}
    for message in told.messages:
        read_as = parse(message.body.decode())
        _, _, of_the_nhs = message.body.decode().rpartition("~")
        number = of_the_nhs.partition("^")[0]
        assert read_as.first("PID").text(22) == people[number].ethnic_category
        assert read_as.first("PD1").text(4) == people[number].practice.source
        said[read_as.first("PV1").text(19)] = moment_of(read_as.first("PV2").text(9))
    told_last = {visit: at.at for visit, at in said.items() if at}
    assert told_last == {visit: at for visit, at in expected.items() if at}
