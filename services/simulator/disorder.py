"""How messages go wrong on their way, without a change to what is true in the end."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random

from services.simulator.messages import Fact, Message
from services.simulator.organisations import Ward
from services.simulator.visits import Visit

_WRONG_SHARE, _LATE_SHARE, _VERY_LATE_SHARE, _REPEATED_SHARE = 0.06, 0.03, 0.01, 0.03
_WINDOW_S = 1_800


def with_corrections(facts: Iterable[Fact], wards: Iterable[Ward], rng: Random) -> Iterator[Fact]:
    """The facts, some states of stays first told wrong and put right up to a day later."""
    known = list(wards)
    for fact in facts:
        if not isinstance(fact, Visit) or not fact.segments or rng.random() >= _WRONG_SHARE:
            yield fact
            continue
        yield _wrong(fact, known, rng)
        correction = timedelta(seconds=rng.randrange(120, 86_400))
        yield replace(fact, recorded=fact.recorded + correction)


def _wrong(visit: Visit, wards: list[Ward], rng: Random) -> Visit:
    """The state with another ward, another time of admission, or cancelled by mistake."""
    kind = rng.choice(("ward", "time", "cancelled"))
    last = visit.segments[-1]
    others = [w for w in wards if w.organisation == visit.source and w != last.ward]
    if kind == "ward" and others:
        segments = (*visit.segments[:-1], replace(last, ward=rng.choice(others)))
        return replace(visit, segments=segments)
    if kind == "time" and visit.start is not None:
        earlier = visit.start - timedelta(seconds=rng.randrange(600, 43_200))
        segments = (replace(visit.segments[0], start=earlier), *visit.segments[1:])
        return replace(visit, start=earlier, segments=segments)
    return replace(visit, status="cancelled")


def disordered(messages: Iterable[Message], rng: Random) -> list[Message]:
    """The messages as they arrive: shuffled within half an hour, some late, some twice.

    A late one comes hours or, seldom, days after; a repeat is exact, `message_id` included.
    """
    arrived: list[Message] = []
    for message in messages:
        arrived.append(_delayed(message, rng))
        if rng.random() < _REPEATED_SHARE:
            arrived.append(_delayed(message, rng))
    return sorted(arrived, key=lambda message: message.at)


def _delayed(message: Message, rng: Random) -> Message:
    seconds, chance = rng.randrange(_WINDOW_S), rng.random()
    if chance < _VERY_LATE_SHARE:
        seconds += rng.randrange(86_400, 5 * 86_400)
    elif chance < _VERY_LATE_SHARE + _LATE_SHARE:
        seconds += rng.randrange(3_600, 86_400)
    return replace(message, at=message.at + timedelta(seconds=seconds))
