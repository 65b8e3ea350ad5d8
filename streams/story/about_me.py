"""About me: every version of what a person says of themselves, and the one that holds."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from schemas.about_me import Heading
from schemas.fhir.elements import reference_text, values
from schemas.times import moment
from streams.story.fact import Fact, in_order
from streams.timeline.own_words import own_words

Resource = dict[str, Any]

KINDS: Final = ("QuestionnaireResponse", "Composition")


class AboutMe(NamedTuple):
    """What a person says of themselves, in one version. `said`: by heading, in their order."""

    said: tuple[tuple[Heading, str], ...]
    written: datetime
    author: str | None
    source: str
    event_id: str
    struck: bool = False


def about_me_of(fact: Fact) -> AboutMe | None:
    """The About me that a fact tells; None where it is another form or document."""
    said = own_words(fact.event.kind, fact.resource)
    if not said:
        return None
    return AboutMe(
        tuple(said.items()),
        _written(fact.resource) or fact.event.recorded,
        _author(fact.resource),
        fact.event.source,
        fact.event.id,
        fact.struck,
    )


def versions(facts: Iterable[Fact]) -> list[AboutMe]:
    """Every version that there is of a person's About me, the latest first.

    By when the person gives it, then by when it was written down. An organisation that copies an
    older one does not make it newer by sending it later.
    """
    found = [about for fact in in_order(facts) if (about := about_me_of(fact))]
    return sorted(found, key=lambda about: about.written, reverse=True)


def current(facts: Iterable[Fact]) -> AboutMe | None:
    """The version that holds: the latest of the things that were not struck in the end.

    What is mistaken in its last version was never so: its versions before that do not hold either.
    """
    last: dict[str, Fact] = {}
    for fact in facts:
        known = last.get(fact.event.thread)
        if known is None or _order(fact) > _order(known):
            last[fact.event.thread] = fact
    return next((about for about in versions(last.values()) if not about.struck), None)


def _order(fact: Fact) -> tuple[str, str]:
    return fact.event.version, fact.event.id


def _written(resource: Resource) -> datetime | None:
    return moment(resource.get("authored")) or moment(resource.get("date"))


def _author(resource: Resource) -> str | None:
    people = (*values(resource, "author"), *values(resource, "source"))
    return next(filter(None, (reference_text(one, resource) for one in people)), None)
