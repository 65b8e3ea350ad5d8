"""Facts put together: every state of a thing in order, and the things of each referral."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from streams.referrals.facts import ReferralFact, Role, State, counting
from streams.referrals.names import joined


class Thread(NamedTuple):
    """Every known state of one thing, in order; the last one holds."""

    states: tuple[ReferralFact, ...]

    @property
    def now(self) -> ReferralFact:
        return self.states[-1]

    @property
    def content(self) -> ReferralFact:
        """The last state that still has a content: what was struck is known by it."""
        whole = [state for state in self.states if state.state is not State.MISTAKEN]
        return whole[-1] if whole else self.now

    @property
    def is_mistaken(self) -> bool:
        return self.now.state is State.MISTAKEN

    @property
    def since(self) -> datetime:
        """Since when it has said what it says now."""
        at = self.now.said_at
        for state in reversed(self.states):
            if state.state is not self.now.state:
                break
            at = min(at, state.said_at)
        return at

    def first(self, *states: State) -> datetime | None:
        """When it first said one of these."""
        return min((one.said_at for one in self.states if one.state in states), default=None)


def threads_of(facts: Sequence[ReferralFact]) -> list[Thread]:
    """The facts by the thing that they are states of. A question tells nothing that is new."""
    things: dict[tuple[str, Role], list[ReferralFact]] = {}
    for fact in counting(facts):
        things.setdefault((fact.thread, fact.role), []).append(fact)
    return [Thread(tuple(sorted(things[key], key=_order))) for key in sorted(things)]


def _order(fact: ReferralFact) -> tuple[bool, str, str]:
    return fact.state is not State.ASKED, fact.version, fact.event_id


class Members(NamedTuple):
    """What belongs to one referral: all that it is called, and all that is about it.

    `name`: the first of the threads of its request; where nobody has sent one, of its names.
    """

    name: str
    names: tuple[str, ...]
    threads: list[Thread]


def apart(facts: Sequence[ReferralFact]) -> list[Members]:
    """The referrals among the facts, by name.

    Only what is said to be one request is one referral: a visit that two requests led to belongs
    to both, and what holds now decides what a thing is about. What only may be a request is none,
    and neither is what was struck without anybody's request.
    """
    threads = threads_of(facts)
    smallest = joined(_identities(threads))
    found: dict[str, dict[int, Thread]] = {}
    certain: set[str] = set()
    for number, thread in enumerate(threads):
        for name, is_certain in _about(thread):
            found.setdefault(smallest[name], {})[number] = thread
            certain |= {smallest[name]} if is_certain else set()
    names: dict[str, list[str]] = {}
    for name in sorted(smallest):
        names.setdefault(smallest[name], []).append(name)
    members = [_members(names[name], [*found[name].values()]) for name in certain]
    return sorted(members, key=lambda one: one.name)


def _members(names: Sequence[str], threads: list[Thread]) -> Members:
    requests = [thread.now.thread for thread in threads if thread.now.role is Role.REQUEST]
    return Members(min(requests or names), tuple(names), threads)


def _identities(threads: Iterable[Thread]) -> Iterable[tuple[str, ...]]:
    for thread in threads:
        if thread.now.role is Role.REQUEST:
            yield (thread.now.thread, *thread.content.names)
        else:
            yield from (mention.names for mention in thread.now.mentions)


def _about(thread: Thread) -> Iterable[tuple[str, bool]]:
    if thread.now.role is Role.REQUEST:
        return [(thread.now.thread, True)]
    counts = not thread.is_mistaken
    return [(mention.names[0], mention.certain and counts) for mention in thread.now.mentions]
