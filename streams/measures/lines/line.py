"""What a line is, and the words that the SQL of every measure's lines is made of.

A line is a stretch of London days (`first` to before `last`; one day for what happens once) of one
stay, referral or answer, with its amount and base for each day. `part` tells apart what one
measure counts separately.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from streams.measures.question import Question

# SQL over the engine's tables that gives the lines. Parameters: `$first` and `$end`, the period;
# `$today`, `$now`, `$at`, the moment; `$setting`, beds or virtual wards.
Lines = Callable[[Question], str]

# The columns of every line, with what stands in them where a measure does not say it.
COLUMNS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "n": "null::ubigint",
        "person": "null::uuid",
        "profile": "null::ubigint",
        "born": "null::date",
        "provider": "null::varchar",
        "site": "null::varchar",
        "ward": "null::varchar",
        "class": "null::varchar",
        "hour": "null::integer",
        "pathway": "null::varchar",
        "reason": "null::varchar",
        "part": "''",
        "first": "null::date",
        "last": "null::date",
        "amount": "1.0",
        "base": "0.0",
    }
)


def of_person(row: str) -> dict[str, str]:
    """Who a row of a table is about, and what people are told apart by (`profiles`)."""
    return {name: f"{row}.{name}" for name in ("person", "profile", "born")}


# Whose stay `s` it is, or part `x` of one; the ward where it is or ended, and where it began.
STAY: Final = of_person("s") | {"n": "s.n", "provider": "s.provider", "class": "s.class"}
PART: Final = {name: column.replace("s.", "x.") for name, column in STAY.items()}
THERE: Final = {"site": "x.site", "ward": "x.ward"}
HERE: Final = {"site": "s.site", "ward": "s.ward"}
BEGINNING: Final = {"site": "s.first_site", "ward": "s.first_ward"}
HAPPENED: Final = "s.status in ('open', 'finished')"
OPEN: Final = "s.status = 'open' and s.setting = $setting"
ENDED: Final = "s.status = 'finished' and s.setting = $setting"
# Planned, and over on the day it began.
DAY_CASE: Final = "coalesce(s.class = 'SS' and s.admitted_day = s.discharged_day, false)"


def line(source: str, where: str, **columns: str) -> str:
    """A line for each row of the source, with these columns said."""
    said = ", ".join(f'{columns.get(name, plain)} as "{name}"' for name, plain in COLUMNS.items())
    return f"select {said} from {source} where {where}"


def together(*lines: str) -> str:
    """All of the lines."""
    return " union all ".join(lines)


def on(day: str) -> dict[str, str]:
    """The days of what happens once."""
    return {"first": day, "last": f"{day} + 1"}


def in_period(day: str) -> str:
    """Whether a day is one of those asked for."""
    return f"{day} >= $first and {day} < $end"


def within(first: str, last: str) -> dict[str, str]:
    """The days of a stretch that are asked for; what has no end goes on until today."""
    return {
        "first": f"greatest({first}, $first)",
        "last": f"least(coalesce({last}, $today), $end)",
    }


def overlaps(first: str, last: str) -> str:
    """Whether there are any such days.

    The ends alone say most of it, and in a table that lies in order of time they are soon found.
    """
    days = within(first, last)
    near = f"{first} < $end and ({last} > $first or {last} is null)"
    return f"{near} and {days['first']} < {days['last']}"


def one_if(condition: str) -> str:
    """1 where it is so, else 0."""
    return f"case when {condition} then 1.0 else 0.0 end"


def services(provider: str, service: str) -> str:
    """Joins the row of a service, and the one for all the other services of its provider (`*`)."""
    return (
        f"left join services v on v.provider = {provider} and v.service = {service}"
        f" left join services w on w.provider = {provider} and w.service = '*'"
    )


def marked(mark: str) -> str:
    """Whether the reference data mark such a service so: its own row, else that for the others."""
    return f"coalesce(v.{mark}, w.{mark}, false)"
