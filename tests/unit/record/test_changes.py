"""Which parts of a record a change is told of, and to whom it is not told at all."""

from uuid import UUID

import pytest

from services.access.withheld import NOTHING, Withheld
from services.record.changes import Behind, Change, Made, Part, Seen, What, parts_of, told_of

ONE, OTHER = UUID(int=1), UUID(int=2)
THREAD, SOURCE = "RX1|Observation/o1", "RX1"
SOMETHING = Withheld(now=frozenset({UUID(int=9)}), threads=frozenset({"RX1|Flag/f9"}))
NOTHING_BEHIND = Behind({}, {})


def fact(kind: str = "Observation", **more: object) -> Change:
    said = {"event_id": ONE, "shown": ONE, "thread": THREAD, "source": SOURCE, "kind": kind}
    return Change(What.FACT, "RX1/Patient/p1", "", **(said | more))  # type: ignore[arg-type]


def of(what: What) -> Change:
    return Change(what, "RX1/Patient/p1", "1", source=SOURCE, name="e1", person=OTHER)


def made_of(change: Change, *facts: UUID, named: tuple[str, ...] = ()) -> Behind:
    seen = {one: Seen(one, f"RX1|Encounter/{one.int}", SOURCE) for one in facts}
    return Behind({change: Made(facts, named)}, seen)


@pytest.mark.parametrize(
    ("change", "parts"),
    [
        (fact(), {Part.TIMELINE}),
        (fact("Flag"), {Part.TIMELINE, Part.ALERTS}),
        (fact("QuestionnaireResponse"), {Part.TIMELINE, Part.ABOUT_ME, Part.ASKED}),
        (fact("CarePlan"), {Part.TIMELINE, Part.PLANS, Part.CARE_TEAM}),
        (fact("ADT^A01"), {Part.TIMELINE, Part.PERSON, Part.CARE_TEAM}),
        (fact("ADT^A60"), {Part.TIMELINE, Part.PERSON, Part.CARE_TEAM, Part.ALERTS}),
        (fact("MDM^T02"), {Part.TIMELINE, Part.DOCUMENTS}),
        (of(What.STAY), {Part.STAYS}),
        (of(What.REFERRAL), {Part.REFERRALS}),
        (of(What.IDENTITY), {Part.IDENTITY}),
    ],
)
def test_a_change_names_the_parts_that_it_may_have_changed(
    change: Change, parts: set[Part]
) -> None:
    assert parts_of(change) == parts
    assert told_of([change], NOTHING, NOTHING_BEHIND) == parts


@pytest.mark.parametrize(
    "withheld",
    [
        Withheld(now=frozenset({ONE})),
        Withheld(before=frozenset({ONE})),
        Withheld(before=frozenset({OTHER})),
        Withheld(now=frozenset({UUID(int=9)}), threads=frozenset({THREAD})),
        Withheld(but_of="ZM1"),
    ],
    ids=["restricted", "was restricted", "what it deletes was", "its thing is", "the person is"],
)
def test_what_is_withheld_is_not_told_nor_what_deletes_it(withheld: Withheld) -> None:
    assert told_of([fact(shown=OTHER)], withheld, NOTHING_BEHIND) == set()


def test_of_several_changes_those_that_are_not_withheld_are_told() -> None:
    hidden = fact("Flag", event_id=UUID(int=9), thread="RX1|Flag/f9", shown=UUID(int=9))
    assert told_of([hidden, fact()], SOMETHING, NOTHING_BEHIND) == {Part.TIMELINE}


@pytest.mark.parametrize("what", [What.STAY, What.REFERRAL])
def test_a_stay_or_a_referral_is_told_where_nothing_in_it_was_ever_withheld(what: What) -> None:
    change = of(what)
    plain = made_of(change, ONE, OTHER)
    assert told_of([change], SOMETHING, plain)
    assert not told_of([change], Withheld(now=frozenset({OTHER})), plain)
    assert not told_of([change], Withheld(before=frozenset({OTHER})), plain)
    elsewhere = made_of(change, ONE, named=("ZM1",))
    assert not told_of([change], Withheld(but_of=SOURCE), elsewhere)
    assert not told_of([change], SOMETHING, NOTHING_BEHIND)


def test_who_is_one_person_is_told_where_the_identity_says_something_that_may_be_seen() -> None:
    change = of(What.IDENTITY)
    assert told_of([change], Withheld(now=frozenset({OTHER})), made_of(change, ONE, OTHER))
    assert not told_of([change], Withheld(now=frozenset({ONE})), made_of(change, ONE))
    assert not told_of([change], SOMETHING, made_of(change))


def test_nobody_can_say_who_may_be_told_before_every_fact_is_stored() -> None:
    change = of(What.STAY)
    assert Behind({change: Made([ONE], ())}, {}).is_awaited(change)
    assert not made_of(change, ONE).is_awaited(change)
    assert not NOTHING_BEHIND.is_awaited(fact())
