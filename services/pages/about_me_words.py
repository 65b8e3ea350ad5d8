"""The form for a person's own words, in the words of whoever fills it in. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from schemas.about_me import WORDS, Heading
from services.pages.person_words import (
    NO_NAME,
    OwnWords,
    born,
    coming,
    own_words,
    versions_before,
)
from services.record.models import Person
from services.record.story_models import LONGEST_WORDS, NO_VERSION, AboutMeOut

MADE_FROM = "made_from"
Written = Mapping[Heading, str]
# The version that a form was made from, or that there was none.
MadeFrom = UUID | str
# FHIR R4, string: no character below a blank but tab, line feed and carriage return.
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_TALL, _SHORT = 5, 2
# To the person themself, and to whoever writes it down with them.
_HINTS: Final[Mapping[Heading, tuple[str, str]]] = {
    Heading.MOST_IMPORTANT: (
        "What matters most to you, in any order.",
        "What matters most to them, as they say it.",
    ),
    Heading.PEOPLE: (
        "Family, friends, pets: who they are, and how they are part of your life.",
        "Family, friends, pets: who they are, and how they are part of their life.",
    ),
    Heading.COMMUNICATION: (
        "Your language, hearing and sight; what helps you to take part in a talk.",
        "Their language, hearing and sight; what helps them to take part in a talk.",
    ),
    Heading.WELLNESS: (
        "What a good day and a bad day are like, and what others would notice.",
        "What a good day and a bad day are like for them, and what others would notice.",
    ),
    Heading.PLEASE_DO: (
        "What you want people to do, and not to do, when they care for you.",
        "What they want people to do, and not to do, when they care for them.",
    ),
    Heading.SUPPORT: (
        "What you want help with, how, and at what time of day.",
        "What they want help with, how, and at what time of day.",
    ),
    Heading.ALSO: (
        "Anything else: your work, what you like, what you believe.",
        "Anything else: their work, what they like, what they believe.",
    ),
    Heading.SUPPORTED_BY: (
        "Who helped you to write this, if somebody did.",
        "Who helped them to say this: their name, and what they are to them.",
    ),
}


class Wrong(NamedTuple):
    """What is wrong with the form, and which field it is about; empty: about all of it."""

    text: str
    field: str = ""

    @property
    def href(self) -> str:
        """Where one goes on to put it right."""
        return f"#{self.field or Heading.MOST_IMPORTANT}"


class FieldWords(NamedTuple):
    """A heading to write under. `on_record`: what is there now, where that differs from it."""

    id: str
    label: str
    hint: str
    value: str
    wrong: str
    rows: int
    on_record: str


class Spoken(NamedTuple):
    """What the page says in the words of whoever reads it."""

    title: str
    lead: str
    before: str
    back: str


class FormWords(NamedTuple):
    """The whole form.

    `told`: who wrote what is on the record, where that is beside the fields; `coming`: that
    something is on its way.
    """

    spoken: Spoken
    whose: str
    made_from: str
    fields: Sequence[FieldWords]
    wrong: Sequence[Wrong]
    coming: str
    told: str
    before: Sequence[OwnWords]


_TO_THEMSELF: Final = Spoken(
    "My own words",
    "Write what everybody who cares for you should know. They see it first on your record, with"
    " your name and today’s date. You can change it whenever you like.",
    "What I said before",
    "Back to my record",
)
_TO_STAFF: Final = Spoken(
    "Write down what they say, with them",
    "These are their words, not ours: write as they would say it, as “I”, and read it back to"
    " them before you save. It is the first thing on their record, with your name and today’s"
    " date.",
    "What they said before",
    "Back to their record",
)


SAY_SOMETHING = Wrong("Write something under at least one heading", Heading.MOST_IMPORTANT)
NEWER = Wrong(
    "Somebody else saved other words while you were writing. Yours are not saved yet: they are"
    " below, beside what is on the record now"
)
NEWER_COMING = Wrong(
    "Somebody else saved other words a moment ago, which are not on the record yet. Yours are not"
    " saved, and are below: save them again in a minute, and you will see both"
)
NOT_TAKEN = Wrong("These words are too long to be taken in all together: shorten them, and save")
HELD = Wrong(
    "These words could not be saved just now. They are all still here: save them again in a minute"
)
_LONGEST = f"{LONGEST_WORDS:,}"


def written(form: Mapping[str, str]) -> Written:
    """What stands in a form that was sent, by heading; headings left empty are not there."""
    said = {heading: _plain(form.get(heading, "")) for heading in Heading}
    return {heading: words for heading, words in said.items() if words}


def _plain(text: str) -> str:
    """The text with line feeds alone between its lines, and no character that is no text."""
    return _NO_TEXT.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def made_from(form: Mapping[str, str]) -> MadeFrom:
    """The version that a form was made from; `NO_VERSION` where it says none."""
    try:
        return UUID(form.get(MADE_FROM, ""))
    except ValueError:
        return NO_VERSION


def problems(said: Written) -> list[Wrong]:
    """What has to be put right before it can be saved, in the order of the headings."""
    if not said.keys() - {Heading.SUPPORTED_BY}:
        return [SAY_SOMETHING]
    return [
        Wrong(f"“{WORDS[heading]}” must be {_LONGEST} characters or fewer", heading)
        for heading in Heading
        if len(said.get(heading, "")) > LONGEST_WORDS
    ]


def said_in(about: AboutMeOut) -> Written:
    """What is on the record now."""
    return {one.heading: one.words for one in about.current.said} if about.current else {}


def to_begin(about: AboutMeOut, name: str, *, own: bool) -> Written:
    """What stands in the form at first: what holds, and who helps whoever says it."""
    said = said_in(about)
    return said if own or said else {Heading.SUPPORTED_BY: name}


def form(
    about: AboutMeOut,
    said: Written,
    whose: str,
    *,
    own: bool,
    wrong: Sequence[Wrong] = (),
    sent_from: MadeFrom = "",
) -> FormWords:
    """The form with what is said in it.

    It is made from what is on the record now, unless it was `sent_from` another version and that
    has not been told yet. Where it is told, both stand side by side.
    """
    held = about.current
    beside = said_in(about) if NEWER in wrong else said
    return FormWords(
        _TO_THEMSELF if own else _TO_STAFF,
        whose,
        str(sent_from) or (str(held.event_id) if held else NO_VERSION),
        [_field(one, said, beside, wrong, own=own) for one in Heading],
        wrong,
        coming(about),
        own_words(held).told if held and NEWER in wrong else "",
        versions_before(about),
    )


def held(said: Written, sent_from: MadeFrom, *, own: bool) -> FormWords:
    """The form as it was sent, where nothing can be read or written now."""
    nothing = AboutMeOut(current=None, history=[])
    return form(nothing, said, "", own=own, wrong=[HELD], sent_from=sent_from)


def whose(person: Person, today: date) -> str:
    """ "Ada Example, born 9 March 1941 (age 85), NHS number 999 049 9985"."""
    number = f"NHS number {person.nhs_number_text}" if person.nhs_number_text else ""
    birth = f"born {born(person.birth_date, person.died, today)}" if person.birth_date else ""
    return ", ".join(filter(None, (person.name or NO_NAME, birth, number)))


def saved(about: AboutMeOut) -> str:
    """What is said once words were saved."""
    if about.awaited is None:
        return "Saved. The words are on this page."
    return "Saved. The words will be on this page in a moment."


def _field(
    heading: Heading, said: Written, beside: Written, wrong: Sequence[Wrong], *, own: bool
) -> FieldWords:
    value, there = said.get(heading, ""), beside.get(heading, "")
    return FieldWords(
        heading.value,
        WORDS[heading],
        _HINTS[heading][0 if own else 1],
        value,
        next((one.text for one in wrong if one.field == heading), ""),
        _SHORT if heading is Heading.SUPPORTED_BY else _TALL,
        (there or "Nothing is written under this heading.") if there != value else "",
    )
