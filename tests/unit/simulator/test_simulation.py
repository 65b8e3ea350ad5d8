"""The simulated care system: reproducible, and true to itself in every order."""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class

from schemas.events import Sector
from schemas.fhir.order import time_problems
from schemas.fhir.rules import bundle_problems
from schemas.fhir.validate import check
from schemas.identity import NHS_NUMBER_SYSTEM, is_nhs_number
from schemas.times import LONDON, moment
from services.simulator import Message, Simulation, simulate
from services.simulator.truth import TrueLeave, TrueSegment, TrueStay

PEOPLE, DAYS = 200, 40  # from 2 March 2026: the clock goes forward on the 29th
STATUSES = {"arrived": "open", "in-progress": "open", "onleave": "open"}
Resource = dict[str, Any]


@cache
def simulated(*, disorder: bool = False) -> Simulation:
    return simulate(PEOPLE, DAYS, seed=7, disorder=disorder)


def resources_in(message: Message) -> list[Resource]:
    body: Resource = orjson.loads(message.body)
    if body["resourceType"] != "Bundle":
        return [body]
    return [entry["resource"] for entry in body["entry"]]


def final_states(messages: tuple[Message, ...]) -> dict[tuple[str, str], Resource]:
    """The greatest (lastUpdated, versionId) of each resource, whatever the order."""
    latest: dict[tuple[str, str], Resource] = {}
    for message in messages:
        for resource in resources_in(message):
            if "meta" not in resource:
                continue
            key = (message.source, f"{resource['resourceType']}/{resource['id']}")
            if key not in latest or written(latest[key]) < written(resource):
                latest[key] = resource
    return latest


def written(resource: Resource) -> tuple[datetime, int]:
    at = moment(resource["meta"]["lastUpdated"])
    assert at is not None
    return at, int(resource["meta"].get("versionId", 0))


def test_the_same_arguments_give_the_same_bytes() -> None:
    again = simulate(PEOPLE, DAYS, seed=7)
    assert again.messages == simulated().messages
    assert again.truth == simulated().truth
    assert simulate(PEOPLE, DAYS, seed=8).messages != again.messages


def test_disorder_is_as_reproducible() -> None:
    again = simulate(PEOPLE, DAYS, seed=7, disorder=True)
    assert again.messages == simulated(disorder=True).messages


@pytest.mark.parametrize("disorder", [False, True])
def test_messages_come_in_the_order_of_publishing(disorder: bool) -> None:
    messages = simulated(disorder=disorder).messages
    assert all(one.at <= other.at for one, other in pairwise(messages))


def test_every_sector_publishes() -> None:
    sectors = {message.sector for message in simulated().messages}
    assert sectors == {sector.value for sector in Sector} - {Sector.UNKNOWN.value}


def test_every_kind_of_message_is_valid_fhir_r4() -> None:
    samples: dict[tuple[str, str, str], bytes] = {}
    for message in simulated(disorder=True).messages:
        body = orjson.loads(message.body)
        kind = (message.source, body["resourceType"], body.get("status", ""))
        samples.setdefault(kind, message.body)
    kinds = {kind for _, kind, _ in samples}
    assert kinds >= {"Patient", "Encounter", "Bundle", "ServiceRequest", "Task", "Condition"}
    assert kinds >= {"Flag", "CarePlan", "CareTeam", "Communication", "QuestionnaireResponse"}
    assert "Composition" in kinds
    for (_, resource_type, _), sample in samples.items():
        get_fhir_model_class(resource_type).model_validate_json(sample)


def test_the_gateway_s_own_validation_finds_nothing_wrong() -> None:
    for message in simulated(disorder=True).messages:
        body = orjson.loads(message.body)
        assert check(body) == []
        assert body["resourceType"] != "Bundle" or bundle_problems(body) == []
        assert [p for r in resources_in(message) for p in time_problems(r)] == []


def test_message_bundles_start_with_a_header_that_names_the_message() -> None:
    bundles = [
        m for m in simulated().messages if resources_in(m)[0]["resourceType"] == "MessageHeader"
    ]
    assert bundles
    for message in bundles:
        body = orjson.loads(message.body)
        urls = [entry["fullUrl"] for entry in body["entry"]]
        assert body["type"] == "message"
        assert len(set(urls)) == len(urls)
        assert body["entry"][0]["resource"]["id"] == message.message_id
        assert body["entry"][0]["resource"]["focus"][0]["reference"].startswith("Encounter/")


def test_nhs_numbers_are_valid_test_numbers_and_unique() -> None:
    numbers = [person.nhs_number for person in simulated().people]
    assert len(set(numbers)) == PEOPLE
    assert all(is_nhs_number(n) and n.startswith("999") for n in numbers)
    quoted = {
        identifier["value"]
        for message in simulated().messages
        for resource in resources_in(message)
        if resource["resourceType"] == "Patient"
        for identifier in resource["identifier"]
        if identifier["system"] == NHS_NUMBER_SYSTEM
    }
    assert quoted == set(numbers)


def test_versions_and_recorded_times_of_a_resource_rise_together() -> None:
    seen: dict[str, tuple[datetime, int]] = {}
    for message in simulated().messages:
        for resource in resources_in(message):
            if resource["resourceType"] in {"MessageHeader", "Patient"}:
                continue
            now, before = written(resource), seen.get(resource["id"])
            assert before is None or (before[0] < now[0] and before[1] + 1 == now[1])
            seen[resource["id"]] = now


