"""By what a person is known, and who says that it is one person, in words. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from schemas.identity import NHS, bare_of, birth_in
from schemas.measure import Dimension
from services.pages import parts, words
from services.pages.parts import Names
from services.pages.person_words import NO_NAME, partial_day
from services.record.identity_models import IdentitiesOut, IdentityOut, SideOut, StatementOut
from services.record.patients import nhs_number_text

_PATIENT, _IDENTIFIER = "Patient", "id"
# What a system calls its own numbers stands at the end of its address: "https://x.nhs.uk/id/mrn".
_LAST_PART: Final = re.compile(r"([A-Za-z][A-Za-z0-9 -]{0,30})/?$")
# What each kind of statement says of two identities, and whether it joins them.
_SAID: Final[Mapping[str, str]] = {
    "same": "{one} is {other}",
    "merged": "{one} was given up for {other}",
    "linked": "{one} and {other} are one person",
    "parted": "{one} and {other} are two people",
    "possible": "{one} may be {other}",
}
JOINS: Final = frozenset({"same", "merged", "linked"})


class KnownWords(NamedTuple):
    """An identity, with whom it alone says that the person is; no `records`: there are none."""

    name: str
    who: str
    records: str


class SaidWords(NamedTuple):
    """A statement: what, by whom, and what can be done; the addresses may be empty."""

    text: str
    told: str
    reason: str
    original: str
    part: str
    word: str


class IdentitiesWords(NamedTuple):
    """By what a person is known, and who says so."""

    whose: str
    known: Sequence[KnownWords]
    said: Sequence[SaidWords]


def name(key: str, names: Names) -> str:
    """An identity as people say it: "NHS number 999 000 0026", "Number p1 at St Anne (RX1)"."""
    bare, birth = bare_of(key), birth_in(key)
    if bare:
        number = f"NHS number {nhs_number_text(bare.removeprefix(f'{NHS}/'))}"
        return f"{number}, born {partial_day(birth)}" if birth else number
    source, _, own = key.partition("/")
    kind, _, called = own.partition("/")
    if kind == _IDENTIFIER:
        system, _, value = called.partition("|")
        return f"Number {value}{_of(system, source)} at {organisation(source, names)}"
    return f"Number {called} at {organisation(source, names)}"


def _of(system: str, source: str) -> str:
    """ " (mrn)": what kind of number it is, where its system says so in a word."""
    found = _LAST_PART.search(system)
    return f" ({found[1]})" if found and found[1] != source else ""


def organisation(code: str, names: Names) -> str:
    """ "St Anne (RX1)"."""
    return parts.name(Dimension.PROVIDER, (code,), names)


def within(text: str) -> str:
    """A name of an identity within a sentence: "number p1 at St Anne"."""
    return text if text.startswith("NHS ") else f"{text[:1].lower()}{text[1:]}"


def both(one: str, other: str) -> str:
    """Two identities in one text."""
    return f"{one} and {within(other)}"


def identities(found: IdentitiesOut, names: Names, *, sees_originals: bool) -> IdentitiesWords:
    """What the page says; `sees_originals`: whether the viewer is led to what was sent."""
    named = {one.identity_id: name(one.identity, names) for one in found.identities}
    return IdentitiesWords(
        whose(found.sides),
        [known(side, names) for side in found.sides],
        [
            _said(one, named, names, sees_originals=sees_originals)
            for one in sorted(found.statements, key=lambda one: one.said_at, reverse=True)
        ],
    )


def whose(sides: Sequence[SideOut]) -> str:
    """Every name that the sides have: two are worth a look."""
    return words.listed(list(dict.fromkeys(side.name for side in sides if side.name))) or NO_NAME


def known(side: SideOut, names: Names) -> KnownWords:
    """A side that is one identity."""
    called = listed(side.identities, names)
    if not side.records:
        return KnownWords(called, "No entry came under this number alone.", "")
    born = f"born {partial_day(side.birth_date)}" if side.birth_date else ""
    area = f"postcode area {side.area}" if side.area else ""
    told = ", ".join(filter(None, (side.name, born, area)))
    return KnownWords(called, told or "It says nothing of who it is.", entries(side))


def listed(found: Sequence[IdentityOut], names: Names) -> str:
    """Identities in words, one after the other."""
    return "; ".join(name(one.identity, names) for one in found)


def entries(side: SideOut) -> str:
    """ "1 entry", "1,204 entries"."""
    return "1 entry" if side.records == 1 else f"{side.records:,} entries"


def _said(
    one: StatementOut, named: Mapping[UUID, str], names: Names, *, sees_originals: bool
) -> SaidWords:
    both = one.one in named and one.other in named
    pair = {"one": named.get(one.one, _SOMEBODY), "other": within(named.get(one.other, _SOMEBODY))}
    return SaidWords(
        _SAID.get(one.kind, "{one} and {other}").format(**pair),
        told(one.source, one.said_at, names, by_staff=one.by_staff),
        one.reason or "",
        f"/events/{one.event_id}" if one.event_id and sees_originals else "",
        pair_address(one.one, one.other) if both and one.kind in JOINS and not one.by_staff else "",
        word_address(one.link_id) if one.by_staff else "",
    )


# An identity that is another person's now is named on that person's page alone.
_SOMEBODY: Final = "Somebody else’s number"


def told(source: str, at: datetime, names: Names, *, by_staff: bool) -> str:
    """ "St Anne (RX1), 3 March 2026, 9:00am"."""
    who = organisation(source, names)
    return f"{f'Staff of {who}' if by_staff else who}, {words.moment(at)}"


def address(person: UUID) -> str:
    """Where it stands by what a person is known."""
    return f"/people/{person}/identities"


def pair_address(one: UUID, other: UUID) -> str:
    """Where two identities can be parted."""
    return f"/identities/pairs/{one}/{other}"


def word_address(link_id: UUID) -> str:
    """Where what a member of staff said can be taken back."""
    return f"/identities/decisions/{link_id}"
