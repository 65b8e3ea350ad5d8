"""Joins that lead from one key to another: checked against every path there is."""

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from streams.identity.groups import Groups, on_a_path

KEYS = "abcdefg"
keys = st.sampled_from(KEYS)
edges = st.lists(st.tuples(keys, keys), max_size=12)


def paths(start: str, end: str, said: Sequence[tuple[str, str]]) -> Iterator[list[int]]:
    """Every way from one key to the other that meets no key twice, as the edges that it takes."""
    waiting: list[tuple[str, list[str], list[int]]] = [(start, [start], [])]
    while waiting:
        at, met, taken = waiting.pop()
        if at == end:
            yield taken
            continue
        for number, pair in enumerate(said):
            if at in pair:
                to = pair[1] if pair[0] == at else pair[0]
                if to not in met:
                    waiting.append((to, [*met, to], [*taken, number]))


@given(said=edges, ends=st.sets(keys, max_size=4))
def test_an_edge_is_on_a_path_where_some_way_between_two_ends_takes_it(
    said: list[tuple[str, str]], ends: set[str]
) -> None:
    taken = {
        number
        for start in ends
        for end in ends
        if start != end
        for path in paths(start, end, said)
        for number in path
    }
    assert on_a_path(ends, said) == taken


@given(said=edges)
def test_keys_are_together_exactly_where_joins_lead_from_one_to_the_other(
    said: list[tuple[str, str]],
) -> None:
    groups = Groups(KEYS, said)
    for one in KEYS:
        for other in KEYS:
            led = one == other or next(paths(one, other, said), None) is not None
            assert groups.together(one, other) == led
        assert groups.of(one) == min(key for key in KEYS if groups.together(one, key))


@given(said=edges, more=st.tuples(keys, keys))
def test_a_copy_goes_its_own_way(said: list[tuple[str, str]], more: tuple[str, str]) -> None:
    groups = Groups(KEYS, said)
    before = groups.members()
    groups.copy().join(*more)
    assert groups.members() == before


def test_a_chain_of_many_thousands_is_walked_to_its_end() -> None:
    chain = [(f"{number:05d}", f"{number + 1:05d}") for number in range(20_000)]
    assert on_a_path({"00000", "20000"}, chain) == set(range(20_000))
    assert on_a_path({"00000", "10000"}, chain) == set(range(10_000))
