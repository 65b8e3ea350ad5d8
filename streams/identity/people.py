"""Which source identities are one person, given what holds of what facts and staff say. Pure."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from uuid import UUID

from schemas.identity import bare_of
from streams.identity.groups import Groups, on_a_path
from streams.identity.reviews import Review, ReviewKind, cycles, parted_yet_joined, two_numbers
from streams.identity.statements import Pair, Said


class People(NamedTuple):
    """Each identity's person, and what is in doubt."""

    person: dict[str, UUID]
    reviews: frozenset[Review]


def people(own_ids: Mapping[str, UUID], said: Said) -> People:
    """The person of each identity: the smallest own id among those that are joined to it.

    Nothing is joined on doubt: what leads from one NHS number to another, and who was given up
    for two who are not one, waits for a review. `own_ids` never change, so what is taken back
    gives each side its own person again. Source: definitions, section 3.
    """
    numbered, reviews = _numbered(own_ids, said)
    joins, doubtful = _without_contradicting_merges(numbered, said)
    joins, contradicting = _without_contradictions(numbered, joins)
    groups = numbered.copy()
    for one, other in joins:
        groups.join(one, other)
    reviews |= doubtful | contradicting | cycles(said.merges) | parted_yet_joined(groups, said)
    reviews |= {Review(ReviewKind.DELETED_AT_SOURCE, (key,)) for key in said.deleted}
    person = {
        key: smallest
        for members in groups.members().values()
        for smallest in [min((own_ids[key] for key in members if key in own_ids), default=None)]
        for key in members
        if key in own_ids and smallest is not None
    }
    return People(person, frozenset(reviews))


def _numbered(own_ids: Mapping[str, UUID], said: Said) -> tuple[Groups, set[Review]]:
    """The identities that are surely one: joined by staff, or one proven NHS number.

    An NHS number alone is that number with its date of birth, while there is one such date: two
    are two people, and the bare number is neither. So it is with whoever proves two numbers.
    """
    groups = Groups(own_ids, (pair for pair in said.firm if all(map(bare_of, pair))))
    reviews = set(_births(groups, said))
    proofs: dict[str, set[Pair]] = {}
    for local, born in said.proofs:
        if bare_of(local) is None:
            proofs.setdefault(local, set()).add((local, born))
    joins = set(said.firm)
    for local, pairs in proofs.items():
        by_staff = {key for pair in said.firm if local in pair for key in pair if bare_of(key)}
        if len({groups.of(key) for key in by_staff.union(born for _, born in pairs)}) == 1:
            joins |= pairs
        else:
            reviews.add(two_numbers({key for pair in pairs for key in pair} | by_staff, pairs))
    for one, other in joins:
        groups.join(one, other)
    return groups, reviews


def _births(groups: Groups, said: Said) -> Iterator[Review]:
    """Joins each NHS number to its date of birth; yields those that have two."""
    births: dict[str, set[str]] = {}
    for _, born in said.proofs:
        births.setdefault(bare_of(born) or born, set()).add(born)
    for bare, found in sorted(births.items()):
        if len({groups.of(born) for born in found}) == 1:
            groups.join(bare, min(found))
        elif not any(groups.together(bare, born) for born in found):
            pairs = tuple((bare, born) for born in sorted(found))
            yield Review(ReviewKind.TWO_BIRTHS, (bare, *sorted(found)), pairs)


def _without_contradicting_merges(groups: Groups, said: Said) -> tuple[list[Pair], set[Review]]:
    """The joins to follow; of who was given up for several, none, unless those are one anyway."""
    targets: dict[str, set[str]] = {}
    for one, other in said.merges:
        targets.setdefault(one, set()).add(other)
    doubtful = {one: others for one, others in targets.items() if len(others) > 1}
    joins = [*said.links, *(merge for merge in said.merges if merge[0] not in doubtful)]
    joined = groups.copy()
    for one, other in joins:
        joined.join(one, other)
    while settled := [one for one, to in doubtful.items() if len({joined.of(t) for t in to}) == 1]:
        for one in settled:
            for other in doubtful.pop(one):
                joined.join(one, other)
                joins.append((one, other))
    return joins, {
        Review(
            ReviewKind.CONTRADICTING_MERGES,
            tuple(sorted({one, *others})),
            tuple((one, other) for other in sorted(others)),
        )
        for one, others in doubtful.items()
    }


def _without_contradictions(groups: Groups, joins: list[Pair]) -> tuple[list[Pair], set[Review]]:
    """The joins that lead from no NHS number to another; the others are left to review."""
    numbers = {
        group: [key for key in members if bare_of(key)]
        for group, members in groups.members().items()
        if any(bare_of(key) for key in members)
    }
    joins = sorted(set(joins))
    between = on_a_path(numbers, [(groups.of(one), groups.of(other)) for one, other in joins])
    doubted = [joins[number] for number in sorted(between)]
    clusters = Groups(())
    for one, other in doubted:
        clusters.join(one, other)
        clusters.join(groups.of(one), one)
        clusters.join(groups.of(other), other)
    reviews = {
        two_numbers(
            {key for pair in pairs for key in pair}
            | {key for key in keys for key in numbers.get(key, ())},
            pairs,
        )
        for keys in clusters.members().values()
        if (pairs := [pair for pair in doubted if pair[0] in keys])
    }
    return [join for number, join in enumerate(joins) if number not in between], reviews
