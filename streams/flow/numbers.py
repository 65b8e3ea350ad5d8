"""Which visit a number belongs to: HL7 v2 numbers, Encounters that state them, numbers changed."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Statement(NamedTuple):
    """A source says that the visit `number` is the visit `visit`.

    An Encounter states its identifiers; A42 and A50 give a number up for another.
    """

    source: str
    number: str
    visit: str


def homes(statements: Iterable[Statement]) -> dict[tuple[str, str], str]:
    """The visit that each number of the statements belongs to, by (source, number).

    A number that two visits state belongs to neither: its messages stay by themselves. Numbers
    that were given up for one another in a circle are all the smallest of them.
    """
    visits: dict[tuple[str, str], set[str]] = {}
    for one in statements:
        visits.setdefault((one.source, one.number), set()).add(one.visit)
    return {key: _home(*key, visits) for key in visits}


def _home(source: str, number: str, visits: Mapping[tuple[str, str], set[str]]) -> str:
    seen = [number]
    while True:
        stated = visits.get((source, seen[-1]), set())
        if len(stated) != 1:
            return seen[-1]
        (following,) = stated
        if following in seen:
            return min(seen[seen.index(following) :])
        seen.append(following)
