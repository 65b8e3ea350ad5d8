"""Seals over the audit: a chain that tells whether a line was changed, taken away or added. Pure.

A seal holds a digest of each line that it is about, and the digest of the seal before it. Its own
digest is signed with a key that is not in the database: whoever can write there alone can change
lines and make the chain anew, and not sign it. What is cut off at the end is told by a digest that
was kept outside (`Anchor`).
"""

import hmac
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from struct import Struct
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from schemas.times import micros

Value = str | int | bool | datetime | UUID | None
Keys = Sequence[bytes]

# What of a line its digest is made of, by the form that a seal names: added to, never changed.
COLUMNS: Final[dict[int, tuple[str, ...]]] = {
    1: (
        "id",
        "xid",
        "person_id",
        "viewer",
        "name",
        "role",
        "org",
        "view",
        "allowed",
        "because",
        "request",
        "address",
        "known_at",
    )
}
FORM: Final = 1
_LEAF: Final = Struct(">q32s")
NOTHING_BEFORE: Final = bytes(32)


class Place(NamedTuple):
    """Where a line is in the order of sealing: its transaction, then its id."""

    xid: int
    id: int


START: Final = Place(-1, 0)


class Line(NamedTuple):
    """A line of the audit: where it is, and what the columns of a form say."""

    place: Place
    said: tuple[Value, ...]


class Leaf(NamedTuple):
    """The digest of one line."""

    id: int
    digest: bytes


class Seal(NamedTuple):
    """A link of the chain: the lines behind the seal before it, up to and with `until`."""

    number: int
    form: int
    until: Place
    leaves: tuple[Leaf, ...]
    previous: bytes
    sealed_at: datetime
    digest: bytes = b""
    mac: bytes | None = None


class Anchor(NamedTuple):
    """What was written down of a seal where the database does not reach."""

    number: int
    digest: bytes


class Wrong(StrEnum):
    """What is not as it was sealed."""

    CHANGED = "changed"
    GONE = "gone"
    ADDED = "added"
    UNCHAINED = "does not follow from the one before"
    UNSIGNED = "not signed"
    FORGED = "signed with another key"


class Of(StrEnum):
    """What is wrong: a line of the audit, or a seal."""

    LOOK = "look"
    SEAL = "seal"


class Fault(NamedTuple):
    """Something that is not as it was sealed, by its number: nobody is named."""

    of: Of
    number: int
    wrong: Wrong


def leaf_of(line: Line) -> Leaf:
    """The digest of a line, over all that it says."""
    told = [_plain(value) for value in line.said]
    return Leaf(line.place.id, sha256(msgspec.json.encode(told)).digest())


def _plain(value: Value) -> object:
    """Exact, and the same in every process: a moment as the microseconds that it is."""
    return micros(value) if isinstance(value, datetime) else value


def sealed(before: Seal | None, lines: Sequence[Line], at: datetime, keys: Keys) -> Seal:
    """The next seal, over these lines in their order; signed with the first key."""
    seal = Seal(
        before.number + 1 if before else 1,
        FORM,
        lines[-1].place if lines else until_of(before),
        tuple(map(leaf_of, lines)),
        before.digest if before else NOTHING_BEFORE,
        at,
    )
    digest = digest_of(seal)
    return seal._replace(digest=digest, mac=_mac(keys[0], digest) if keys else None)


def until_of(seal: Seal | None) -> Place:
    """Up to where is sealed."""
    return seal.until if seal else START


def digest_of(seal: Seal) -> bytes:
    """The digest of all that a seal says, and so of all before it."""
    said = [
        seal.number,
        seal.form,
        *seal.until,
        micros(seal.sealed_at),
        seal.previous.hex(),
        sha256(packed(seal.leaves)).hexdigest(),
    ]
    return sha256(msgspec.json.encode(said)).digest()


def _mac(key: bytes, digest: bytes) -> bytes:
    return hmac.digest(key, digest, "sha256")


def packed(leaves: Iterable[Leaf]) -> bytes:
    """Leaves as they are stored."""
    return b"".join(_LEAF.pack(*leaf) for leaf in leaves)


def unpacked(stored: bytes) -> tuple[Leaf, ...]:
    """Leaves as they were; what is left of one that was cut is none."""
    whole = len(stored) - len(stored) % _LEAF.size
    return tuple(Leaf(*leaf) for leaf in _LEAF.iter_unpack(stored[:whole]))


def needs_signing(last: Seal | None, keys: Keys) -> bool:
    """Whether the chain ends with a seal that was made before there was a key."""
    return bool(keys) and last is not None and last.mac is None


@dataclass
class Check:
    """The chain held against the lines, seal by seal from the first; then its end.

    Seals without a signature are believed where a signed one follows, which has them in its digest.
    """

    keys: Keys = ()
    anchors: Iterable[Anchor] = ()
    before: Seal | None = None
    _signed: bool = False
    _met: dict[int, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._wanted = {anchor.number for anchor in self.anchors}

    def take(self, seal: Seal, lines: Iterable[Line]) -> list[Fault]:
        """What is wrong with a seal, and with the lines that lie where it says."""
        found = [Fault(Of.SEAL, seal.number, wrong) for wrong in self._of_seal(seal)]
        found += [Fault(Of.LOOK, number, wrong) for number, wrong in _of_lines(seal, lines)]
        self._signed |= seal.mac is not None
        if seal.number in self._wanted:
            self._met[seal.number] = seal.digest
        self.before = seal
        return found

    def _of_seal(self, seal: Seal) -> Iterator[Wrong]:
        expected = self.before.number + 1 if self.before else 1
        previous = self.before.digest if self.before else NOTHING_BEFORE
        follows = seal.number == expected and seal.previous == previous
        if not follows or seal.until < until_of(self.before):
            yield Wrong.UNCHAINED
        if seal.digest != digest_of(seal):
            yield Wrong.CHANGED
        if self.keys and seal.mac is None and self._signed:
            yield Wrong.UNSIGNED
        if self.keys and seal.mac is not None and not _is_signed(seal, self.keys):
            yield Wrong.FORGED

    def end(self) -> list[Fault]:
        """What is wrong with where the chain ends: a signature or a seal that there was is gone."""
        found = []
        if self.before is not None and needs_signing(self.before, self.keys) and not self._signed:
            found.append(Fault(Of.SEAL, self.before.number, Wrong.UNSIGNED))
        for anchor in self.anchors:
            held = self._met.get(anchor.number)
            if held is None:
                found.append(Fault(Of.SEAL, anchor.number, Wrong.GONE))
            elif held != anchor.digest:
                found.append(Fault(Of.SEAL, anchor.number, Wrong.CHANGED))
        return found


def _is_signed(seal: Seal, keys: Keys) -> bool:
    mac = seal.mac or b""
    return any(hmac.compare_digest(_mac(key, seal.digest), mac) for key in keys)


def _of_lines(seal: Seal, lines: Iterable[Line]) -> Iterator[tuple[int, Wrong]]:
    """The lines that are not as the seal has them, by id."""
    held = {leaf.id: leaf.digest for leaf in map(leaf_of, lines)}
    known = dict(seal.leaves)
    for number in sorted(held.keys() | known.keys()):
        if number not in held:
            yield number, Wrong.GONE
        elif number not in known:
            yield number, Wrong.ADDED
        elif held[number] != known[number]:
            yield number, Wrong.CHANGED