def test_the_times_of_a_stay_follow_each_other_without_a_gap() -> None:
    for stay in simulated().truth.stays:
        if not stay.segments:
            continue
        assert stay.segments[0].start == stay.admitted_at
        assert stay.segments[-1].end == stay.discharged_at
        assert all(one.end == other.start for one, other in pairwise(stay.segments))
        assert all(s.end is None or s.start < s.end for s in stay.segments)


def test_nobody_is_in_two_beds_at_once() -> None:
    spans: dict[str, list[tuple[datetime, datetime]]] = {}
    truth = simulated().truth
    for stay in truth.stays:
        if stay.segments and stay.admitted_at is not None:
            end = stay.discharged_at or truth.until
            spans.setdefault(stay.nhs_number, []).append((stay.admitted_at, end))
    for person in spans.values():
        assert all(one[1] <= other[0] for one, other in pairwise(sorted(person)))


def test_times_carry_the_offset_of_their_own_moment_in_london() -> None:
    offsets = set()
    for message in simulated().messages:
        for resource in resources_in(message):
            if resource["resourceType"] == "Encounter" and "period" in resource:
                said = datetime.fromisoformat(resource["period"]["start"])
                assert said.utcoffset() == said.astimezone(LONDON).utcoffset()
                offsets.add(said.utcoffset())
    assert offsets == {timedelta(0), timedelta(hours=1)}


@pytest.mark.parametrize("disorder", [False, True])
def test_the_last_versions_add_up_to_the_truth(disorder: bool) -> None:
    simulation = simulated(disorder=disorder)
    states = final_states(simulation.messages)
    encounters = [(source, r) for (source, key), r in states.items() if key[:4] == "Enco"]
    stays = [stay_in(s, r) for s, r in encounters if r["class"]["code"] not in {"AMB", "HH"}]
    contacts = Counter(s for s, r in encounters if r["class"]["code"] in {"AMB", "HH"})
    by_visit = {(stay.source, stay.visit): stay for stay in simulation.truth.stays}
    assert len(by_visit) == len(simulation.truth.stays)
    assert {(stay.source, stay.visit): stay for stay in stays} == by_visit
    assert contacts == simulation.truth.contacts


def stay_in(source: str, encounter: Resource) -> TrueStay:
    """A stay read back from the Encounter alone."""
    status = STATUSES.get(encounter["status"]) or str(encounter["status"])
    happened = status in {"open", "finished"}
    wards = [
        place
        for place in encounter.get("location", ())
        if happened and place["physicalType"]["coding"][0]["code"] == "wa"
    ]
    period = encounter.get("period", {})
    return TrueStay(
        source=source,
        visit=encounter["id"],
        nhs_number=encounter["subject"]["identifier"]["value"],
        class_code=encounter["class"]["code"],
        status=status,
        admitted_at=moment(period.get("start")),
        discharged_at=moment(period.get("end")),
        segments=tuple(
            TrueSegment(code, code.split("-")[0], start, moment(place["period"].get("end")))
            for place in wards
            for code in (place["location"]["identifier"]["value"],)
            if (start := moment(place["period"]["start"])) is not None
        ),
        leaves=tuple(
            TrueLeave(start, moment(past["period"].get("end")))
            for past in encounter.get("statusHistory", ())
            if past["status"] == "onleave"
            if (start := moment(past["period"]["start"])) is not None
        ),
    )


def test_disorder_changes_the_way_but_not_where_it_ends() -> None:
    plain, disordered = simulated(), simulated(disorder=True)
    assert disordered.truth == plain.truth

    def without_meta(simulation: Simulation) -> dict[tuple[str, str], Resource]:
        states = final_states(simulation.messages)
        return {key: {k: v for k, v in r.items() if k != "meta"} for key, r in states.items()}

    assert without_meta(disordered) == without_meta(plain)


def test_disorder_repeats_delays_and_corrects() -> None:
    messages = simulated(disorder=True).messages
    times = Counter((m.source, m.message_id) for m in messages)
    repeated = {key for key, count in times.items() if count > 1}
    assert repeated
    for key in repeated:
        assert len({m.body for m in messages if (m.source, m.message_id) == key}) == 1
    assert len(times) > len(simulated().messages)  # the corrections
    told = [(m, r) for m in messages for r in resources_in(m) if r["resourceType"] == "Encounter"]
    assert any(message.at - written(r)[0] > timedelta(days=1) for message, r in told)
    versions: dict[str, list[int]] = {}
    for _, resource in told:
        versions.setdefault(resource["id"], []).append(written(resource)[1])
    assert any(arrived != sorted(arrived) for arrived in versions.values())


def test_leave_mistakes_and_cancellations_all_occur_in_a_larger_system() -> None:
    stays = simulate(600, 60, seed=3).truth.stays
    assert {"open", "finished", "cancelled", "entered-in-error", "planned"} == {
        stay.status for stay in stays
    }
    assert {"IMP", "ACUTE", "NONAC", "SS", "EMER", "VR"} == {stay.class_code for stay in stays}
    assert any(stay.leaves for stay in stays)
    assert any(len(stay.segments) > 1 for stay in stays)


def test_the_first_day_is_the_one_asked_for() -> None:
    simulation = simulate(50, 3, seed=1, start=date(2026, 10, 24))
    assert simulation.messages[0].at.astimezone(LONDON).date() == date(2026, 10, 24)
    assert simulation.truth.until.astimezone(LONDON).isoformat() == "2026-10-27T00:00:00+00:00"
