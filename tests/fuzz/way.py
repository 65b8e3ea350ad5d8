"""The way of a message through everything that is pure: read, sent on, read by each projection."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import orjson
from aiokafka import ConsumerRecord

from schemas.errors import Reject
from schemas.events import CareEvent, decode, encode
from schemas.hl7v2 import parse
from schemas.inbound import content_id
from schemas.topics import ContentType, Topic
from streams.intake.agent import rejected
from streams.intake.read import Limits, read
from streams.runtime.projection import Projection
from streams.runtime.strangers import is_forged, is_storable
from streams.timeline.entries import entries_of
from streams.worker import PROJECTIONS
from tests.builders import received
from tests.fuzz import seeds

LIMITS = Limits(max_bytes=100_000, max_depth=64)
KINDS = {"hl7": ContentType.HL7V2, "json": ContentType.FHIR}
FOUND = Path(__file__).parents[2] / ".cache" / "fuzz"
# Reading what is at most 60 kB takes milliseconds. Nothing but a hang takes this long.
# Of the processor: on a busy machine the clock alone says little.
HANGS_S = 30
# The facts of one message are alike.
MOST_CHECKED = 8

Signature = tuple[object, ...]


def readers(topic: Topic) -> list[Projection[object]]:
    return [make() for of, make in PROJECTIONS.values() if of == topic]


def go(body: bytes, kind: str) -> Signature:
    """The kind of what becomes of a message: two alike take the same way, as far as can be told.

    Fails where it is anything but facts that every projection can read, or a reject.
    """
    try:
        events = read(received(body, content_type=KINDS[kind]), LIMITS)
    except Reject as refusal:
        return _of_reject(body, kind, refusal)
    assert events
    for number, event in enumerate(events[:MOST_CHECKED]):
        _check(event, number)
    return ("taken", *sorted({_of_event(event) for event in events}), len(events).bit_length())


def _check(event: CareEvent, number: int) -> None:
    value = encode(event)
    assert decode(value) == event
    assert is_storable(event, value)
    assert not is_forged(value)
    assert entries_of(event)
    if event.is_hl7v2:
        assert parse(event.text()).text == event.text()
    for projection in readers(Topic.EVENTS):
        projection.read([_record(Topic.EVENTS, value, number)])


def _record(topic: Topic, value: bytes, offset: int, headers: object = ()) -> ConsumerRecord:
    return ConsumerRecord(
        topic=topic,
        partition=0,
        offset=offset,
        timestamp=1_767_225_600_000,
        timestamp_type=1,
        key=b"",
        value=value,
        checksum=None,
        serialized_key_size=0,
        serialized_value_size=len(value),
        headers=headers,
    )


def _of_event(event: CareEvent) -> str:
    has = [event.subject, event.occurred_start, event.occurred_end, event.links, event.deleted]
    return f"{event.kind} {' '.join(event.flags)} {[bool(each) for each in has]}"


def _of_reject(body: bytes, kind: str, refusal: Reject) -> Signature:
    problems = refusal.problems
    assert problems
    assert all(problem.code and problem.text for problem in problems)
    assert seeds.SECRET not in str(problems)
    sent = rejected(received(body, content_type=KINDS[kind]), refusal)
    assert sent.value == body
    assert orjson.loads(dict(sent.headers)["problems"])
    for projection in readers(Topic.REJECTED):
        projection.read([_record(Topic.REJECTED, sent.value, 0, sent.headers)])
    where = {"".join(c for c in p.path if not c.isdigit())[:60] + p.code for p in problems[:5]}
    return ("refused", refusal.reason, *sorted(where))


@contextmanager
def caught(body: bytes, kind: str) -> Iterator[None]:
    """Keep the message in a file where something goes wrong with it, or does not end."""

    def hung(_: int, __: FrameType | None) -> None:
        raise TimeoutError(f"not read after {HANGS_S} s of processor time")

    before = signal.signal(signal.SIGPROF, hung)
    signal.setitimer(signal.ITIMER_PROF, HANGS_S)
    try:
        yield
    except BaseException as error:
        FOUND.mkdir(parents=True, exist_ok=True)
        path = FOUND / f"{content_id(body)[:12]}.{kind}"
        path.write_bytes(body)
        error.add_note(f"the message is kept in {path}; mend it, and keep it in the corpus")
        raise
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
