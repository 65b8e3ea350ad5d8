"""Strands: facts that names connect, whichever referral they are of. What is stored and folded.

A visit may belong to two referrals, and be moved from one to another by a correction: its facts
and theirs are then one strand, and what a strand says is folded from all of them together.
"""

from collections.abc import Sequence
from typing import NamedTuple

from streams.referrals.facts import ReferralFact, merged, names_in
from streams.referrals.fold import referrals_of
from streams.referrals.names import joined
from streams.referrals.referral import Referral


class Strand(NamedTuple):
    """A strand by its smallest name, with all its facts."""

    name: str
    facts: list[ReferralFact]

    @property
    def names(self) -> list[str]:
        return sorted({name for fact in self.facts for name in names_in(fact)})

    @property
    def subjects(self) -> list[str]:
        """Every identity that any of its facts was ever about."""
        return sorted({fact.subject for fact in self.facts if fact.subject})

    @property
    def referrals(self) -> list[Referral]:
        return referrals_of(self.facts)


class Changes(NamedTuple):
    """The strands to store, and the names of strands that have become part of another."""

    strands: list[Strand]
    gone: list[str]


def plan(facts: Sequence[ReferralFact], stored: Sequence[Strand]) -> Changes:
    """What facts change. `stored`: every strand that has one of their names.

    A fact that knows two strands' names makes them one; in whatever order and batches facts come,
    they end in the same strands.
    """
    names = [*(strand.names for strand in stored), *(names_in(fact) for fact in facts)]
    smallest = joined(names)
    fresh: dict[str, list[ReferralFact]] = {}
    for fact in facts:
        fresh.setdefault(smallest[fact.thread], []).append(fact)
    parts: dict[str, list[Strand]] = {name: [] for name in fresh}
    for strand in stored:
        parts[smallest[strand.name]].append(strand)
    changed = [
        strand
        for name in sorted(fresh)
        if [strand := _one_of(name, parts[name], fresh[name])] != parts[name]
    ]
    kept = {strand.name for strand in changed}
    gone = {part.name for name in kept for part in parts[name]} - kept
    return Changes(changed, sorted(gone))


def _one_of(name: str, parts: Sequence[Strand], fresh: Sequence[ReferralFact]) -> Strand:
    return Strand(name, merged([fact for part in parts for fact in part.facts], fresh))
