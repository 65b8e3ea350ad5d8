"""Whom sides say that somebody is, and whether they agree in it: in words, not by colour. Pure."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from services.pages import identity_words
from services.pages.identity_words import entries
from services.pages.parts import Names
from services.pages.person_words import partial_day
from services.record.identity_models import SideOut
from services.record.patients import nhs_number_text, words_of

AGREES, DIFFERS, PARTLY, NOT_KNOWN = "Agrees", "Differs", "Agrees in part", "Not known of all"
_COLOURS: Final = {AGREES: "green", DIFFERS: "red", PARTLY: "yellow", NOT_KNOWN: "grey"}
UNKNOWN: Final = "not known"


class VerdictWords(NamedTuple):
    """One thing that is known of each side, and whether they agree in it."""

    name: str
    cells: Sequence[str]
    verdict: str
    colour: str


def compared(sides: Sequence[SideOut], names: Names) -> list[VerdictWords]:
    """What is known of each side, and whether it agrees; what only counts is not compared."""
    sexes = [side.sex.capitalize() if side.sex else None for side in sides]
    return [
        _verdict("Name", [side.name for side in sides], same_name),
        _verdict("Born", [side.birth_date for side in sides], same_beginning, partial_day),
        _verdict("Gender", sexes, _equal),
        _verdict("NHS number", [nhs_number_text(side.nhs_number) for side in sides], _equal),
        _verdict("Postcode area", [side.area for side in sides], _equal),
        _plain("Known by", [identity_words.listed(side.identities, names) for side in sides]),
        _plain("Sources", [_sources(side, names) for side in sides]),
        _plain("In the record", [entries(side) for side in sides]),
    ]


def _sources(side: SideOut, names: Names) -> str:
    return "; ".join(identity_words.organisation(one, names) for one in side.sources) or "none"


Compare = Callable[[str, str], str]


def _verdict(
    name: str, said: Sequence[str | None], compare: Compare, spell: Callable[[str], str] = str
) -> VerdictWords:
    known = [one for one in said if one]
    found = {compare(one, other) for at, one in enumerate(known) for other in known[at + 1 :]}
    verdict = _worst(found) if len(known) == len(said) else _worst(found - {AGREES} | {NOT_KNOWN})
    return VerdictWords(
        name, [spell(one) if one else UNKNOWN for one in said], verdict, _COLOURS[verdict]
    )


def _worst(found: set[str]) -> str:
    """Of several answers the one to look at first; nothing differs from itself."""
    return next((one for one in (DIFFERS, PARTLY, NOT_KNOWN) if one in found), AGREES)


def _plain(name: str, said: Sequence[str]) -> VerdictWords:
    return VerdictWords(name, said, "", "")


def _equal(one: str, other: str) -> str:
    return AGREES if one == other else DIFFERS


def same_name(one: str, other: str) -> str:
    """Whether two names are the same words; some of the words are in both of one who married."""
    first, second = words_of(one), words_of(other)
    if first == second:
        return AGREES
    return PARTLY if first & second else DIFFERS


def same_beginning(one: str, other: str) -> str:
    """Whether two dates are the same, as far as both are known: "1948" and "1948-02-29"."""
    if one == other:
        return AGREES
    return PARTLY if one.startswith(other) or other.startswith(one) else DIFFERS
