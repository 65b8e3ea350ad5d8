"""What a change that was stored changes of a record, and who may be told of it. Pure."""

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum
from typing import Final, NamedTuple
from uuid import UUID

from services.access.withheld import Withheld
from streams.story import about_me, alerts, asked, care_team, documents, plans


class Part(StrEnum):
    """A part of a record, as its address names it; `identity`: who is one person."""

    TIMELINE = "timeline"
    PERSON = "person"
    ABOUT_ME = "about-me"
    ALERTS = "alerts"
    CARE_TEAM = "care-team"
    PLANS = "plans"
    ASKED = "asked"
    DOCUMENTS = "documents"
    STAYS = "stays"
    REFERRALS = "referrals"
    IDENTITY = "identity"


class What(StrEnum):
    """What was stored."""

    FACT = "fact"
    STAY = "stay"
    REFERRAL = "referral"
    IDENTITY = "identity"


class Change(NamedTuple):
    """One thing that was stored, of whoever `subject` is; `mark` tells it from the next one of it.

    Of a fact: `event_id`, its `thread`, `source` and `kind`; `shown`: the fact that the record of
    this subject shows of the thread, which a later one may delete or take to somebody else.
    Of a stay or a referral: `source` and `name`. Of an identity: the `person` that it is now.
    """

    what: What
    subject: str
    mark: str
    event_id: UUID | None = None
    shown: UUID | None = None
    thread: str = ""
    source: str = ""
    kind: str = ""
    name: str = ""
    person: UUID | None = None


class Seen(NamedTuple):
    """A fact as far as it decides who may be told of what it makes."""

    event_id: UUID
    thread: str
    source: str


class Made(NamedTuple):
    """What a stay, a referral or an identity is made of: facts, and who else is named in it."""

    facts: Collection[UUID]
    named: Collection[str]


class Behind(NamedTuple):
    """What the changes that are no facts are made of, and those of these facts that are stored."""

    made: Mapping[Change, Made]
    facts: Mapping[UUID, Seen]

    def is_awaited(self, change: Change) -> bool:
        """Whether a fact of it is not stored yet, so that nobody can say who may be told."""
        made = self.made.get(change)
        return made is not None and any(fact not in self.facts for fact in made.facts)


_KINDS: Final = {
    Part.PERSON: ("Patient",),
    Part.ABOUT_ME: about_me.KINDS,
    Part.ALERTS: alerts.KINDS,
    Part.CARE_TEAM: care_team.KINDS,
    Part.PLANS: plans.KINDS,
    Part.ASKED: asked.KINDS,
    Part.DOCUMENTS: documents.KINDS,
}
# Messages tell who somebody is and who cares for them (ADT), or carry a document (MDM).
_CODES: Final = {"ADT": (Part.PERSON, Part.CARE_TEAM), "MDM": (Part.DOCUMENTS,)}
_MADE: Final = {
    What.STAY: (Part.STAYS,),
    What.REFERRAL: (Part.REFERRALS,),
    What.IDENTITY: (Part.IDENTITY,),
}


def parts_of(change: Change) -> set[Part]:
    """The parts of the record that it may have made another."""
    if change.what is not What.FACT:
        return set(_MADE[change.what])
    found = {part for part, kinds in _KINDS.items() if change.kind in kinds}
    found.update(_CODES.get(change.kind.partition("^")[0], ()) if "^" in change.kind else ())
    return found | {Part.TIMELINE}


def told_of(changes: Iterable[Change], withheld: Withheld, behind: Behind) -> set[Part]:
    """The parts that somebody may be told have changed, of whom so much is withheld."""
    return {
        part for change in changes if is_told(change, withheld, behind) for part in parts_of(change)
    }


def is_told(change: Change, withheld: Withheld, behind: Behind) -> bool:
    """Whether nothing that is withheld has to do with it: not that it is there, and not when."""
    if not withheld.is_anything:
        return True
    if change.what is What.FACT:
        seen = (change.event_id, change.shown)
        return not any(
            withheld.hides(event_id, change.thread, change.source) for event_id in seen if event_id
        )
    made = behind.made.get(change)
    if made is None:
        return False
    hidden = [withheld.hides(*behind.facts[fact]) for fact in made.facts]
    if change.what is What.IDENTITY:
        return not all(hidden)
    return not any(hidden) and not any(map(withheld.hides_source, made.named))
