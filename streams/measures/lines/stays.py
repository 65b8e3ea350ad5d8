"""Lines of stays: how long they were, who came, who left, who came back."""

from typing import Final

from streams.measures.lines.line import (
    BEGINNING,
    DAY_CASE,
    ENDED,
    HAPPENED,
    HERE,
    OPEN,
    STAY,
    in_period,
    line,
    on,
    one_if,
    together,
)
from streams.measures.question import Question

_LEFT: Final = f"{ENDED} and {in_period('s.discharged_day')}"


def length_of_stay(asked: Question) -> str:
    """The stays discharged in the period with their days, and the chains that ended in it."""
    common = STAY | HERE | on("s.discharged_day")
    spells = line(
        "stays s",
        f"{_LEFT} and s.admitted_day is not null",
        **common,
        part=f"case when {DAY_CASE} then 'day-case' else 'spell' end",
        amount="s.discharged_day - s.admitted_day",
    )
    chains = line(
        "chains s",
        f"{_LEFT} and s.ends and not ({DAY_CASE} and s.first = s.admitted_day)",
        **common,
        part="'continuous'",
        amount="s.discharged_day - s.first",
    )
    return together(spells, chains)


def long_stay(asked: Question) -> str:
    """The open stays of the first band or more, each with its days since admission."""
    least = min(figure.least for figure in asked.measure.figures)
    return line(
        "stays s",
        f"{OPEN} and $today - s.admitted_day >= {least}",
        **STAY,
        **HERE,
        **on("$today"),
        amount="$today - s.admitted_day",
    )


def admissions(asked: Question) -> str:
    """The stays that began in the period, planned ones that never happened left out."""
    return line(
        "stays s",
        f"{HAPPENED} and s.setting = $setting and {in_period('s.admitted_day')}",
        **STAY,
        **BEGINNING,
        **on("s.admitted_day"),
        hour="s.admitted_hour",
    )


def discharges(asked: Question) -> str:
    """The stays that ended in the period."""
    return line(
        "stays s", _LEFT, **STAY, **HERE, **on("s.discharged_day"), hour="s.discharged_hour"
    )


def expected_discharges(asked: Question) -> str:
    """The open stays that are expected to end in the period."""
    return line(
        "stays s",
        f"{OPEN} and {in_period('s.expected_day')}",
        **STAY,
        **HERE,
        **on("s.expected_day"),
        hour="s.expected_hour",
    )


def readmissions_30d(asked: Question) -> str:
    """The stays that ended in the period; 1 for each that an emergency admission followed."""
    return line(
        "stays s",
        f"{_LEFT} and not {DAY_CASE}",
        **STAY,
        **HERE,
        **on("s.discharged_day"),
        amount=one_if("s.n in (select n from returns)"),
        base="1.0",
    )
