"""What a decision about who is one person will do, and what one did. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from services.pages import identity_words, words
from services.pages.forms import Wrong
from services.pages.identity_words import entries, told
from services.pages.parts import Names
from services.record.identity_models import Decision, IdentityOut, Reason, Saying, SideOut, WordOut

_REASON: Final[TypeAdapter[str]] = TypeAdapter(Reason)
LONGEST_REASON: Final = 2_000


class EffectWords(NamedTuple):
    """What an answer will do, before it is given."""

    title: str
    effects: Sequence[str]
    button: str


class LinkWords(NamedTuple):
    """Where a link leads, and what it says."""

    href: str
    text: str


class WordWords(NamedTuple):
    """What a member of staff said; `state`: whether it stands; `now`: what is so now."""

    href: str
    title: str
    pair: str
    told: str
    reason: str
    state: str
    now: str
    stands: bool
    undo: str
    people: Sequence[LinkWords]


SAY_WHY = Wrong("Say how you know", "reason")
TOO_LONG = Wrong(f"How you know must be {LONGEST_REASON:,} characters or fewer", "reason")
_CAN_BE_TAKEN_BACK = "You can take it back: then it is as it was before."
_BEFORE_SOURCES = "What you say goes before whatever a source says of the two, now and later."


def effect(decision: Decision, sides: Sequence[SideOut]) -> EffectWords:
    """What an answer to a question about these sides will do."""
    match decision:
        case Decision.JOIN:
            return EffectWords("Join the records?", _joined(sides), "Join the records")
        case Decision.PART:
            return EffectWords("Keep them apart?", parted(sides), "Keep them apart")
        case _:
            return EffectWords("Leave it as it is?", _left(), "Leave it as it is")


def _joined(sides: Sequence[SideOut]) -> list[str]:
    people = {side.person_id for side in sides}
    counted = words.listed([entries(side) for side in sides])
    both = f"There will be one record, with {counted} in one timeline."
    return [
        both if len(people) > 1 else "There is one record now, and it stays one.",
        "Whoever may see either of them sees all of it. Figures count one person.",
        _BEFORE_SOURCES,
        _CAN_BE_TAKEN_BACK,
    ]


def parted(sides: Sequence[SideOut]) -> list[str]:
    """What it does to keep these sides apart."""
    people = {side.person_id for side in sides}
    each = (
        "There will be a record for each, with what came under its own numbers. If others still"
        " join the two, that is asked in the list."
    )
    return [
        each if len(people) == 1 else "There is a record for each now, and it stays so.",
        "Whoever may see only one of them does not see the other. Figures count two people.",
        _BEFORE_SOURCES,
        _CAN_BE_TAKEN_BACK,
    ]


def _left() -> list[str]:
    return [
        "No record changes.",
        "The question leaves the list. It is asked again only if something new is said of them.",
        "This cannot be taken back here.",
    ]


def reason_wrong(reason: str) -> Wrong | None:
    """What is wrong with a reason, if anything is."""
    if len(reason) > LONGEST_REASON:
        return TOO_LONG
    try:
        _REASON.validate_python(reason)
    except ValidationError:
        return SAY_WHY
    return None


def word(found: WordOut, names: Names) -> WordWords:
    """What a member of staff said of two identities, and what came of it."""
    joins, stands = found.kind is Saying.JOIN, found.taken_back_at is None
    called = [identity_words.name(each.identity, names) for each in found.identities]
    back = words.moment(found.taken_back_at) if found.taken_back_at else ""
    return WordWords(
        identity_words.word_address(found.link_id),
        "They are one person" if joins else "They are two people",
        identity_words.both(*called),
        told(found.source, found.said_at, names, by_staff=True),
        found.reason,
        f"Taken back on {back}" if back else "Stands",
        f"They are {'one person' if found.together else 'two people'} in the record now.",
        stands,
        _undone(joins=joins),
        [_person(one, names) for one in found.identities[: _ONE if found.together else _BOTH]],
    )


# Of one person one page is enough.
_ONE, _BOTH = 1, 2


def _person(one: IdentityOut, names: Names) -> LinkWords:
    text = f"Whoever has {identity_words.within(identity_words.name(one.identity, names))}"
    return LinkWords(identity_words.address(one.identity_id), text)


def _undone(*, joins: bool) -> str:
    if joins:
        return (
            "Each gets its own record back, with what came under its own numbers, unless somebody"
            " else says too that they are one person."
        )
    return "What sources say decides again: they are one person if a source says so."
