"""Which identities are one person: the same in any order, reversible, and never joined on doubt."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.events import LinkKind
from schemas.identity import bare_of, is_proven
from streams.identity.people import People, people
from streams.identity.reviews import ReviewKind, possible_matches
from streams.identity.statements import Statement, proven_numbers, said_by
from tests.unit.identity.said import (
    BORN,
    BORN_ELSEWHEN,
    KEYS,
    LOCALS,
    NUMBERS,
    OTHER_BORN,
    OWN,
    found,
    linked,
    merged,
    parted,
    proof,
    statement,
    statements,
    together,
)

A, B, C, D, E = LOCALS
NUMBER, OTHER_NUMBER = NUMBERS

histories = st.lists(statements(), max_size=14)


def kinds(answer: People) -> set[ReviewKind]:
    return {review.kind for review in answer.reviews}


@given(said=histories, data=st.data())
def test_people_and_reviews_depend_on_neither_order_nor_repeats(
    said: list[Statement], data: st.DataObject
) -> None:
    replayed = data.draw(st.permutations(said + said[:3]))
    assert found(*replayed) == found(*said)


@given(said=histories)
def test_a_person_is_known_by_the_smallest_id_of_those_who_are_joined(
    said: list[Statement],
) -> None:
    answer = found(*said)
    assert answer.person.keys() == OWN.keys()
    for person in set(answer.person.values()):
        members = [key for key in KEYS if answer.person[key] == person]
        assert person == min(OWN[key] for key in members)


@given(said=histories)
def test_no_source_joins_two_proven_numbers(said: list[Statement]) -> None:
    answer = found(*(each for each in said if each.who is None))
    for person in set(answer.person.values()):
        members = [key for key in KEYS if answer.person[key] == person]
        assert len({bare_of(key) for key in members if bare_of(key)}) <= 1
        assert len([key for key in members if is_proven(key)]) <= 1


@given(said=histories)
def test_nothing_is_joined_that_nothing_says(said: list[Statement]) -> None:
    answer = found(*said)
    reached = people(OWN, said_by([]))
    for key in KEYS:
        around, waiting = {key}, [key]
        while waiting:
            at = waiting.pop()
            pairs = [{each.one, each.other} for each in said if each.kind is not LinkKind.POSSIBLE]
            pairs += [
                {at, other} for other in KEYS if bare_of(at) and bare_of(other) == bare_of(at)
            ]
            more = set().union(*(pair for pair in pairs if at in pair)) - around
            around |= more
            waiting += more
        assert {other for other in KEYS if answer.person[other] == answer.person[key]} <= around
        assert reached.person[key] == OWN[key]


@given(said=histories, more=statements())
def test_what_is_taken_back_was_never_said(said: list[Statement], more: Statement) -> None:
    before = found(*said)
    found(*said, more)
    assert found(*(each for each in [*said, more] if each != more or more in said)) == before


@given(one=st.sampled_from([[], [proof(A)], [proof(A), proof(B)]]))
def test_a_merge_and_its_reversal_equal_never_but_for_what_was_known_of_it(
    one: list[Statement],
) -> None:
    never = found(*one)
    assert found(*one, merged(A, C, 1), parted(A, C, 2)).person == never.person
    again = found(*one, merged(A, C, 1), parted(A, C, 2), merged(A, C, 3))
    assert together(again, A, C)
    assert not again.reviews


def test_the_reversal_of_a_merge_may_come_before_the_merge() -> None:
    assert not together(found(parted(C, A, 2), merged(A, C, 1)), A, C)


def test_a_circle_of_links_is_one_person() -> None:
    circle = [
        linked(one, other) for one, other in zip(LOCALS, LOCALS[1:] + LOCALS[:1], strict=True)
    ]
    answer = found(*circle)
    assert {answer.person[key] for key in LOCALS} == {UUID(int=1)}
    assert not answer.reviews


# Full states: a later version of a thread takes back what the one before it said.


def test_a_corrected_patient_takes_its_wrong_number_back() -> None:
    wrong, right = proof(A, BORN, 1), proof(A, OTHER_BORN, 2)
    answer = found(wrong, right, proof(B, BORN))
    assert together(answer, A, OTHER_BORN, OTHER_NUMBER)
    assert together(answer, B, BORN, NUMBER)
    assert not answer.reviews


def test_a_patient_that_says_nothing_any_more_is_on_its_own() -> None:
    gone = statement(A, A, LinkKind.SAME, thread=f"proof|{A}", version="2")
    answer = found(proof(A), proof(B), gone)
    assert not together(answer, A, B)
    assert together(answer, B, BORN, NUMBER)


def test_who_is_deleted_at_their_source_is_looked_at_and_stays_who_they_are() -> None:
    gone = statement(A, A, LinkKind.DELETED)
    answer = found(proof(A), proof(B), gone)
    assert together(answer, A, B)
    assert {(r.kind, r.keys) for r in answer.reviews} == {(ReviewKind.DELETED_AT_SOURCE, (A,))}


# NHS numbers.


def test_one_number_with_one_birth_joins_sources() -> None:
    answer = found(proof(A), proof(B))
    assert together(answer, A, B, BORN, NUMBER)
    assert not answer.reviews


def test_two_births_under_one_number_are_two_people_and_the_number_is_neither() -> None:
    answer = found(proof(A), proof(B, BORN_ELSEWHEN))
    assert together(answer, A, BORN)
    assert together(answer, B, BORN_ELSEWHEN)
    assert len({answer.person[key] for key in (BORN, BORN_ELSEWHEN, NUMBER)}) == 3
    assert kinds(answer) == {ReviewKind.TWO_BIRTHS}


def test_staff_settle_which_birth_is_right() -> None:
    both = [proof(A), proof(B, BORN_ELSEWHEN)]
    one = found(*both, linked(BORN, BORN_ELSEWHEN, who="u1"))
    assert together(one, A, B, NUMBER)
    assert not one.reviews
    other = found(*both, linked(NUMBER, BORN, who="u1"))
    assert together(other, A, NUMBER)
    assert not together(other, A, B)
    assert not other.reviews


def test_who_proves_two_numbers_is_neither() -> None:
    elsewhere = statement(A, OTHER_BORN, LinkKind.SAME, thread="RX1|Patient/p0")
    answer = found(proof(A), elsewhere, linked(A, B))
    assert not together(answer, A, BORN)
    assert not together(answer, A, OTHER_BORN)
    assert together(answer, A, B)
    assert kinds(answer) == {ReviewKind.TWO_NUMBERS}


# Contradictions wait; what hangs from either side, or from what waits, stays joined.


def test_what_leads_from_one_number_to_another_waits_for_a_review() -> None:
    said = [proof(A), proof(B, OTHER_BORN), merged(A, C), linked(C, B), merged(D, C), linked(E, A)]
    answer = found(*said)
    assert not together(answer, A, B)
    assert not together(answer, A, C)
    assert not together(answer, B, C)
    assert together(answer, A, E)
    assert together(answer, C, D)
    (review,) = answer.reviews
    assert review.kind is ReviewKind.TWO_NUMBERS
    assert set(review.pairs) == {(A, C), (B, C)}
    assert {BORN, OTHER_BORN, A, B, C} <= set(review.keys)


def test_it_is_followed_once_the_wrong_number_is_taken_back() -> None:
    said = [proof(A), proof(B, OTHER_BORN), merged(A, B), proof(A, OTHER_BORN, 2)]
    answer = found(*said)
    assert together(answer, A, B, OTHER_NUMBER)
    assert not answer.reviews


def test_staff_join_what_waited_and_part_what_did_not() -> None:
    said = [proof(A), proof(B, OTHER_BORN), merged(A, B)]
    joined = found(*said, linked(A, B, who="u1"))
    assert together(joined, A, B, NUMBER, OTHER_NUMBER)
    assert not joined.reviews
    apart = found(*said, parted(A, B, who="u1"))
    assert not together(apart, A, B)
    assert not apart.reviews


def test_staff_go_before_whatever_a_source_says_later() -> None:
    assert not together(found(parted(A, B, 1, who="u1"), merged(A, B, 4)), A, B)
    assert together(found(linked(A, B, 1, who="u1"), parted(A, B, 4)), A, B)
    assert together(found(parted(A, B, 1, who="u1"), linked(A, B, 2, who="u2")), A, B)


def test_a_number_that_staff_take_from_somebody_is_not_theirs() -> None:
    answer = found(proof(A), proof(B), parted(A, BORN, who="u1"))
    assert not together(answer, A, B)
    assert together(answer, B, BORN, NUMBER)


def test_one_given_up_for_two_who_are_not_one_is_neither() -> None:
    answer = found(merged(A, B), merged(A, C), merged(D, A))
    assert not together(answer, A, B)
    assert not together(answer, A, C)
    assert together(answer, A, D)
    (review,) = answer.reviews
    assert review.kind is ReviewKind.CONTRADICTING_MERGES
    assert set(review.pairs) == {(A, B), (A, C)}


def test_one_given_up_for_two_who_are_one_is_both() -> None:
    answer = found(merged(A, B), merged(A, C), merged(B, C))
    assert together(answer, A, B, C)
    assert not answer.reviews


def test_two_given_up_for_the_same_two_do_not_make_those_one() -> None:
    answer = found(merged(A, C), merged(A, D), merged(B, C), merged(B, D))
    assert len({answer.person[key] for key in (A, B, C, D)}) == 4


@pytest.mark.parametrize(
    "cycle", [[(A, B), (B, A)], [(A, B), (B, C), (C, A)], [(A, B), (B, C), (C, D), (D, B)]]
)
def test_merges_in_a_circle_join_and_are_looked_at(cycle: list[tuple[str, str]]) -> None:
    answer = found(*(merged(one, other, hour) for hour, (one, other) in enumerate(cycle)))
    assert together(answer, *{key for pair in cycle for key in pair})
    assert kinds(answer) == {ReviewKind.MERGE_CYCLE}


def test_who_was_parted_and_is_joined_through_others_is_looked_at() -> None:
    answer = found(merged(A, B, 1), parted(A, B, 2), linked(A, C), linked(C, B))
    assert together(answer, A, B, C)
    assert kinds(answer) == {ReviewKind.PARTED_YET_JOINED}


def test_two_names_in_one_message_do_not_join_who_was_parted() -> None:
    named = statement(A, B, LinkKind.SAME, said_at=parted(A, B, 9).said_at)
    assert together(found(named), A, B)
    assert not together(found(named, parted(A, B, 2)), A, B)
    assert together(found(named, parted(A, B, 2), linked(A, B, 3)), A, B)


# Possible matches.


def possible(*said: Statement) -> set[tuple[str, ...]]:
    answer = found(*said)
    reviews = possible_matches(said_by(said), answer.person, proven_numbers(said))
    assert {review.kind for review in reviews} <= {ReviewKind.POSSIBLE_MATCH}
    return {review.pairs[0] for review in reviews}


def quoted(local: str, other: str, version: int = 1) -> Statement:
    thread = f"quoted|{local}"
    return statement(local, other, LinkKind.POSSIBLE, thread=thread, version=f"{version}")


def test_a_number_quoted_without_proof_is_a_match_only_of_somebody_who_proves_it() -> None:
    assert possible(quoted(A, NUMBER)) == set()
    assert possible(quoted(A, NUMBER), proof(B)) == {(A, NUMBER)}
    assert possible(quoted(A, NUMBER), proof(B), proof(A)) == set()
    assert possible(quoted(A, NUMBER), proof(B), quoted(A, OTHER_NUMBER, 2)) == set()


def test_a_possible_match_is_settled_by_staff_either_way() -> None:
    said = [quoted(A, NUMBER), proof(B)]
    joined = linked(A, NUMBER, who="u1")
    assert together(found(*said, joined), A, B)
    assert possible(*said, joined) == set()
    assert possible(*said, parted(A, NUMBER, who="u1")) == set()


def test_a_patient_who_is_said_to_be_seen_elsewhere_too_is_a_possible_match() -> None:
    assert possible(quoted(A, B)) == {(A, B)}
    assert not together(found(quoted(A, B)), A, B)
    assert possible(quoted(A, B), linked(A, B)) == set()
