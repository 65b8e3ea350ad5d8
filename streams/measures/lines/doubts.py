"""Lines of what makes figures doubtful now: stays, sources and people, by the kind of doubt."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from streams.measures.lines.line import HAPPENED, STAY, line, of_person, on, together
from streams.measures.question import Question

_RECENT_DAYS: Final = 28
_INFERRED: Final = (
    "'no-admission-time', 'no-discharge-time', 'end-before-start',"
    " 'inferred-admission', 'inferred-discharge'"
)
# Whether the person of a stay `s` was in another hospital bed at the same time.
TWO_BEDS: Final = "s.n in (select n from double_beds where since < $now::timestamp)"
_OF_STAYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "inferred": f"list_has_any(s.flags, [{_INFERRED}])",
        "unknown-ward": "list_contains(s.flags, 'unknown-ward')",
        "conflicting": TWO_BEDS,
    }
)


def data_confidence(asked: Question) -> str:
    """One line for each thing that makes figures doubtful now."""
    stays = (_stays(part, which) for part, which in _OF_STAYS.items())
    return together(*stays, _stale_feeds(), _bad_numbers())


def _stays(part: str, which: str) -> str:
    recent = f"(s.status = 'open' or s.discharged_day >= $today - {_RECENT_DAYS})"
    return line(
        "stays s",
        f"{recent} and {HAPPENED} and {which}",
        **STAY,
        **on("$today"),
        part=f"'{part}'",
    )


def _stale_feeds() -> str:
    """Sources that said nothing for a day, and something in the week before it."""
    return line(
        "(select source, max(known_at) as heard from stays group by source) f",
        "f.heard < $now::timestamp - interval 1 day"
        " and f.heard >= $now::timestamp - interval 8 day",
        provider="f.source",
        part="'stale'",
        **on("$today"),
    )


def _bad_numbers() -> str:
    return line(
        "people p", "p.bad_number", **of_person("p"), part="'bad-nhs-number'", **on("$today")
    )
