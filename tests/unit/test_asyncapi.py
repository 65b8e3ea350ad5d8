"""The AsyncAPI document says of every topic what really travels on it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import jsonschema
import msgspec
import orjson
import pytest
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for

from schemas.asyncapi import document
from schemas.errors import Problem, Reason, Reject
from schemas.events import encode
from schemas.measures import MEASURES
from schemas.times import moment
from schemas.topics import TOPICS, Header, Topic
from services.figures.told import TOLD
from services.figures.values import figures_of
from services.operations.answers import answer
from services.operations.models import Row
from services.operations.question import Asked, question
from streams.intake.agent import rejected
from streams.timeline.projector import notice
from tests.builders import (
    bundle,
    encounter,
    event_of,
    events_of,
    message_header,
    received,
    verified,
)
from tests.unit.hl7v2.made import adt, pid, pv1

Json = dict[str, Any]

BEDS = MEASURES["beds_occupied"]


def channel(topic: Topic) -> Json:
    found: list[Json] = [c for c in document()["channels"].values() if c["address"] == topic]
    (one,) = found
    return one


def messages(topic: Topic) -> dict[str, Json]:
    return {name: resolved(ref["$ref"]) for name, ref in channel(topic)["messages"].items()}


def resolved(reference: str) -> Any:
    found: Any = document()
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def only_message(topic: Topic) -> Json:
    (one,) = messages(topic).values()
    return one


def validator(topic: Topic) -> Validator:
    schema = only_message(topic)["payload"]["schema"]
    checker = jsonschema.FormatChecker([])
    checker.checks("date-time")(is_a_moment)
    made: Validator = validator_for(schema)(schema, format_checker=checker)
    return made


def is_a_moment(value: object) -> bool:
    """An RFC 3339 time with its offset; what is no text is for another rule."""
    return not isinstance(value, str) or (value[-1:] == "Z" and moment(value) is not None)


def references(found: object) -> Iterator[str]:
    if isinstance(found, dict):
        if isinstance(found.get("$ref"), str):
            yield found["$ref"]
        for part in found.values():
            yield from references(part)
    elif isinstance(found, list):
        for part in found:
            yield from references(part)


def test_every_topic_is_a_channel_with_its_description_key_and_messages() -> None:
    assert {c["address"] for c in document()["channels"].values()} == set(Topic)
    for spec in TOPICS:
        made = channel(Topic(spec.topic))
        assert made["description"] == spec.description
        assert made["bindings"]["kafka"]["partitions"] == spec.partitions
        assert made["bindings"]["kafka"]["topicConfiguration"].keys() == spec.config.keys()
        assert messages(Topic(spec.topic))
        for message in messages(Topic(spec.topic)).values():
            assert message["bindings"]["kafka"]["key"]["description"] == spec.key
            assert message["payload"]["schemaFormat"].endswith("draft-07")


def test_the_document_has_the_parts_that_asyncapi_3_asks_for() -> None:
    made = document()
    assert made["asyncapi"] == "3.0.0"
    assert made["info"].keys() >= {"title", "version"}
    for operation in made["operations"].values():
        assert operation["action"] in {"send", "receive"}
        assert resolved(operation["channel"]["$ref"])["address"] in set(Topic)
    assert {
        resolved(o["channel"]["$ref"])["address"]
        for o in made["operations"].values()
        if o["action"] == "receive"
    } == {Topic.INBOUND}
    orjson.dumps(made)


def test_every_reference_outside_a_payload_leads_somewhere() -> None:
    outside = {r for r in references(document()) if r.startswith(("#/components", "#/channels"))}
    assert outside
    for reference in outside:
        assert resolved(reference)


@pytest.mark.parametrize("topic", list(Topic))
def test_every_payload_and_header_schema_is_json_schema(topic: Topic) -> None:
    assert messages(topic)
    for message in messages(topic).values():
        jsonschema.Draft7Validator.check_schema(message["payload"]["schema"])
        jsonschema.Draft7Validator.check_schema(message["headers"])


def test_every_header_is_described_where_it_travels() -> None:
    inbound = {Header.SOURCE, Header.SECTOR, Header.CONTENT_TYPE, Header.MESSAGE_ID}
    for message in messages(Topic.INBOUND).values():
        assert message["headers"]["properties"].keys() == inbound
    assert only_message(Topic.REJECTED)["headers"]["properties"].keys() == set(Header)
    for topic in (Topic.EVENTS, Topic.TIMELINE, Topic.MEASURES):
        assert only_message(topic)["headers"]["properties"] == {}


def test_care_events_are_valid() -> None:
    check = validator(Topic.EVENTS)
    message = bundle("message", message_header(), verified(), encounter())
    for event in [event_of(encounter()), *events_of(message)]:
        check.validate(orjson.loads(encode(event)))


def test_care_events_of_hl7_v2_are_valid_and_described() -> None:
    check = validator(Topic.EVENTS)
    for trigger in ("A01", "A17", "A40"):
        said = adt(trigger, pid("1"), "MRG|9", pv1(), pid("2"), "MRG|8")
        for event in events_of(said.encode()):
            value = orjson.loads(encode(event))
            check.validate(value)
            assert value["resource"] == said
    schema = only_message(Topic.EVENTS)["payload"]["schema"]
    assert "HL7 v2" in schema["definitions"]["CareEvent"]["description"]
    assert "not read" not in str(messages(Topic.INBOUND)["Hl7v2Message"]).lower()


def test_a_care_event_with_links_and_every_time_is_valid() -> None:
    event = event_of(verified())
    assert event.links
    at = datetime(2026, 2, 1, 9, tzinfo=UTC)
    full = msgspec.structs.replace(event, occurred_start=at, occurred_end=at, deleted=True)
    validator(Topic.EVENTS).validate(orjson.loads(encode(full)))


@pytest.mark.parametrize(
    "wrong", [{"id": 5}, {"recorded": "yesterday"}, {"links": [["one"]]}, {"flags": "late"}]
)
def test_what_is_no_care_event_is_not_valid(wrong: Json) -> None:
    event = orjson.loads(encode(event_of(encounter())))
    assert not validator(Topic.EVENTS).is_valid(event | wrong)


@pytest.mark.parametrize("missing", ["id", "source", "thread", "version", "resource"])
def test_a_care_event_without_a_part_is_not_valid(missing: str) -> None:
    event = orjson.loads(encode(event_of(encounter())))
    del event[missing]
    assert not validator(Topic.EVENTS).is_valid(event)


def test_timeline_notices_are_valid_and_name_nobody() -> None:
    event = event_of(encounter())
    key, said = notice(event)
    value = orjson.loads(msgspec.json.encode(said))
    validator(Topic.TIMELINE).validate(value)
    assert value == {"event_id": event.id, "kind": "Encounter", "source": "RX1"}
    assert key == event.subject
    assert not validator(Topic.TIMELINE).is_valid({"kind": "Encounter"})


def test_figures_are_valid_and_their_unit_is_the_catalogues() -> None:
    check = validator(Topic.MEASURES)
    row = Row(provider="RX1", site="RX1", ward="W1", value=3.0, figures={"total": 3.0})
    asked = question(BEDS, Asked(), datetime(2026, 4, 10, tzinfo=UTC))
    found = answer(asked, {"total": 3.0}, None).model_copy(update={"rows": [row]})
    for _, figure in figures_of(TOLD[0], found, {}):
        value = orjson.loads(msgspec.json.encode(figure))
        check.validate(value)
        assert value["unit"] == MEASURES[value["measure"]].unit
        check.validate(value | {"value": None})
    assert not check.is_valid({"measure": "beds_occupied", "value": "3"})


def test_the_headers_of_what_is_sent_are_those_described() -> None:
    message = received(b"{}")
    sent = {name: value.decode() for name, value in message.headers()}
    for described in messages(Topic.INBOUND).values():
        jsonschema.validate(sent, described["headers"])
    refused = {name: value.decode() for name, value in refusal_headers()}
    jsonschema.validate(refused, only_message(Topic.REJECTED)["headers"])
    assert refused.keys() == set(Header)


def refusal_headers() -> list[tuple[str, bytes]]:
    refusal = Reject(Reason.NOT_JSON, [Problem("", "structure", "not JSON")])
    return rejected(received(b"{"), refusal).headers
