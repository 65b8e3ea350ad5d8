"""Whatever bytes come in, they become facts or a reject: no crash, no hang, no memory that grows.

A few seconds in every run; `FUZZ_SECONDS=600 pytest tests/fuzz --log-cli-level=INFO` goes on for
ten minutes a format. What it finds is kept in `.cache/fuzz`, and once mended in the corpus here.
"""

import gc
import logging
import os
import random
import time
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.errors import Reject
from schemas.inbound import header_text
from streams.intake.read import Limits, read
from tests.builders import received
from tests.fuzz.mutation import Mutator, is_small
from tests.fuzz.seeds import SEEDS
from tests.fuzz.way import KINDS, Signature, caught, go

log = logging.getLogger(__name__)

FEWEST = 100
CORPUS = Path(__file__).parent / "corpus"
SECONDS = float(os.environ.get("FUZZ_SECONDS", "2"))
FORMATS = sorted(SEEDS)


def corpus(folder: str) -> list[Path]:
    return sorted((CORPUS / folder).iterdir())


@pytest.mark.parametrize("path", corpus("taken"), ids=lambda path: path.name)
def test_odd_messages_are_taken(path: Path) -> None:
    assert go(path.read_bytes(), path.suffix[1:])[0] == "taken"


@pytest.mark.parametrize("path", corpus("refused"), ids=lambda path: path.name)
def test_broken_messages_are_refused(path: Path) -> None:
    assert go(path.read_bytes(), path.suffix[1:])[0] == "refused"


@pytest.mark.parametrize("kind", FORMATS)
def test_every_seed_is_taken(kind: str) -> None:
    for body in SEEDS[kind]():
        assert go(body, kind)[0] == "taken", body


@pytest.mark.parametrize("kind", FORMATS)
def test_changed_messages_become_facts_or_a_reject(kind: str) -> None:
    """What takes a way that none took before is changed further: so it gets everywhere."""
    number = random.SystemRandom().randrange(2**32)
    mutator, pool = Mutator(number), _pool(kind)
    seen: set[Signature] = {go(body, kind) for body in pool}
    end, count = time.monotonic() + SECONDS, 0
    while time.monotonic() < end or count < FEWEST:
        count += 1
        is_json = kind == "json" and mutator.random.random() < 0.7
        body = (mutator.json_of if is_json else mutator.bytes_of)(pool)
        with caught(body, kind):
            way = go(body, kind)
        if way not in seen:
            seen.add(way)
            if is_small(body) and (kind != "json" or is_json):
                pool.append(body)
    log.info("%s: %d messages, %d ways, beginning with %d", kind, count, len(seen), number)
    assert {way[0] for way in seen} == {"taken", "refused"}


def _pool(kind: str) -> list[bytes]:
    kept = [path.read_bytes() for path in corpus("taken") if path.suffix == f".{kind}"]
    usable = (body for body in kept if is_small(body) and (kind != "json" or b"{" in body))
    return [*SEEDS[kind](), *usable]


@given(st.binary(max_size=400), st.sampled_from(FORMATS), st.booleans())
def test_any_bytes_become_facts_or_a_reject(rest: bytes, kind: str, begins: bool) -> None:
    header = b"MSH|^~\\&|A|B|||20260101||ADT^A01|1\rPID|1||"
    go(header + rest if begins else rest, kind)


REPEATED = {
    "hl7": [
        *(b"|", b"^", b"~", b"&", b"\\", b" ", b"\t", b"\r", b"\r\n", b"\x0b", b"\x1c", b"1a"),
        *(b"\\F\\", b"\\X41\\", b"\\.sp99\\", b"\\Z", b"\\\\", b"\xc3\xa9", b"0", b"9~", b"\r "),
        *(b"\rPV1|1", b"\rMRG|1", b"\rZZZ|1", b"\rNTE|1||x", b"\rMSH", b"\rBTS is", b"\x1b$B"),
        *(b"\rOBX|1|NM|1^A||7", b"\rPD1|", b"^^^NHS^NH~", b"\xef\xbb\xbf", b"\rEVN|A01", b"MSH"),
        *(b"\rPID|1||7", b"\rMSH|^~", b"A\r"),
    ],
    "json": [
        *(b" ", b"\n", b"\\\\", b'\\"', b"\\u0041", b"a", b"\xc3\xa9", b"/", b"|", b"%00", b"?"),
    ],
}
JSON_LISTS = [
    b'{"system":"s","value":"v"},',
    b'{"use":"old"},',
    b'{"system":"https://fhir.nhs.uk/Id/nhs-number","value":"9990000018"},',
]
SHORT, TIMES_LONGER = 10_000, 8
# What is linear takes 8 times as long, what is quadratic 64 times.
MOST_TIMES_LONGER = 24
LARGE = Limits(max_bytes=100_000_000, max_depth=64)


