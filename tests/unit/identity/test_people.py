"""Which identities are one person: the same in any order, and reversible."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from schemas.events import Link
from schemas.identity import nhs_born_key, nhs_key
from streams.identity.people import is_bare_nhs, people, without_contradictions
from tests.builders import NHS_NUMBER, OTHER_NHS_NUMBER

KEYS = [f"RX1/Patient/p{number}" for number in range(7)]
OWN = {key: UUID(int=number) for number, key in enumerate(KEYS, 1)}
NUMBER = nhs_key(NHS_NUMBER)
BORN, BORN_ELSEWHEN = (nhs_born_key(NHS_NUMBER, day) for day in ("1948-02-29", "1984-02-29"))

keys = st.sampled_from(KEYS)
links = st.lists(st.builds(Link, keys, keys), max_size=10)


def own_ids(*names: str) -> dict[str, UUID]:
    return {name: UUID(int=number) for number, name in enumerate(names, 1)}


@given(said=links, data=st.data())
def test_people_depend_on_neither_order_nor_repeats(said: list[Link], data: st.DataObject) -> None:
    replayed = data.draw(st.permutations(said + said[:3]))
    assert people(OWN, replayed) == people(OWN, said)


@given(said=links)
def test_two_identities_are_one_person_exactly_where_links_lead_from_one_to_the_other(
    said: list[Link],
) -> None:
    found = people(OWN, said)
    for key in KEYS:
        reached, waiting = {key}, [key]
        while waiting:
            at = waiting.pop()
            ends = [{link.one, link.other} for link in said]
            next_to = set().union(*(pair for pair in ends if at in pair)) - reached
            reached |= next_to
            waiting += next_to
        assert {other for other in KEYS if found[other] == found[key]} == reached
        assert found[key] == min(OWN[other] for other in reached)


@given(said=links, more=st.builds(Link, keys, keys))
def test_taking_a_link_away_gives_each_side_its_own_person_back(
    said: list[Link], more: Link
) -> None:
    before = people(OWN, said)
    people(OWN, [*said, more])
    assert people(OWN, [link for link in [*said, more] if link != more or more in said]) == before


def test_a_circle_of_links_is_one_person() -> None:
    circle = [Link(one, other) for one, other in zip(KEYS, KEYS[1:] + KEYS[:1], strict=True)]
    assert set(people(OWN, [*circle, Link(KEYS[0], KEYS[0])]).values()) == {UUID(int=1)}


def verified(local: str, born: str) -> list[Link]:
    """What a verified Patient says."""
    return [Link(NUMBER, born), Link(local, born)]


def test_one_number_with_one_birth_joins_sources() -> None:
    ids = own_ids("RX1/Patient/p1", "RY2/Patient/9", NUMBER, BORN)
    said = verified("RX1/Patient/p1", BORN) + verified("RY2/Patient/9", BORN)
    assert len(set(people(ids, said).values())) == 1


def test_two_births_under_one_number_are_two_people_and_the_number_is_neither() -> None:
    ids = own_ids("RX1/Patient/p1", "RY2/Patient/9", NUMBER, BORN, BORN_ELSEWHEN)
    said = verified("RX1/Patient/p1", BORN) + verified("RY2/Patient/9", BORN_ELSEWHEN)
    found = people(ids, said)
    assert found["RX1/Patient/p1"] == found[BORN]
    assert found["RY2/Patient/9"] == found[BORN_ELSEWHEN]
    assert len({found[BORN], found[BORN_ELSEWHEN], found[NUMBER]}) == 3
    # Once the contradiction is taken back, the number is the remaining birth's again.
    assert people(ids, said[:2])[NUMBER] == found[BORN]


def test_a_contradiction_under_one_number_leaves_another_number_alone() -> None:
    other, other_born = nhs_key(OTHER_NHS_NUMBER), nhs_born_key(OTHER_NHS_NUMBER, "1950-01-01")
    sound = Link(other, other_born)
    assert without_contradictions([Link(NUMBER, BORN), Link(NUMBER, BORN_ELSEWHEN), sound]) == {
        sound
    }


def test_only_a_number_without_a_birth_is_bare() -> None:
    assert is_bare_nhs(NUMBER)
    assert not is_bare_nhs(BORN)
    assert not is_bare_nhs("RX1/Patient/p1")
