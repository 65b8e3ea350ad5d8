"""What is in doubt about who is one person, side by side, and the answers to it. Pure."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlencode

from services.pages import forms, identity_words, words
from services.pages.compared_words import VerdictWords, compared
from services.pages.decision_words import reason_wrong
from services.pages.forms import Choice, Wrong
from services.pages.parts import Names
from services.pages.person_words import NO_NAME
from services.record.identity_models import Decision, FacingOut, PairOut, ReviewOut, SideOut
from streams.identity.reviews import ReviewKind

# What is asked, and why somebody has to look.
_ASKED: Final[Mapping[ReviewKind, tuple[str, str]]] = {
    ReviewKind.TWO_NUMBERS: (
        "One person, or two with a number each?",
        "What was said would join two NHS numbers. They are kept apart until somebody decides.",
    ),
    ReviewKind.TWO_BIRTHS: (
        "One NHS number with two dates of birth",
        "The number was proven with both. They are kept apart until somebody decides.",
    ),
    ReviewKind.CONTRADICTING_MERGES: (
        "Given up for two who are not one person",
        "A source gave up one of its records for several others, and these are not one person.",
    ),
    ReviewKind.MERGE_CYCLE: (
        "Each was given up for the other",
        "What sources gave up leads back to where it began, so none of it says which stays.",
    ),
    ReviewKind.PARTED_YET_JOINED: (
        "Kept apart, and joined by way of others",
        "They are said to be two people, and what others say still makes them one.",
    ),
    ReviewKind.POSSIBLE_MATCH: (
        "Perhaps one person",
        "A source says so, or quotes an NHS number that it has not verified.",
    ),
    ReviewKind.DELETED_AT_SOURCE: (
        "Deleted at the source",
        "A source has deleted its record of this person. What is known stays until somebody looks.",
    ),
}
_DECISIONS: Final[Mapping[Decision, tuple[str, str]]] = {
    Decision.JOIN: ("They are one person", "Their records are joined."),
    Decision.PART: ("They are two people", "Their records are kept apart."),
    Decision.DISMISS: ("Leave it as it is", "Nothing changes, and it is not asked again."),
}
EVERY: Final = "all"


class ReviewWords(NamedTuple):
    """A question in the queue."""

    href: str
    title: str
    why: str
    about: Sequence[str]
    since: str


class SideWords(NamedTuple):
    """A side of the table; `href` leads to the record, where the viewer may see it."""

    title: str
    href: str


class FacingWords(NamedTuple):
    """A question with its sides, and the answers that it may have."""

    title: str
    why: str
    since: str
    sides: Sequence[SideWords]
    rows: Sequence[VerdictWords]
    decisions: Sequence[Choice]
    hints: Mapping[str, str]
    pairs: Sequence[Choice]


class Given(NamedTuple):
    """The fields of the form as they were filled in; `pair`: `EVERY`, or two ids."""

    decision: str = ""
    pair: str = EVERY
    reason: str = ""


class Answer(NamedTuple):
    """An answer that can be given."""

    decision: Decision
    pair: PairOut | None
    reason: str


CHOOSE = Wrong("Choose what to do", "decision")
CHOOSE_PAIR = Wrong("Choose which of them it is about", "pair")


def queue(found: Sequence[ReviewOut], names: Names) -> list[ReviewWords]:
    """The questions of a page, in the order given."""
    return [
        ReviewWords(
            f"/identities/reviews/{one.review_id}",
            *_ASKED[one.kind],
            [identity_words.name(each.identity, names) for each in one.identities],
            words.moment(one.since),
        )
        for one in found
    ]


def more(path: str, kind: str, after: str | None) -> str:
    """Where the queue goes on; empty where it ends."""
    asked = {"kind": kind, "after": after or ""}
    told = {name: value for name, value in asked.items() if value}
    return f"{path}?{urlencode(told)}" if after else ""


def kinds(chosen: str) -> list[Choice]:
    """What the queue can be narrowed to."""
    return forms.choices({kind: _ASKED[kind][0] for kind in ReviewKind}, chosen, "Everything")


def facing(found: FacingOut, given: Given, names: Names, *, sees_records: bool) -> FacingWords:
    """A question side by side. `sees_records`: whether the viewer is led to the records."""
    pairs = _pairs(found, given, names)
    may = list(_DECISIONS) if pairs else [Decision.DISMISS]
    return FacingWords(
        *_ASKED[found.kind],
        words.moment(found.since),
        sides(found.sides, sees_records=sees_records),
        compared(found.sides, names),
        [Choice(one, _DECISIONS[one][0], one == given.decision) for one in may],
        {one: hint for one, (_, hint) in _DECISIONS.items()},
        pairs if len(pairs) > _ONE_PAIR else (),
    )


# Beside the choice of all there is one of each pair: of a single pair there is nothing to choose.
_ONE_PAIR: Final = 2


def _pairs(found: FacingOut, given: Given, names: Names) -> list[Choice]:
    """Which of the pairs an answer may be for, all of them first; none where there is none."""
    named = {one.identity_id: identity_words.name(one.identity, names) for one in found.identities}
    told = {
        address(pair): identity_words.both(named[pair.one], named[pair.other])
        for pair in found.pairs
    }
    if not told:
        return []
    every = Choice(EVERY, "All of them", given.pair not in told)
    return [every, *(Choice(pair, text, pair == given.pair) for pair, text in told.items())]


def address(pair: PairOut) -> str:
    """A pair as the form names it."""
    return f"{pair.one}/{pair.other}"


def concerned(found: FacingOut, pair: PairOut | None) -> list[SideOut]:
    """The sides that an answer is about: all, or those that have one of the two identities."""
    if pair is None:
        return found.sides
    ids = {pair.one, pair.other}
    return [side for side in found.sides if ids & {one.identity_id for one in side.identities}]


def sides(found: Sequence[SideOut], *, sees_records: bool = False) -> list[SideWords]:
    """What the sides are called: "1: Ada Example"."""
    return [
        SideWords(
            f"{at}: {side.name or NO_NAME}", f"/people/{side.person_id}" if sees_records else ""
        )
        for at, side in enumerate(found, 1)
    ]


def given(form: Mapping[str, str]) -> Given:
    """What was filled in."""
    return Given(form.get("decision", ""), form.get("pair", EVERY), form.get("reason", "").strip())


def answer(said: Given, found: FacingOut) -> Answer | Wrong:
    """The answer that a form gives to a question, or what is wrong with it."""
    may = set(Decision) if found.pairs else {Decision.DISMISS}
    if said.decision not in may:
        return CHOOSE
    wrong = reason_wrong(said.reason)
    if wrong is not None:
        return wrong
    pairs = {address(pair): pair for pair in found.pairs}
    if said.pair != EVERY and said.pair not in pairs:
        return CHOOSE_PAIR
    decision = Decision(said.decision)
    pair = None if decision is Decision.DISMISS else pairs.get(said.pair)
    return Answer(decision, pair, said.reason)
