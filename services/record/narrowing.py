"""A timeline narrowed to what one asks for: a kind, a service, a time. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from streams.timeline.read import TimelineEntry


class Narrowing(NamedTuple):
    """What lines must be to be shown; None asks for nothing. Half-open: not at `until`."""

    kind: str | None = None
    source: str | None = None
    since: datetime | None = None
    until: datetime | None = None


EVERYTHING = Narrowing()


class Offered(NamedTuple):
    """What a timeline can be narrowed to: every kind and every source that it has, in order."""

    kinds: list[str]
    sources: list[str]


def offered(lines: Iterable[TimelineEntry]) -> Offered:
    """The kinds and the sources of lines as they are shown to whoever asks."""
    found = {(line.entry.kind, line.source) for line in lines}
    return Offered(sorted({kind for kind, _ in found}), sorted({source for _, source in found}))


def narrowed(lines: Sequence[TimelineEntry], to: Narrowing) -> list[TimelineEntry]:
    """The lines that are as asked for, in the order that they have."""
    return [line for line in lines if _fits(line, to)]


def _fits(line: TimelineEntry, to: Narrowing) -> bool:
    """A line without a time is of no time: it goes where one is asked for."""
    if to.kind is not None and line.entry.kind != to.kind:
        return False
    if to.source is not None and line.source != to.source:
        return False
    if to.since is None and to.until is None:
        return True
    at = line.entry.at
    return (
        at is not None
        and (to.since is None or at >= to.since)
        and (to.until is None or at < to.until)
    )
