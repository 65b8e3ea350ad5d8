"""One thing that a fact says and that measures need, beside stays and referrals."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple

Said = Mapping[str, Any]


class Kind(StrEnum):
    """What is said, with the keys of `said`; a key that is absent is not said.

    Dates are ISO, moments ISO 8601 in UTC. An end (`until`) is not part of what it ends.
    """

    # birth, died; sex (male, female, other, unknown); ethnicity (NHS code A to S, Z, 99);
    # postcode (upper case, one space); practice (its code); lives (care-home);
    # flags (always; bad-nhs-number where a number fails its check)
    PERSON = "person"
    # codes (SNOMED CT, ICD-10); since, until (dates); holds false: refuted, or nobody is sure
    CONDITION = "condition"
    # codes; category; since, until (moments); visit: the source's own number of it
    FLAG = "flag"
    # one row for each member, who is its subject: cohort; since, until (dates)
    GROUP = "group"
    # instrument (integrate, partnership); answers, in the order of the items; at; organisation
    SURVEY = "survey"
    # questions (by what each is known again, as `streams.story.asked`); at; organisation
    ASKED = "asked"
    # practitioner; organisation; service; wte; since, until (dates); active
    ROLE = "role"
    # provider; site; ward; beds; since (a moment): so many until another number is said
    BEDS = "beds"
    # The thing was deleted, was a mistake or says nothing any more: nothing before it holds.
    NOTHING = "nothing"


class Trait(NamedTuple):
    """What a fact says in a thread. Of a thread only what its greatest version says holds.

    Several things that one fact says in one thread hold together.
    """

    kind: Kind
    thread: str
    subject: str | None
    said: Said
