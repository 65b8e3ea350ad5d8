"""Every scenario gives what it expects, in each format, in any order and however often it comes."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import jsonschema
import pytest

from schemas.errors import Reject
from schemas.fhir import bundle_problems, check
from schemas.hl7v2 import parse
from schemas.hl7v2.patients import groups_of
from schemas.hl7v2.triggers import EFFECTS
from schemas.topics import ContentType
from streams.flow.stay import SETTINGS, STATUSES
from streams.intake.read import read
from tests.conformance.compared import differences
from tests.conformance.folded import folded
from tests.conformance.folding import LIMITS
from tests.conformance.scenario import (
    SCHEMA,
    Format,
    Json,
    Scenario,
    Sent,
    files,
    scenarios,
    written,
)

ORDERS = 12
OWN_BATCH = 0.5
SEGMENTS = {"MSH", "EVN", "PID", "PD1", "PV1", "PV2", "MRG", "IAM", "NPU"}


def told(*formats: Format) -> list[object]:
    """Each scenario in each of the formats that it is told in, as parameters of a test."""
    return [
        pytest.param(scenario, format_, id=f"{scenario.id}-{format_}")
        for scenario in scenarios()
        for format_ in scenario.formats
        if format_ in formats
    ]


@pytest.mark.parametrize(("scenario", "format_"), told(*Format))
def test_the_stays_and_people_are_as_expected_in_any_order(
    scenario: Scenario, format_: Format
) -> None:
    arrived: list[Sent] = []
    for number, step in enumerate(scenario.steps):
        arrived += scenario.sent(number, format_)
        for order in orders(arrived, seed=scenario.id):
            found = folded(in_batches(order), step.expected, scenario.source, scenario.as_of)
            assert differences(scenario.source, step.expected, found) == [], step.why


def orders(messages: list[Sent], seed: str) -> list[list[Sent]]:
    """The messages as they are written, backwards, and shuffled with some of them repeated."""
    chance, found = Random(seed), [messages, messages[::-1]]
    for _ in range(ORDERS):
        again = chance.choices(messages, k=chance.randrange(3))
        found.append(chance.sample([*messages, *again], k=len(messages) + len(again)))
    return found


def in_batches(messages: list[Sent]) -> list[list[Sent]]:
    """The messages, in their order, in batches of any size."""
    chance = Random(repr(messages))
    batches: list[list[Sent]] = [[]]
    for message in messages:
        if chance.random() < OWN_BATCH:
            batches.append([])
        batches[-1].append(message)
    return batches


def test_every_file_is_as_its_schema_says() -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for path in files():
        found = [
            f"{error.json_path}: {error.message}" for error in validator.iter_errors(written(path))
        ]
        assert found == [], path.name


def test_a_scenario_has_the_name_of_its_file() -> None:
    assert [scenario.id for scenario in scenarios()] == [path.stem for path in files()]


def test_no_two_scenarios_meet() -> None:
    """One stack can be sent them all at once: neither a source nor an NHS number is in two."""
    users: Counter[str] = Counter()
    for scenario in scenarios():
        sent = [
            m
            for f in scenario.formats
            for n in range(len(scenario.steps))
            for m in scenario.sent(n, f)
        ]
        users.update({message.source for message in sent} | nhs_numbers(sent))
    assert [name for name, count in users.items() if count > 1] == []


def nhs_numbers(messages: list[Sent]) -> set[str]:
    """Every word of ten digits that could be an NHS number of somebody."""
    words = b" ".join(message.body for message in messages).decode()
    for sign in '"^|~/\r ':
        words = words.replace(sign, " ")
    return {
        word for word in words.split() if len(word) == 10 and word.isdigit() and len(set(word)) > 1
    }


@pytest.mark.parametrize(("scenario", "format_"), told(*Format))
def test_every_message_is_what_its_format_asks_for(scenario: Scenario, format_: Format) -> None:
    for number in range(len(scenario.steps)):
        for message in scenario.sent(number, format_):
            if message.is_kept and (message.answer or {}).get("code") == "fatal-error":
                assert not is_read(message, scenario.as_of)
            elif message.kind == ContentType.HL7V2:
                sound(message.body.decode())
            else:
                resource = json.loads(message.body)
                assert check(resource) == []
                assert resource["resourceType"] != "Bundle" or bundle_problems(resource) == []


def is_read(message: Sent, at: datetime) -> bool:
    try:
        return bool(read(message.received(at), LIMITS))
    except Reject:
        return False


def sound(text: str) -> None:
    """Assert that a message is whole: header, event and patients, and known segments only."""
    message = parse(text)
    names = [segment.name for segment in message]
    assert set(names) <= SEGMENTS
    assert names[:2] == ["MSH", "EVN"]
    assert message.header.text(9, 2) == message.first("EVN").text(1)
    assert message.control_id
    assert groups_of(message) or message.has("NPU")


def test_every_trigger_that_is_known_is_in_a_scenario() -> None:
    told_triggers = {trigger for trigger, _ in messages(Format.HL7V2)}
    assert set(EFFECTS) - told_triggers == set()


def test_every_status_and_class_of_an_encounter_is_in_a_scenario() -> None:
    encounters = [one for kind, one in messages(Format.FHIR) if kind == "Encounter"]
    assert {one["status"] for one in encounters} == {*STATUSES, "unknown"}
    assert {one["class"]["code"] for one in encounters} >= {*SETTINGS, "AMB"}


def messages(format_: Format) -> Iterator[tuple[str, Json]]:
    """The trigger or the resource type of each message, and what a FHIR one says."""
    for scenario in scenarios():
        for number in range(len(scenario.steps)):
            for message in scenario.sent(number, format_):
                if format_ is Format.HL7V2:
                    yield parse(message.body.decode()).header.text(9, 2), {}
                else:
                    resource = json.loads(message.body)
                    yield resource["resourceType"], resource


def test_every_scenario_is_told_in_a_format_and_is_over() -> None:
    now = datetime.now(UTC)
    for scenario in scenarios():
        assert scenario.formats, scenario.id
        assert scenario.as_of < now
        assert "definitions, section" in scenario.why, scenario.id
