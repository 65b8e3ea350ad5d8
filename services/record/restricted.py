"""What is left of a record of which part is restricted: no more than that there is some. Pure."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final
from uuid import UUID

from schemas.identity import NHS
from services.access.withheld import Withheld
from services.record.presenters import facts_in
from services.record.referrals import ReferralOut
from services.record.stored import StoredStay
from streams.story.fact import Fact
from streams.timeline.entry import Entry
from streams.timeline.read import TimelineEntry

RESTRICTED: Final = "restricted"


def timeline_shown(entries: Sequence[TimelineEntry], withheld: Withheld) -> list[TimelineEntry]:
    """The lines, newest first; each restricted fact is one line that says only when it was."""
    if not withheld.is_anything:
        return list(entries)
    shown, told = list[TimelineEntry](), set[UUID]()
    for line in entries:
        if not _hides(line, withheld):
            shown.append(line)
        elif line.event_id not in told:
            told.add(line.event_id)
            shown.append(_bare(line))
    return shown


def facts_shown(entries: Iterable[TimelineEntry], withheld: Withheld) -> list[TimelineEntry]:
    """The lines of the facts that may be seen."""
    return [line for line in entries if not _hides(line, withheld)]


def facts_of_story_shown(facts: Iterable[Fact], withheld: Withheld) -> list[Fact]:
    """The facts of a story that may be seen."""
    return [
        fact
        for fact in facts
        if not withheld.hides(UUID(fact.event.id), fact.event.thread, fact.event.source)
    ]


def hides_stay(stored: StoredStay, withheld: Withheld) -> bool:
    """Whether a stored stay is made of anything that may not be seen."""
    if not withheld.is_anything:
        return False
    facts = map(UUID, facts_in(stored, None))
    return withheld.hides_any(facts, {stored.source, stored.stay.provider})


def hides_referral(one: ReferralOut, withheld: Withheld) -> bool:
    """Whether a referral is made of anything, or is with anybody, that may not be seen."""
    parties = {party.code for party in (one.requester, one.receiver, one.owner) if party}
    sources = {name.partition("|")[0] for name in (one.referral, *one.names)}
    return withheld.hides_any(one.event_ids, {*sources, *filter(None, parties)})


def keys_shown(keys: Collection[str], withheld: Withheld) -> list[str]:
    """The identities that tell of no organisation that may not be seen."""
    sources = ((key, key.partition("/")[0]) for key in keys)
    return [key for key, of in sources if of == NHS or not withheld.hides_source(of)]


def _hides(line: TimelineEntry, withheld: Withheld) -> bool:
    return withheld.hides(line.event_id, line.thread, line.source)


def _bare(line: TimelineEntry) -> TimelineEntry:
    """What, where and who are left out; its place in the order stays."""
    entry = Entry(slot="", kind=RESTRICTED, title="Restricted", at=line.entry.at)
    return line._replace(
        slot="",
        entry=entry,
        source=RESTRICTED,
        sector=RESTRICTED,
        resource_type=RESTRICTED,
        thread="",
        replaced_by=None,
    )
