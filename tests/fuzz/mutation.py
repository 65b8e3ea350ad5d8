"""Messages changed at random: bytes that no sender means, and JSON of a shape that none sends."""

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

# What means something to a reader of either format.
TOKENS = [
    *(b"|", b"^", b"~", b"\\", b"&", b"#", b"\r", b"\n", b"\r\n", b"\x0b", b"\x1c", b"\x1c\r"),
    *(b"\x00", b"\x1a", b"\x1b$B", b"\x85", b"\xa0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe"),
    *(b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x80\xa8", b"\xc3\xa9", b"\xe9"),
    *(b"MSH|^~\\&|", b"\rMSH|^~\\&|", b"MSH", b"\rPID|1||", b"\rMRG|", b"\rPV1|1|I|", b"\rEVN||"),
    *(b"\rFHS|^~\\&|", b"\rBHS|^~\\&|", b"\rBTS|1", b"\rFTS|1", b"\rZZZ|", b"\rARV|1|A|DEM"),
    *(b"\\F\\", b"\\E\\", b"\\X00\\", b"\\X0D0A\\", b"\\XFF\\", b"\\.sp99\\", b"\\.br\\", b"\\Z"),
    *(b"20260329013000", b"20261025013000+0100", b"00000000", b"99991231235959-1200", b"2026"),
    *(
        b"20161231235960",
        b"+9999",
        b"ADT^A40",
        b"ADT^A24",
        b"SIU^S12",
        b"ADT^A99",
        b"UNICODE UTF-16",
    ),
    *(b"8859/15", b"ISO IR87", b"9990000018^^^NHS^NH", b'""', b"~" * 50, b"^" * 50, b"|" * 50),
    *(b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"true", b"1e999", b"-0", b"1" * 400),
    *(b'"\\u0000"', b'"\\ud800"', b"\\u", b"/*", b"NaN", b'{"a":' * 20, b"[" * 80),
    *(b'"resourceType":"Bundle"', b'"resourceType":"Patient"', b'"entry":[]', b'"id":"x/y"'),
    *(b'"contained":[]', b'"end":"2020-01-01"', b'"period":{}', b'"reference":"#"'),
]
# JSON values that an element seldom has.
ODD: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**30, 1e300, "", " ", "x", "\u0000", "\ud800", "é" * 10),
    *("2026-02-30", "2026-03-29T01:30:00", "2016-12-31T23:59:60Z", "0001-01-01", "9999-12-31"),
    *("#p1", "urn:uuid:x", "Patient/", "Patient?identifier=|", "Patient?identifier=%00", "/"),
    *([], {}, [None], [[]], [{}], {"": ""}, {"resourceType": "Patient"}, {"coding": []}),
    *({"reference": "Patient/1"}, {"start": "2026-02-01", "end": "2026-01-01"}, "x" * 5_000),
    *(["a"] * 300, "entered-in-error", "Bundle", "Encounter", "DELETE", "\u2028", "1" * 300),
]
_LONGEST = 60_000
_KEPT_SMALL = 6_000


class Mutator:
    """Changes seeds at random; the same number begins the same changes."""

    def __init__(self, number: int) -> None:
        self.random = random.Random(number)
        self._ways: list[Callable[[bytes, bytes], bytes]] = [
            self._flipped,
            self._without,
            self._with_token,
            self._with_token,
            self._repeated,
            self._spliced,
            self._moved,
            self._cut,
        ]

    def bytes_of(self, seeds: Sequence[bytes]) -> bytes:
        """One of the seeds with a few changes to its bytes; at most 60 kB."""
        body, other = self.random.choice(seeds), self.random.choice(seeds)
        for _ in range(self.random.choice((1, 1, 2, 2, 3, 5, 9))):
            body = self.random.choice(self._ways)(body, other)
        return body[:_LONGEST]

    def json_of(self, seeds: Sequence[bytes]) -> bytes:
        """One of the JSON seeds with a few values changed, taken away or put elsewhere."""
        whole = json.loads(self.random.choice(seeds))
        for _ in range(self.random.choice((1, 1, 2, 3, 5))):
            places = _places(whole)
            if places:
                self._change(places, self.random.choice(places))
        return json.dumps(whole).encode()[:_LONGEST]

    def _change(self, places: list[tuple[Any, Any]], place: tuple[Any, Any]) -> None:
        holder, name = place
        way = self.random.randrange(5)
        if way == 0:
            del holder[name]
        elif way == 1:
            holder[name] = _copied(self.random.choice(ODD))
        elif way == 2:
            other, elsewhere = self.random.choice(places)
            holder[name] = _copied(other[elsewhere])
        elif way == 3:
            holder[name] = [_copied(holder[name])] * self.random.choice((1, 2, 40))
        elif isinstance(holder, dict):
            _, key = self.random.choice(places)
            holder[str(key)] = _copied(holder[name])

    def _span(self, body: bytes, longest: int = 60) -> tuple[int, int]:
        start = self.random.randrange(len(body) + 1)
        return start, min(len(body), start + self.random.randrange(1, longest))

    def _flipped(self, body: bytes, _: bytes) -> bytes:
        at, _end = self._span(body)
        return body[:at] + bytes([self.random.randrange(256)]) + body[at + 1 :]

    def _without(self, body: bytes, _: bytes) -> bytes:
        start, end = self._span(body)
        return body[:start] + body[end:]

    def _with_token(self, body: bytes, _: bytes) -> bytes:
        at, end = self._span(body, 8)
        instead = self.random.choice((at, end))
        return body[:at] + self.random.choice(TOKENS) + body[instead:]

    def _repeated(self, body: bytes, _: bytes) -> bytes:
        start, end = self._span(body, 400)
        times = self.random.choice((2, 3, 20, 200))
        return body[:end] + body[start:end] * times + body[end:]

    def _spliced(self, body: bytes, other: bytes) -> bytes:
        at, _end = self._span(body)
        start, end = self._span(other, 2_000)
        return body[:at] + other[start:end] + body[at:]

    def _moved(self, body: bytes, _: bytes) -> bytes:
        start, end = self._span(body, 400)
        rest = body[:start] + body[end:]
        at, _end = self._span(rest)
        return rest[:at] + body[start:end] + rest[at:]

    def _cut(self, body: bytes, _: bytes) -> bytes:
        at, _end = self._span(body)
        return self.random.choice((body[:at], body[at:]))


def is_small(body: bytes) -> bool:
    """Whether it may become a seed itself: large ones make everything after them slow."""
    return len(body) <= _KEPT_SMALL


def _places(whole: Any) -> list[tuple[Any, Any]]:
    """Every value of a JSON document as the object or list that holds it and its name there."""
    found: list[tuple[Any, Any]] = []
    waiting = [whole]
    for value in waiting:  # grows while it is walked
        if isinstance(value, dict | list):
            names = list(value) if isinstance(value, dict) else range(len(value))
            found += [(value, name) for name in names]
            waiting += [value[name] for name in names]
        if len(found) > 2_000:
            break
    return found


def _copied(value: Any) -> Any:
    """A copy, so that no value is put within itself."""
    return json.loads(json.dumps(value))
