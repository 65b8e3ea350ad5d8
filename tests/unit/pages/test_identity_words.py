"""Identities, what is said of them, and whether sides agree, in words; and no key in any."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.identity import identifier_key, local_key, nhs_born_key, nhs_key
from schemas.measure import Dimension
from services.pages import decision_words, identity_words, review_words
from services.pages.compared_words import (
    AGREES,
    DIFFERS,
    NOT_KNOWN,
    PARTLY,
    compared,
    same_beginning,
    same_name,
)
from services.record.identity_models import (
    Decision,
    FacingOut,
    IdentitiesOut,
    IdentityOut,
    PairOut,
    Saying,
    SideOut,
    StatementOut,
    WordOut,
)
from streams.identity.reviews import ReviewKind
from tests.builders import NHS_NUMBER

NAMES = {Dimension.PROVIDER: {"RX1": "St Anne"}}
AT = datetime(2026, 11, 30, 15, 5, tzinfo=UTC)
SPACED = f"{NHS_NUMBER[:3]} {NHS_NUMBER[3:6]} {NHS_NUMBER[6:]}"
ONE, TWO = UUID(int=1), UUID(int=2)


def side(number: int = 1, key: str = "RX1/Patient/p1", **more: Any) -> SideOut:
    own = IdentityOut(identity_id=UUID(int=number), person_id=UUID(int=number), identity=key)
    said: dict[str, Any] = {
        "side_id": own.identity_id,
        "person_id": own.person_id,
        "identities": [own],
        "name": "Ada Example",
        "birth_date": "1948-02-29",
        "sex": "female",
        "nhs_number": NHS_NUMBER,
        "area": "LS6",
        "records": 1,
        "sources": ["RX1"],
    }
    return SideOut(**said | more)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (nhs_key(NHS_NUMBER), f"NHS number {SPACED}"),
        (nhs_born_key(NHS_NUMBER, "1948-02-29"), f"NHS number {SPACED}, born 29 February 1948"),
        (local_key("RX1", "p1"), "Number p1 at St Anne (RX1)"),
        (local_key("RX2", "a/b|c"), "Number a/b|c at RX2"),
        (
            identifier_key("RX1", "https://x.nhs.uk/id/mrn", "7|8"),
            "Number 7|8 (mrn) at St Anne (RX1)",
        ),
        (identifier_key("RX1", "RX1", "7"), "Number 7 at St Anne (RX1)"),
        (identifier_key("RX1", "", "7"), "Number 7 at St Anne (RX1)"),
        (identifier_key("RX1", "urn:oid:2.16.840", "7"), "Number 7 at St Anne (RX1)"),
    ],
)
def test_an_identity_is_a_number_with_whose_it_is(key: str, said: str) -> None:
    assert identity_words.name(key, NAMES) == said


@given(st.text(), st.text())
def test_no_identity_is_told_as_its_key(system: str, value: str) -> None:
    for key in (local_key("RX1", value), identifier_key("RX1", system, value)):
        assert not identity_words.name(key, NAMES).startswith("RX1/")


def statement(kind: str, **more: Any) -> StatementOut:
    said: dict[str, Any] = {
        "link_id": UUID(int=9),
        "one": ONE,
        "other": TWO,
        "kind": kind,
        "source": "RX1",
        "said_at": AT,
        "known_at": AT,
        "by_staff": False,
        "reason": None,
        "event_id": UUID(int=8),
    }
    return StatementOut(**said | more)


def told(*statements: StatementOut, sees: bool = True) -> list[identity_words.SaidWords]:
    sides = [side(1), side(2, "RX1/Patient/p2")]
    found = IdentitiesOut(
        person_id=ONE,
        identities=[one for each in sides for one in each.identities],
        statements=list(statements),
        sides=sides,
    )
    return list(identity_words.identities(found, NAMES, sees_originals=sees).said)


def test_what_a_source_joined_can_be_parted_and_what_staff_said_taken_back() -> None:
    merged, linked = told(
        statement("merged"), statement("linked", by_staff=True, event_id=None, reason="Seen")
    )
    assert merged.text == "Number p1 at St Anne (RX1) was given up for number p2 at St Anne (RX1)"
    assert merged.told == "St Anne (RX1), 30 November 2026, 3:05pm"
    assert (merged.part, merged.word) == (f"/identities/pairs/{ONE}/{TWO}", "")
    assert merged.original == f"/events/{UUID(int=8)}"
    assert linked.told.startswith("Staff of St Anne (RX1)")
    assert (linked.part, linked.word) == ("", f"/identities/decisions/{UUID(int=9)}")
    assert (linked.original, linked.reason) == ("", "Seen")


def test_what_joins_nobody_and_whoever_is_somebody_else_cannot_be_parted() -> None:
    parted, elsewhere = told(
        statement("parted"), statement("possible", other=UUID(int=3)), sees=False
    )
    assert parted.text.endswith("are two people")
    assert "may be somebody else’s number" in elsewhere.text
    assert {parted.part, elsewhere.part, parted.original} == {""}


def test_every_name_that_a_person_has_is_told() -> None:
    assert identity_words.whose([side(), side(name="Adah Example"), side(name=None)]) == (
        "Ada Example and Adah Example"
    )
    assert identity_words.whose([side(name=None)]) == "Name not known"
    assert identity_words.known(side(records=0), NAMES).records == ""


def verdicts(*sides: SideOut) -> dict[str, str]:
    return {row.name: row.verdict for row in compared(sides, NAMES) if row.verdict}


def test_sides_agree_or_differ_and_each_is_said_in_words() -> None:
    same = verdicts(side(), side(2))
    assert set(same.values()) == {AGREES}
    assert set(same) == {"Name", "Born", "Gender", "NHS number", "Postcode area"}
    other = side(2, name="Bob Roe", birth_date="1950-01-01", sex="male", nhs_number="9990000174")
    assert verdicts(side(), other) == dict.fromkeys(same, DIFFERS) | {"Postcode area": AGREES}
    bare = side(2, name=None, birth_date=None, sex=None, nhs_number=None, area=None)
    assert set(verdicts(side(), bare).values()) == {NOT_KNOWN}
    assert verdicts(side(), bare, side(3, area="LS7"))["Postcode area"] == DIFFERS
    rows = {row.name: row.cells for row in compared([side(records=1_204), bare], NAMES)}
    assert rows["Born"] == ["29 February 1948", "not known"]
    assert rows["In the record"] == ["1,204 entries", "1 entry"]


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("Ada Example", "EXAMPLE Ada", AGREES),
        ("Zoë Brown-Jones", "zoe brown jones", AGREES),
        ("Ada Example", "Ada Roe", PARTLY),
        ("Ada", "Bob", DIFFERS),
    ],
)
def test_names_are_compared_by_their_words(one: str, other: str, verdict: str) -> None:
    assert same_name(one, other) == same_name(other, one) == verdict


def test_a_year_agrees_with_a_day_of_it_in_part() -> None:
    assert same_beginning("1948", "1948-02-29") == same_beginning("1948-02-29", "1948") == PARTLY
    assert same_beginning("1948-02-28", "1948-02-29") == DIFFERS


def facing(kind: ReviewKind = ReviewKind.POSSIBLE_MATCH, *pairs: tuple[int, int]) -> FacingOut:
    sides = [side(n, f"RX1/Patient/p{n}") for n in (1, 2, 3)]
    return FacingOut(
        review_id=UUID(int=7),
        kind=kind,
        since=AT,
        identities=[one for each in sides for one in each.identities],
        pairs=[PairOut(one=UUID(int=a), other=UUID(int=b)) for a, b in pairs],
        sides=sides,
    )


@pytest.mark.parametrize("kind", ReviewKind)
def test_every_question_has_its_words(kind: ReviewKind) -> None:
    found = facing(kind, (1, 2))
    (queued,) = review_words.queue([found], NAMES)
    assert queued.title
    assert queued.why.endswith(".")
    asked = review_words.facing(found, review_words.Given(), NAMES, sees_records=True)
    assert [one.value for one in asked.decisions] == list(Decision)
    assert asked.sides[0] == ("1: Ada Example", f"/people/{ONE}")
    assert list(asked.pairs) == []


def test_of_several_pairs_one_is_chosen_and_of_none_nothing_can_be_joined() -> None:
    found = facing(ReviewKind.CONTRADICTING_MERGES, (1, 2), (1, 3))
    chosen = review_words.Given("part", f"{ONE}/{UUID(int=3)}", "Seen")
    asked = review_words.facing(found, chosen, NAMES, sees_records=False)
    assert [one.selected for one in asked.pairs] == [False, False, True]
    assert {one.href for one in asked.sides} == {""}
    answer = review_words.answer(chosen, found)
    assert isinstance(answer, review_words.Answer)
    about = review_words.concerned(found, answer.pair)
    assert [one.person_id for one in about] == [ONE, UUID(int=3)]
    assert review_words.concerned(found, None) == found.sides
    nothing = facing(ReviewKind.DELETED_AT_SOURCE)
    alone = review_words.facing(nothing, review_words.Given(), NAMES, sees_records=True)
    assert [one.value for one in alone.decisions] == [Decision.DISMISS]
    assert review_words.answer(review_words.Given("join", "all", "Seen"), nothing) == (
        review_words.CHOOSE
    )


def test_what_an_answer_will_do_is_said_before_it_is_given() -> None:
    two = [side(1, records=3), side(2)]
    joined = decision_words.effect(Decision.JOIN, two)
    assert "3 entries and 1 entry in one timeline" in joined.effects[0]
    assert any("You can take it back" in one for one in joined.effects)
    one = [side(1), side(2, person_id=ONE)]
    assert "stays one" in decision_words.effect(Decision.JOIN, one).effects[0]
    assert "a record for each, with" in decision_words.effect(Decision.PART, one).effects[0]
    assert "stays so" in decision_words.effect(Decision.PART, two).effects[0]
    left = decision_words.effect(Decision.DISMISS, two).effects
    assert "This cannot be taken back here." in left


def word(**more: Any) -> WordOut:
    said: dict[str, Any] = {
        "link_id": UUID(int=9),
        "one": ONE,
        "other": TWO,
        "together": True,
        "kind": Saying.JOIN,
        "who": "u1",
        "source": "RX1",
        "reason": "Seen",
        "said_at": AT,
        "taken_back_at": None,
        "taken_back_by": None,
        "identities": [side(1).identities[0], side(2, nhs_key(NHS_NUMBER)).identities[0]],
    }
    return WordOut(**said | more)


def test_a_decision_says_whether_it_stands_and_what_is_so_now() -> None:
    stands = decision_words.word(word(), NAMES)
    assert stands.pair == f"Number p1 at St Anne (RX1) and NHS number {SPACED}"
    assert (stands.state, stands.stands, len(stands.people)) == ("Stands", True, 1)
    gone = decision_words.word(
        word(together=False, kind=Saying.PART, taken_back_at=AT, taken_back_by="u2"), NAMES
    )
    assert (gone.title, gone.stands) == ("They are two people", False)
    assert gone.state == "Taken back on 30 November 2026, 3:05pm"
    assert [one.href for one in gone.people] == [
        f"/people/{ONE}/identities",
        f"/people/{TWO}/identities",
    ]
    assert "two people in the record now" in gone.now
