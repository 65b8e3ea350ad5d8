"""What the figures count of what people and organisations say: surveys, posts, questions."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import fmean

from services.simulator.ledger import Asking, Reply
from services.simulator.measured.asked import Asked, day_of
from services.simulator.measured.care import first_contacts
from services.simulator.measured.items import Item, Population, Who

_AGAIN_WITHIN = timedelta(days=30)
_POSITIVE = 4


def coordinated_care_reported(population: Population, asked: Asked) -> Iterator[Item]:
    """Each whole answer to IntegRATE, and whether nothing was ever wrong."""
    for reply in _replies(population, asked, "integrate"):
        who = population.who(reply.source, reply.nhs_number or "")
        yield _reply(reply, who, best=not any(reply.answers))


def partnership_reported(population: Population, asked: Asked) -> Iterator[Item]:
    """Each answer of a partner, and whether it is positive on the whole."""
    for reply in _replies(population, asked, "partnership"):
        yield _reply(reply, None, best=fmean(reply.answers) >= _POSITIVE)


def neighbourhood_workforce(population: Population, asked: Asked) -> Iterator[Item]:
    """Each post that somebody has now, by its whole-time equivalent."""
    for post in population.lives.ledger.posts.values():
        if post.leaves is None and post.since <= asked.today:
            amount = post.wte if post.offer.neighbourhood else 0.0
            provider = post.offer.provider.source
            yield Item(asked.today, provider=provider, amount=amount, base=post.wte)


def story_repeated(population: Population, asked: Asked) -> Iterator[Item]:
    """Each time that somebody was asked what another service knew, and each first contact."""
    known: dict[tuple[Who, str], list[Asking]] = defaultdict(list)
    for asking in population.lives.ledger.askings:
        known[_who(population, asking), asking.question].append(asking)
    again: set[tuple[Who, str, datetime]] = {
        (who, asking.source, asking.at)
        for (who, _), askings in known.items()
        for asking in askings
        if asked.holds(asking.at) and any(_held(before, asking) for before in askings)
    }
    for who, source, at in again:
        yield Item(day_of(at), who, source)
    yield from first_contacts(population, asked)


def _held(before: Asking, asking: Asking) -> bool:
    """Whether another service had the answer already, and not for too long."""
    since = asking.at - before.at
    return before.source != asking.source and timedelta() < since <= _AGAIN_WITHIN


def _who(population: Population, asking: Asking) -> Who:
    return population.who(asking.source, asking.nhs_number)


def _replies(population: Population, asked: Asked, instrument: str) -> Iterator[Reply]:
    for reply in population.lives.ledger.replies:
        if reply.instrument == instrument and asked.holds(reply.at):
            yield reply


def _reply(reply: Reply, who: Who | None, *, best: bool) -> Item:
    return Item(day_of(reply.at), who, reply.source, amount=float(best), base=1.0)
