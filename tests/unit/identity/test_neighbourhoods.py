"""Working out only whom something new is about ends where working out everybody does."""

from collections.abc import Iterable
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from schemas.events import LinkKind
from schemas.identity import bare_of
from streams.identity.people import people
from streams.identity.reviews import Review
from streams.identity.statements import JOINS, Statement, holding, said_by
from tests.unit.identity.said import KEYS, OWN, found, statements


def reached(keys: Iterable[str], said: list[Statement]) -> set[str]:
    """Whom what holds, and one NHS number, joins to these identities."""
    around, waiting = set(keys), list(keys)
    while waiting:
        at = waiting.pop()
        pairs = [{each.one, each.other} for each in said if each.kind in JOINS]
        pairs += [{at, key} for key in KEYS if bare_of(at) and bare_of(key) == bare_of(at)]
        more = set().union(*(pair for pair in pairs if at in pair)) - around
        around |= more
        waiting += more
    return around


class Incremental(RuleBasedStateMachine):
    """People and reviews kept as the store keeps them: by the neighbourhood of what changed."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Statement] = []
        self.person: dict[str, UUID] = dict(OWN)
        self.reviews: set[Review] = set()

    def settle(self, touched: Iterable[Statement]) -> None:
        """As `streams.identity.work`: whom the changes name, and all whom they reach now."""
        held = holding(self.said)
        around = reached({key for each in touched for key in (each.one, each.other)}, held)
        near = [each for each in held if {each.one, each.other} & around]
        answer = people({key: OWN[key] for key in around}, said_by(near))
        self.person |= answer.person
        self.reviews = {review for review in self.reviews if not around & set(review.keys)}
        self.reviews |= answer.reviews

    @initialize(said=st.lists(statements(), max_size=6))
    def begin(self, said: list[Statement]) -> None:
        self.said += said
        self.settle(said)

    @rule(more=st.lists(statements(), min_size=1, max_size=3))
    def say(self, more: list[Statement]) -> None:
        """What comes replaces, of its threads, whatever held before: that has changed as well."""
        threads = {each.thread for each in more if each.thread}
        before = [each for each in holding(self.said) if each.thread in threads]
        self.said += more
        self.settle([*before, *more])

    @rule(data=st.data())
    def take_back(self, data: st.DataObject) -> None:
        if not self.said:
            return
        gone = data.draw(st.sampled_from(self.said))
        self.said = [each for each in self.said if each != gone]
        after = [each for each in holding(self.said) if each.thread == gone.thread is not None]
        self.settle([gone, *after])

    @invariant()
    def all_at_once_is_the_same(self) -> None:
        answer = found(*self.said)
        assert self.person == answer.person
        assert self.reviews == answer.reviews


TestIncremental = Incremental.TestCase
TestIncremental.settings = settings(stateful_step_count=12)


def test_a_join_is_what_is_followed_from_one_identity_to_the_next() -> None:
    assert set(LinkKind) - JOINS == {LinkKind.PARTED, LinkKind.POSSIBLE, LinkKind.DELETED}
