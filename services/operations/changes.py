"""Which facts changed the stays of a figure. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from schemas.times import micros
from streams.flow.facts import VisitFact

Visit = tuple[str, str]
Shares = Mapping[Visit, tuple[float, float]]


def shares_in(rows: Iterable[Mapping[str, Any]]) -> Shares:
    """How much of a figure each stay is, and of its base, by source and visit."""
    return {(row["source"], row["visit"]): (row["amount"], row["base"]) for row in rows}


def different(then: Shares, now: Shares) -> list[Visit]:
    """The stays that a figure counts otherwise than it did, or no more, or only now."""
    return sorted(one for one in then.keys() | now.keys() if then.get(one) != now.get(one))


def changed_at(fact: VisitFact) -> int:
    """When a fact came to its stay, or left it: microseconds since 1970."""
    return max(fact.known, fact.gone)


def changes_of(facts: Iterable[VisitFact]) -> list[int]:
    """When a stay changed, the last time first, each once."""
    moments = {at for fact in facts for at in (fact.known, fact.gone) if at}
    return sorted(moments, reverse=True)


def last_event(facts: Iterable[VisitFact]) -> UUID:
    """The fact that was the last one to come to a stay, or to leave it."""
    last = max(facts, key=lambda fact: (changed_at(fact), fact.version, fact.event_id))
    return UUID(last.event_id)


def events_since(stays: Iterable[Iterable[VisitFact]], since: datetime, most: int) -> list[UUID]:
    """The first facts that came to any of the stays after a moment, or left them, each once."""
    found = sorted(dict.fromkeys(_changes(stays, micros(since))))
    return list(dict.fromkeys(UUID(event_id) for _, event_id in found))[:most]


def _changes(stays: Iterable[Iterable[VisitFact]], since: int) -> Iterator[tuple[int, str]]:
    for facts in stays:
        for fact in facts:
            if changed_at(fact) > since:
                yield changed_at(fact), fact.event_id
