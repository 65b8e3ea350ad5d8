"""What anybody may write straight to Kafka: each message ends in its documented outcome."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
import orjson
import pytest

from schemas.errors import Reason
from schemas.events import CareEvent, encode
from schemas.inbound import content_id
from schemas.topics import Header, Topic
from streams.verify import verify
from tests.builders import (
    NHS_NUMBER,
    bundle,
    encounter,
    event_of,
    nhs_identifier,
    observation,
    patient,
    received,
    wrong_check_digit,
)
from tests.stream.system import CHOSEN, System

pytestmark = pytest.mark.kafka

SURNAME = "Quillfeather-Marker"
MEGABYTE = 1_000_000
MAX_BYTES = 10 * 1024 * 1024
HEADERS = ((Header.SOURCE.value, b"RX1"), (Header.SECTOR.value, b"acute"))

Headers = Sequence[tuple[str, bytes]]


class Case(NamedTuple):
    """A message, and the reason and paths it is refused with, or how many facts it holds."""

    name: str
    value: bytes | None
    reason: Reason | None = None
    paths: frozenset[str] = frozenset({""})
    facts: int = 0
    headers: Headers = HEADERS


def marked(**elements: Any) -> dict[str, Any]:
    """A Patient whose name and number must never be seen in a log."""
    return patient(name=[{"family": SURNAME}], identifier=[nhs_identifier(status="01")], **elements)


def refused(
    name: str, value: object, reason: Reason, *paths: str, headers: Headers = HEADERS
) -> Case:
    body = value if isinstance(value, bytes) or value is None else orjson.dumps(value)
    return Case(name, body, reason, frozenset(paths or {""}), headers=headers)


def stored(name: str, value: object, facts: int = 1, headers: Headers = HEADERS) -> Case:
    body = value if isinstance(value, bytes) else orjson.dumps(value)
    return Case(name, body, facts=facts, headers=headers)


def large(size: int) -> bytes:
    """A valid Patient of about so many bytes, which is not compressed away."""
    text = {
        "status": "generated",
        "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"x" * size}</div>',
    }
    return orjson.dumps(marked(id=f"large-{size}", text=text))


REFUSED = [
    refused("not JSON", f'{{"family": "{SURNAME}"'.encode(), Reason.NOT_JSON),
    refused("not UTF-8", f'{{"family": "{SURNAME}\xff"}}'.encode("latin-1"), Reason.NOT_UTF8),
    refused("over the limit", large(MAX_BYTES + MEGABYTE), Reason.TOO_LARGE),
    refused("deep", b"[" * 100_000 + b"]" * 100_000, Reason.TOO_DEEP),
    refused("a list", [marked()], Reason.NOT_FHIR),
    refused("null", b"null", Reason.NOT_FHIR),
    refused(
        "a name of no resource",
        {"resourceType": "a spell"},
        Reason.INVALID,
        "Resource.resourceType",
    ),
    refused(
        "wrong types",
        marked(birthDate=7, gender=["x"]),
        Reason.INVALID,
        "Patient.birthDate",
        "Patient.gender",
    ),
    refused("an empty Bundle", bundle("message"), Reason.INVALID, "Bundle.entry"),
    refused("an empty transaction", bundle("transaction"), Reason.EMPTY_BUNDLE, "Bundle.entry"),
    refused("no value", None, Reason.NO_SOURCE, headers=()),
    refused("no value from a source", None, Reason.NOT_JSON),
    refused("no headers", orjson.dumps(marked(id="no-headers")), Reason.NO_SOURCE, headers=()),
    refused("U+0000", b'{"resourceType": "Patient", "id": "\\u0000"}', Reason.NUL_CHARACTER),
    refused("a raw NUL", b'{"resourceType": "Patient", "id": "\0"}', Reason.NOT_JSON),
    refused(
        "HL7 v2 without a kind",
        f"MSH|^~\\&|A|B\rPID|1||{NHS_NUMBER}||{SURNAME}".encode(),
        Reason.NOT_HL7V2,
        "MSH-9",
    ),
]

BINARY = (
    (Header.SOURCE.value, b"R\0\xff\xfe"),
    ("\u2603", b"\xff"),
    (Header.MESSAGE_ID.value, b"\0\xff"),
)
STORED = [
    stored("nine megabytes", large(9 * MEGABYTE)),
    stored("no patient", observation(id="nobody", subject=None) | {"subject": {"display": "?"}}),
    stored(
        "a wrong NHS number",
        patient(id="wrong", identifier=[nhs_identifier(wrong_check_digit(NHS_NUMBER))]),
    ),
    stored(
        "a clock far ahead", encounter(id="ahead", meta={"lastUpdated": "9999-12-31T23:59:59Z"})
    ),
    stored("binary headers", marked(id="binary"), headers=BINARY),
    stored("a resource type we do not know", {"resourceType": "Spell", "family": SURNAME}),
    stored("only a source", marked(id="only"), headers=HEADERS[:1]),
    stored("a Bundle of two", bundle("collection", marked(id="two"), encounter(id="two"))),
]
STORED[-1] = STORED[-1]._replace(facts=2)


def source_of(case: Case) -> str:
    return dict(case.headers).get(Header.SOURCE.value, b"").decode()


async def publish(system: System, cases: Sequence[Case]) -> None:
    for case in cases:
        await system.send(Topic.INBOUND, case.value, case.headers)


async def test_every_bad_message_ends_in_its_outcome_and_the_worker_goes_on(
    system: System,
) -> None:
    worker = system.start_worker()
    await publish(system, [*REFUSED, *STORED])
    await system.until_projected()
    kept = await system.rows("select source, message_id, reason, problems from rejects")
    names = {(source_of(case), content_id(case.value or b"")): case.name for case in REFUSED}
    found = {
        names[row.source, row.message_id]: (row.reason, {path for path, _, _ in row.problems})
        for row in kept
    }
    assert found == {case.name: (case.reason, case.paths) for case in REFUSED}
    assert await system.count("facts") == sum(case.facts for case in STORED)
    assert worker.poll() is None
    assert await verify(system.database) == []
    nothing_personal_is_logged(system)


def nothing_personal_is_logged(system: System) -> None:
    said = system.log.read_text()
    assert said
    assert [mark for mark in (SURNAME, NHS_NUMBER, "Quillfeather") if mark in said] == []


async def test_quality_is_flagged_and_never_a_reason_to_drop(system: System) -> None:
    system.start_worker()
    await publish(system, STORED)
    await system.until_projected()
    events = [
        msgspec.json.decode(bytes(row.event), type=CareEvent)
        for row in await system.rows("select event from facts")
    ]
    flags = {event.thread.partition("/")[2]: set(event.flags) for event in events}
    assert "no-patient" in flags["nobody"]
    assert "bad-nhs-number" in flags["wrong"]
    assert "clock-ahead" in flags["ahead"]


def forged(**changes: Any) -> bytes:
    """A care event as intake makes it, but for what somebody changed."""
    made = orjson.loads(encode(event_of(encounter(id="forged"))))
    return orjson.dumps(made | changes)


FORGED = {
    "noise": bytes(range(256)),
    "not an object": b"[]",
    "no value": None,
    "half an event": b'{"id": "7"}',
    "an id that is none": forged(id="7"),
    "an id of text": forged(id="z" * 32),
    "a time of no zone": forged(recorded="2026-03-01T12:00:00"),
    "a NUL in a name": forged(thread="RX1|Encounter/\0"),
    "a name too long to index": forged(thread="RX1|Encounter/" + "é" * 4_000),
    "a link to nobody": forged(links=[["\0", ""]]),
}


async def test_what_is_no_event_of_intake_is_refused_beside_those_that_are(
    system: System,
) -> None:
    worker = system.start_worker()
    await system.until(lambda: system.is_ready(worker))
    for number, value in enumerate(FORGED.values()):
        await system.publish([received(encounter(id=f"sound-{number}"))])
        await system.send(Topic.EVENTS, value)
    await system.until_projected()
    assert worker.poll() is None
    kept = await system.rows("select original, reason, stage from rejects")
    assert {bytes(row.original) for row in kept} == {value or b"" for value in FORGED.values()}
    assert {(row.reason, row.stage) for row in kept} == {(Reason.NOT_AN_EVENT, "timeline")}
    assert await system.count("facts") == await system.count("stays") == len(FORGED)
    assert await verify(system.database) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"resource": {"resourceType": "Encounter", "period": ["x"]}},
        {"resource": {"resourceType": "Encounter", "subject": 7, "class": [], "location": 7}},
        {"recorded": "0001-01-01T00:00:00+14:00"},
    ],
    ids=["a list for a period", "wrong types", "before all years"],
)
async def test_no_content_that_intake_would_refuse_stops_a_worker(
    system: System, changes: dict[str, Any]
) -> None:
    worker = system.start_worker()
    await system.until(lambda: system.is_ready(worker))
    await system.publish(received(encounter(id=f"before-{n}")) for n in range(20))
    await system.send(Topic.EVENTS, forged(**changes))
    await system.publish(received(encounter(id=f"after-{n}")) for n in range(20))
    await system.until_projected()
    assert worker.poll() is None
    sound = "select count(*) from facts where thread like 'RX1|Encounter/%e%-%'"
    assert await system.rows(sound) == [(40,)]


async def test_noise_among_the_rejects_is_kept_as_it_is(system: System) -> None:
    worker = system.start_worker()
    problems = Header.PROBLEMS.value
    noise: list[tuple[bytes | None, Headers]] = [
        (bytes(range(256)), ()),
        (None, ()),
        (b"a", ((problems, b"not JSON"),)),
        (b"b", ((problems, b'[["x", "y", "\\u0000"]]'),)),
        (b"c", ((problems, b'[["\\ud800", "y", "z"]]'),)),
        (b"d", ((Header.REASON.value, b"\0\xff" * 5_000), (Header.MESSAGE_ID.value, b"x" * 9_000))),
    ]
    for value, headers in noise:
        await system.send(Topic.REJECTED, value, headers)
    await system.until_projected()
    assert worker.poll() is None
    kept = {bytes(row.original) for row in await system.rows("select original from rejects")}
    assert kept == {value or b"" for value, _ in noise}


async def test_a_message_of_the_largest_size_that_kafka_takes_can_be_refused(
    system: System,
) -> None:
    if CHOSEN == "embedded":
        pytest.skip("the embedded broker has no limit")
    worker = system.start_worker()
    largest = b"x" * (24 * 1024 * 1024 - 200)
    await system.send(Topic.INBOUND, largest, HEADERS)
    await system.publish([received(encounter(id="after"))])
    await system.until_projected()
    assert worker.poll() is None
    assert await system.rows("select reason, length(original) from rejects") == [
        (Reason.TOO_LARGE, len(largest))
    ]
    assert content_id(largest) == (await system.rows("select message_id from rejects"))[0][0]
