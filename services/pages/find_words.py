"""The form that finds a person, and whom it found, in words. Pure."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from pydantic import ValidationError

from services.pages.forms import Wrong
from services.pages.person_words import NO_NAME, partial_day
from services.record.models import PersonFound, Search

# As the longest name of a person, and more.
_LONGEST = 200


class Asked(NamedTuple):
    """The fields of the form as they were filled in."""

    number: str = ""
    name: str = ""
    day: str = ""
    month: str = ""
    year: str = ""


class FoundWords(NamedTuple):
    """Somebody whom the form fits."""

    href: str
    name: str
    born: str
    number: str


NOTHING_ASKED = Asked()
NOT_A_NUMBER = Wrong("Enter an NHS number: ten digits, of which the last one checks", "number")
SAY_WHOM = Wrong("Enter an NHS number, or a name and a date of birth", "number")
ONE_WAY = Wrong("Enter an NHS number alone, or a name and a date of birth", "number")
NO_NAME_ASKED = Wrong("Enter a name besides the date of birth", "name")
NO_DAY_ASKED = Wrong("Enter a date of birth besides the name", "born-day")
NOT_A_DAY = Wrong("Enter a date of birth that is a date, like 27 3 1948", "born-day")


def asked(form: Mapping[str, str]) -> Asked:
    """What was filled in, without blanks around it."""
    names = ("number", "name", "born[day]", "born[month]", "born[year]")
    return Asked(*(form.get(name, "").strip()[:_LONGEST] for name in names))


def search(said: Asked) -> Search | Wrong:
    """What to look for, or what is wrong."""
    has_day = bool(said.day or said.month or said.year)
    if said.number:
        return ONE_WAY if said.name or has_day else _by_number(said.number)
    if not said.name:
        return NO_NAME_ASKED if has_day else SAY_WHOM
    return _by_name(said) if has_day else NO_DAY_ASKED


def _by_number(number: str) -> Search | Wrong:
    try:
        return Search(nhs_number=number)
    except ValidationError:
        return NOT_A_NUMBER


def _by_name(said: Asked) -> Search | Wrong:
    try:
        born = date(int(said.year), int(said.month), int(said.day))
    except (ValueError, OverflowError):
        return NOT_A_DAY
    return Search(name=said.name, birth_date=born.isoformat())


def found(people: Sequence[PersonFound]) -> list[FoundWords]:
    """Everybody who was found, in the order given."""
    return [
        FoundWords(
            f"/people/{one.person_id}",
            one.name or NO_NAME,
            partial_day(one.birth_date) if one.birth_date else "not known",
            one.nhs_number_text or "not known",
        )
        for one in people
    ]
