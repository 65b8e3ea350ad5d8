"""What a batch changes of the visits: pure, from the facts stored and the facts that arrive."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from schemas.times import london_date
from streams.flow.facts import Change, VisitFact, VisitKey
from streams.flow.stay import MOVED, Setting, Stay, stay_of
from streams.runtime.message_keys import content_of


class Known(NamedTuple):
    """What is stored of a visit: revision 0 and no facts where nothing is."""

    revision: int
    facts: list[VisitFact]
    has_ended: bool = False


class Row(NamedTuple):
    """A visit to be stored."""

    key: VisitKey
    revision: int
    facts: list[VisitFact]
    stay: Stay


class Leaving(NamedTuple):
    """Facts that do not count for a visit any more: they go to another, or nowhere.

    Which ones: those that name the visit by `number`, or those of a message (`key`, `content`).
    """

    visit: VisitKey
    to: VisitKey | None
    number: str | None = None
    key: str | None = None
    content: str = ""

    @property
    def keys(self) -> Iterable[VisitKey]:
        return (self.visit, self.to) if self.to else (self.visit,)

    def takes(self, fact: VisitFact) -> bool:
        if not isinstance(fact, Change) or fact.gone:
            return False
        if self.key is not None:
            return fact.key == self.key and content_of(fact.version) == self.content
        return fact.number == self.number


def plan(
    arriving: Mapping[VisitKey, Sequence[VisitFact]],
    stored: Mapping[VisitKey, Known],
    known: int,
    leaving: Iterable[Leaving] = (),
) -> list[Row]:
    """The visits that change, each with all its facts and the stay that they describe.

    `known`: microseconds since 1970, the moment from which all of this counts.
    """
    facts = {key: list(was.facts) for key, was in stored.items()}
    for one in leaving:
        _leave(one, facts, known)
    for key, more in arriving.items():
        facts[key] = merged(facts[key], (replace(fact, known=known) for fact in more))
    return [
        row_of(key, stored[key].revision, facts[key])
        for key in sorted(facts)
        if facts[key] != stored[key].facts
    ]


def ended(rows: Iterable[Row], stored: Mapping[VisitKey, Known]) -> Iterator[tuple[str, int]]:
    """Provider and days of each hospital stay that had not ended before: what is new of it."""
    for row in rows:
        stay = row.stay
        if stay.status != "finished" or stay.setting != Setting.BED or stored[row.key].has_ended:
            continue
        if stay.admitted_at is not None and stay.discharged_at is not None:
            days = london_date(stay.discharged_at) - london_date(stay.admitted_at)
            yield stay.provider, days.days


def row_of(key: VisitKey, revision: int, facts: list[VisitFact]) -> Row:
    """The visit as its facts describe it; one that all of them left is told by none."""
    here = counting(facts)
    return Row(key, revision, facts, stay_of(here) if here else MOVED)


def former_subjects(row: Row) -> list[str]:
    """Whom the facts named, apart from whom the stay is now: who had this stay at some moment."""
    if len(row.facts) == 1 and row.facts[0].subject == row.stay.subject:
        return []
    return sorted({fact.subject for fact in row.facts if fact.subject} - {row.stay.subject})


def _leave(leaving: Leaving, facts: dict[VisitKey, list[VisitFact]], known: int) -> None:
    taken = [fact for fact in facts[leaving.visit] if leaving.takes(fact)]
    if not taken:
        return
    facts[leaving.visit] = [
        replace(fact, gone=known) if fact in taken else fact for fact in facts[leaving.visit]
    ]
    if leaving.to is not None:
        again = (replace(fact, known=known) for fact in taken)
        facts[leaving.to] = merged(facts[leaving.to], again)


def counting(facts: Iterable[VisitFact], at: int | None = None) -> list[VisitFact]:
    """The facts that count for a visit, now or as it was known at a moment (microseconds)."""
    if at is None:
        return [fact for fact in facts if not fact.gone]
    return [fact for fact in facts if fact.known <= at and not 0 < fact.gone <= at]


def merged(facts: Sequence[VisitFact], more: Iterable[VisitFact]) -> list[VisitFact]:
    """Each fact once, as it was first reported, whichever report came here first.

    A repeat of a fact that says no time of writing has a later time of receipt, so a greater
    version. When a fact became known does not change.
    """
    gone = [fact for fact in facts if fact.gone]
    found = {fact.event_id: fact for fact in facts if not fact.gone}
    for fact in more:
        known = found.setdefault(fact.event_id, fact)
        if fact.version < known.version:
            found[fact.event_id] = replace(fact, known=known.known)
    return [*gone, *found.values()]
