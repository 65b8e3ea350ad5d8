"""Why a figure of the past is another one now: which stays moved it, by which events. Pure."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final, NamedTuple

import msgspec

from services.figures.amounts import amounts_of
from services.figures.moments import DAY, Moment, moment_of
from streams.flow.facts import VisitFact
from streams.flow.plan import counting
from streams.flow.stay import Stay, stay_of

MOST_EVENTS: Final = 20

Key = tuple[datetime, str]


class Reason(msgspec.Struct):
    """How many stays moved a figure, and the first events that did; what moved it may be unknown.

    The record gives an event to those who may see it.
    """

    stays: int = 0
    events: list[str] = msgspec.field(default_factory=list)


class Touched(NamedTuple):
    """A stay as it was when it was last counted and as it is now; the events in between."""

    then: Stay | None
    now: Stay | None
    events: tuple[str, ...]

    def moved(self, moment: Moment) -> Counter[str]:
        """How much more or less of each figure of the moment the stay is now."""
        more = Counter[str]()
        for stay, count in ((self.now, 1), (self.then, -1)):
            if stay is not None and _is_near(stay, moment):
                more.update({key: count * of for key, of in amounts_of(stay, moment).items()})
        return more


def touched(facts: Sequence[VisitFact], checked: int) -> Touched:
    """The stay of these facts, of which those known until `checked` (microseconds) were counted."""
    new = (fact.event_id for fact in facts if fact.known > checked or fact.gone > checked)
    return Touched(_stay(facts, checked), _stay(facts, None), tuple(new))


def _stay(facts: Sequence[VisitFact], known: int | None) -> Stay | None:
    counted = counting(facts, known)
    return stay_of(counted) if counted else None


def _is_near(stay: Stay, moment: Moment) -> bool:
    """Whether the stay can be any of the moment's figures: most are of other days."""
    begins, ends = stay.admitted_at, stay.discharged_at
    starts = [segment.start for segment in stay.segments] + ([begins] if begins else [])
    is_over = ends is not None and ends < moment.at - 2 * DAY
    return not is_over and min(starts, default=moment.at) <= moment.at


def reasons(keys: Collection[Key], stays: Iterable[Touched]) -> dict[Key, Reason]:
    """The reason of each figure that is another one now."""
    found = {key: Reason() for key in keys}
    moments = [moment_of(at) for at in sorted({at for at, _ in keys})]
    for stay in stays:
        for moment in moments:
            for figure, more in stay.moved(moment).items():
                if more and (moment.at, figure) in found:
                    _add(found[moment.at, figure], stay)
    return found


def _add(reason: Reason, stay: Touched) -> None:
    reason.stays += 1
    more = [event for event in stay.events if event not in reason.events]
    reason.events += more[: MOST_EVENTS - len(reason.events)]
