"""Lines of what people, partners and organisations say: surveys, roles, questions asked again."""

from typing import Final

from streams.measures.lines.line import (
    in_period,
    line,
    marked,
    of_person,
    on,
    one_if,
    services,
    together,
)
from streams.measures.question import Question

_ANSWERED: Final = in_period("a.day")


def coordinated_care_reported(asked: Question) -> str:
    """Whole IntegRATE answers; 1 for each with the best answer to all four items."""
    return line(
        "answers a",
        f"a.instrument = 'integrate' and len(a.answers) = 4 and {_ANSWERED}",
        **of_person("a"),
        provider="a.organisation",
        amount=one_if("list_max(a.answers) = 0"),
        base="1.0",
        **on("a.day"),
    )


def partnership_reported(asked: Question) -> str:
    """Partnership surveys; 1 for each whose mean answer is 4 or more."""
    return line(
        "answers a",
        f"a.instrument = 'partnership' and len(a.answers) > 0 and {_ANSWERED}",
        provider="a.organisation",
        amount=one_if("list_avg(a.answers) >= 4"),
        base="1.0",
        **on("a.day"),
    )


def neighbourhood_workforce(asked: Question) -> str:
    """Whole-time equivalents; those in neighbourhood services count in the amount too."""
    return line(
        f"roles o {services('o.organisation', 'o.service')}",
        "o.active and coalesce(o.since, $today) <= $today"
        " and (o.until is null or o.until > $today)",
        provider="o.organisation",
        amount=f"case when {marked('neighbourhood')} then o.wte else 0.0 end",
        base="o.wte",
        **on("$today"),
    )


def story_repeated(asked: Question) -> str:
    """Questions that another service had asked within 30 days, and first contacts."""
    again = line(
        "asked_again a",
        _ANSWERED,
        **of_person("a"),
        provider="a.organisation",
        **on("a.day"),
    )
    contacts = line(
        "first_contacts s",
        in_period("s.day"),
        n="s.n",
        **of_person("s"),
        provider="s.provider",
        amount="0.0",
        base="1.0",
        **on("s.day"),
    )
    return together(again, contacts)
