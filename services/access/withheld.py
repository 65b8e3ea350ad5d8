"""What of a person's record a viewer may not see: restricted facts, shown as that alone. Pure."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from schemas.restriction import Restriction
from services.access.relationships import Relationship, Standing
from services.access.rules import may_view_restricted
from services.access.viewer import Viewer


class Marked(NamedTuple):
    """A fact that is restricted, or a thing's of which the state that holds is.

    `later`: the states of its thread that came after it; none where it is restricted now.
    `parties`: the organisations that it names as who asks and who is asked, where it is a request
    or its answer.
    """

    event_id: UUID
    thread: str
    source: str
    restriction: Restriction
    later: frozenset[UUID] = frozenset()
    parties: frozenset[str] = frozenset()

    @property
    def holds(self) -> bool:
        """Whether it is restricted now."""
        return not self.later


class Withheld(NamedTuple):
    """What a viewer is not shown.

    `now`: the facts that are restricted now, `threads`: what they are states of, `before`: facts
    that were, of things that no longer are, `later`: of each of them, what came after it. `but_of`:
    everything but what this organisation wrote.
    """

    now: frozenset[UUID] = frozenset()
    threads: frozenset[str] = frozenset()
    before: frozenset[UUID] = frozenset()
    but_of: str | None = None
    later: Mapping[UUID, frozenset[UUID]] = MappingProxyType({})

    @property
    def is_anything(self) -> bool:
        """Whether there is anything that the viewer may not see."""
        return bool(self.now or self.before or self.but_of is not None)

    def hides(self, event_id: UUID, thread: str, source: str) -> bool:
        """Whether a fact is one that the viewer may not see."""
        return (
            event_id in self.now
            or event_id in self.before
            or thread in self.threads
            or self.hides_source(source)
        )

    def hides_any(self, event_ids: Iterable[UUID], sources: Iterable[str]) -> bool:
        """Whether something that these facts make is one that the viewer may not see.

        It may not be made anew yet of what came after a fact that was restricted.
        """
        facts = frozenset(event_ids)
        return (
            not self.now.isdisjoint(facts)
            or any(self.later.get(one, facts).isdisjoint(facts) for one in self.before & facts)
            or any(map(self.hides_source, sources))
        )

    def hides_source(self, source: str) -> bool:
        """Whether nothing that this organisation says is shown: it would tell where somebody is."""
        return self.but_of is not None and source != self.but_of


NOTHING = Withheld()


def withheld_from(viewer: Viewer, standing: Standing, marked: Iterable[Marked]) -> Withheld:
    """What of one person's record is kept from a viewer, of whose facts these are restricted."""
    kept = [one for one in marked if not _may_view(viewer, standing, one)]
    facts = [one for one in kept if one.restriction is not Restriction.SENSITIVE]
    sensitive = any(one.holds for one in kept if one.restriction is Restriction.SENSITIVE)
    return Withheld(
        frozenset(one.event_id for one in facts if one.holds),
        frozenset(one.thread for one in facts if one.holds),
        frozenset(one.event_id for one in facts if not one.holds),
        viewer.org if sensitive else None,
        {one.event_id: one.later for one in facts if not one.holds},
    )


def _may_view(viewer: Viewer, standing: Standing, one: Marked) -> bool:
    """The flag of a person is about all that others say: who set it sees no more for that."""
    is_person = Relationship.SELF in standing or one.restriction is Restriction.SENSITIVE
    own = one.source == viewer.org and not is_person
    sent = viewer.org in one.parties and not is_person
    return may_view_restricted(standing, one.restriction, own=own, sent=sent).allowed
