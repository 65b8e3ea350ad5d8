"""The headings of About me, and how a published text is recognised as one of them.

Source: PRSB About Me information standard, 1.3; definitions, section 7.
"""

import re
from enum import StrEnum
from typing import Final


class Heading(StrEnum):
    """A heading of About me, in the standard's order. The value is its linkId here."""

    MOST_IMPORTANT = "most-important"
    PEOPLE = "people"
    COMMUNICATION = "communication"
    WELLNESS = "wellness"
    PLEASE_DO = "please-do"
    SUPPORT = "support"
    ALSO = "also"
    SUPPORTED_BY = "supported-by"


WORDS: Final = {
    Heading.MOST_IMPORTANT: "What is most important to me",
    Heading.PEOPLE: "People who are important to me",
    Heading.COMMUNICATION: "How I communicate and how to communicate with me",
    Heading.WELLNESS: "My wellness",
    Heading.PLEASE_DO: "Please do and please don't",
    Heading.SUPPORT: "How and when to support me",
    Heading.ALSO: "Also worth knowing about me",
    Heading.SUPPORTED_BY: "Supported to write this by",
}
# Spellings of earlier editions, of the project's definitions and of suppliers.
_ALSO_SAID: Final = {
    "what is important to me": Heading.MOST_IMPORTANT,
    "most important to me": Heading.MOST_IMPORTANT,
    "important people": Heading.PEOPLE,
    "how i communicate": Heading.COMMUNICATION,
    "how to communicate with me": Heading.COMMUNICATION,
    "my health": Heading.WELLNESS,
    "my health and wellness": Heading.WELLNESS,
    "please do": Heading.PLEASE_DO,
    "please do not": Heading.PLEASE_DO,
    "please dont": Heading.PLEASE_DO,
    "please do and please do not": Heading.PLEASE_DO,
    "how to support me": Heading.SUPPORT,
    "when to support me": Heading.SUPPORT,
    "also worth knowing": Heading.ALSO,
    "supported by": Heading.SUPPORTED_BY,
}
TITLE: Final = "about me"
QUESTIONNAIRE: Final = "urn:throughline:questionnaire:about-me"


def plain(words: str) -> str:
    """Words for comparison: no case, no signs, single blanks, no number before them."""
    bare = re.sub(r"['’`]", "", words.casefold())
    bare = re.sub(r"[\W_]+", " ", bare).strip()
    return re.sub(r"^(?:\d+ )+(?=\D)", "", bare)


_BY_WORDS: Final = {
    **_ALSO_SAID,
    **{plain(words): heading for heading, words in WORDS.items()},
    **{plain(heading): heading for heading in Heading},
}


def heading_of(*said: str | None) -> Heading | None:
    """The heading that any of the texts, a title or a linkId, is; None where none is one."""
    found = (_BY_WORDS.get(plain(words)) for words in said if words)
    return next((heading for heading in found if heading), None)


def is_title(words: str | None) -> bool:
    """True for the name of an About me as a whole, alone or within a longer one."""
    return bool(words) and re.search(rf"\b{TITLE}\b", plain(words or "")) is not None
