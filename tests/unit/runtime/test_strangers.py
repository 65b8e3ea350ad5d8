"""What only looks like a care event is told from what intake made."""

from typing import Any

import orjson
import pytest
from aiokafka import ConsumerRecord

from schemas.events import encode
from schemas.topics import Topic
from streams.runtime.projection import read_events
from streams.runtime.strangers import Stranger, is_forged, without_forged
from tests.builders import delete, encounter, event_of, history, message_header, verified


def changed(**changes: Any) -> bytes:
    made: dict[str, Any] = orjson.loads(encode(event_of(encounter())))
    return orjson.dumps(made | changes)


def record(value: bytes | None, topic: str = Topic.EVENTS) -> ConsumerRecord[bytes, bytes]:
    return ConsumerRecord(topic, 0, 7, 0, 0, b"k", value, None, 0, 0, ())


@pytest.mark.parametrize(
    "body",
    [encounter(), verified(), message_header(), {"resourceType": "Spell"},
     history(delete("Encounter/e1") | {"fullUrl": "urn:x:1"})],
)  # fmt: skip
def test_what_intake_made_is_believed(body: dict[str, Any]) -> None:
    value = encode(event_of(body))
    assert not is_forged(value)
    assert len(read_events([record(value)]).events) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "7"},
        {"id": "Z" * 32},
        {"thread": "x" * 201},
        {"links": [["x" * 201, "y"]]},
        {"recorded": "2026-03-01T12:00:00"},
        {"occurred_end": "2026-03-01T12:00:00"},
        {"subject": "\0"},
    ],
)
def test_what_could_not_be_stored_is_no_event(changes: dict[str, Any]) -> None:
    assert read_events([record(changed(**changes))]).events == []


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": 7},
        {"resource": {"resourceType": "Encounter", "class": []}},
        {"kind": "Patient"},
        {"deleted": True},
        {"recorded": "0001-01-01T00:00:00+14:00"},
    ],
)
def test_what_intake_would_have_refused_is_forged(changes: dict[str, Any]) -> None:
    forged = record(changed(**changes))
    sound = record(changed())
    found = without_forged([sound, forged])
    assert [isinstance(each, Stranger) for each in found] == [False, True]
    assert read_events(found).strangers == [found[1]]
    assert found[1].value == forged.value


@pytest.mark.parametrize("value", [None, b"", b"[]", b"\xff", b"[" * 200_000])
def test_noise_is_no_event(value: bytes | None) -> None:
    assert read_events([record(value)]) == ([], [record(value)])


def test_other_topics_are_left_alone() -> None:
    noise = record(changed(resource=7), Topic.REJECTED)
    assert without_forged([noise]) == [noise]
