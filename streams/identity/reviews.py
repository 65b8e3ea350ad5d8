"""What is in doubt about who is one person, and so must be looked at by somebody. Pure."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from schemas.identity import bare_of
from streams.identity.groups import Groups
from streams.identity.statements import Pair, Said, pair_of


class ReviewKind(StrEnum):
    """Why somebody must look."""

    TWO_NUMBERS = "two-numbers"
    TWO_BIRTHS = "two-births"
    CONTRADICTING_MERGES = "contradicting-merges"
    MERGE_CYCLE = "merge-cycle"
    PARTED_YET_JOINED = "parted-yet-joined"
    POSSIBLE_MATCH = "possible-match"
    DELETED_AT_SOURCE = "deleted-at-source"


class Review(NamedTuple):
    """A question for staff: whom it is about, and the pairs of which it is not known whether."""

    kind: ReviewKind
    keys: tuple[str, ...]
    pairs: tuple[Pair, ...] = ()

    @property
    def id(self) -> UUID:
        """The same for the same question, whoever asks it and whenever."""
        said = repr((self.kind.value, self.keys, self.pairs))
        return UUID(bytes=blake2b(said.encode(), digest_size=16).digest())


def two_numbers(keys: Iterable[str], pairs: Iterable[Pair]) -> Review:
    return Review(ReviewKind.TWO_NUMBERS, tuple(sorted(keys)), tuple(sorted(pairs)))


def cycles(merges: Iterable[Pair]) -> set[Review]:
    """Merges that lead back to where they began: who was given up cannot be who stays."""
    left = set(merges)
    while True:
        given_up, kept = {one for one, _ in left}, {other for _, other in left}
        turning = {(one, other) for one, other in left if one in kept and other in given_up}
        if turning == left:
            break
        left = turning
    cycles = Groups({key for pair in left for key in pair}, left)
    return {
        Review(
            ReviewKind.MERGE_CYCLE,
            tuple(keys),
            tuple(sorted({pair_of(*pair) for pair in left if pair[0] in keys})),
        )
        for keys in cycles.members().values()
    }


def parted_yet_joined(groups: Groups, said: Said) -> set[Review]:
    return {
        Review(ReviewKind.PARTED_YET_JOINED, pair, (pair,))
        for pair in said.parted
        if groups.together(*pair)
    }


def possible_matches(
    said: Said, person: Mapping[str, UUID], proven: Iterable[str]
) -> frozenset[Review]:
    """Who may be somebody else: named so by their source, or quoting another's proven number.

    `person` must know both of each pair; `proven`: the bare numbers that somebody proves to have.
    """
    known = set(proven)
    return frozenset(
        Review(ReviewKind.POSSIBLE_MATCH, pair_of(one, other), ((one, other),))
        for one, other in said.possible
        if person[one] != person[other] and (bare_of(other) is None or other in known)
    )