def shapes() -> dict[str, Callable[[int], bytes]]:
    """Messages that are as long as asked, each by repeating one thing."""
    found: dict[str, Callable[[int], bytes]] = {}
    for unit in REPEATED["hl7"]:
        found[f"hl7 {unit!r}"] = lambda size, unit=unit: (
            b"MSH|^~\\&|A|B|||20260101||ADT^A40|1\rPID|1||7^^^A" + unit * (size // len(unit))
        )
    for unit in REPEATED["json"]:
        found[f"json {unit!r}"] = lambda size, unit=unit: (
            b'{"resourceType":"Patient","id":"1","name":[{"text":"x'
            + unit * (size // len(unit))
            + b'"}]}'
        )
    for unit in JSON_LISTS:
        found[f"json list {unit!r}"] = lambda size, unit=unit: (
            b'{"resourceType":"Patient","id":"1","identifier":['
            + unit * (size // len(unit))
            + b'{"value":"1"}]}'
        )
    entry = b'{"resource":{"resourceType":"Patient","id":"1"}},'
    found["json entries"] = lambda size: (
        b'{"resourceType":"Bundle","type":"collection","entry":['
        + entry * (size // len(entry))
        + entry[:-1]
        + b"]}"
    )
    message = b"MSH|^~\\&|A|B|||20260101||ADT^A01|1\rPID|1||7\r"
    found["hl7 batch"] = lambda size: b"BHS|^~\\&|\r" + message * (size // len(message))
    found["hl7 control id"] = lambda size: (
        b"MSH|^~\\&|A|B|||20260101||ADT^A01|" + b"1a" * (size // 2) + b"|P"
    )
    return found


@pytest.mark.parametrize("shape", shapes())
def test_reading_takes_no_more_than_its_share_of_time_for_what_is_longer(shape: str) -> None:
    kind, make = shape.partition(" ")[0], shapes()[shape]
    short, long = make(SHORT), make(SHORT * TIMES_LONGER)
    # As many bytes of each: some machines tell processor time in steps of milliseconds only.
    by_itself, in_pieces = _seconds(long, kind, 1), _seconds(short, kind, TIMES_LONGER)
    assert by_itself < MOST_TIMES_LONGER / TIMES_LONGER * in_pieces + 0.02


def _seconds(body: bytes, kind: str, times: int) -> float:
    """Processor time of so many readings; the shortest of three."""

    def once() -> float:
        begun = time.process_time()
        for _ in range(times):
            with suppress(Reject):
                read(received(body, content_type=KINDS[kind]), LARGE)
        return time.process_time() - begun

    with caught(body, kind):
        return min(once() for _ in range(3))


ROUND = 200
# What fills bounded caches is little; were something kept of each message, it would be all of it.
SHARE_THAT_MAY_STAY = 0.2


@pytest.mark.parametrize("kind", FORMATS)
def test_nothing_is_kept_of_what_was_read(kind: str) -> None:
    mutator, pool = Mutator(20261125), SEEDS[kind]()

    def read_some(rounds: int) -> int:
        size = 0
        for _ in range(rounds * ROUND):
            body = mutator.bytes_of(pool)
            go(body, kind)
            size += len(body)
        # Bounded, and beside small messages large until it is full.
        header_text.cache_clear()
        gc.collect()
        return size

    read_some(1)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        size = read_some(min(max(2, int(SECONDS)), 60))
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < SHARE_THAT_MAY_STAY * size
