"""Sets of keys that are joined two by two, and the joins that lead from one to another. Pure."""

from collections.abc import Iterable, Iterator, Sequence

Edge = tuple[str, str]


class Groups:
    """Keys in groups; each begins alone. A group is known by its smallest key."""

    def __init__(self, keys: Iterable[str], joined: Iterable[Edge] = ()) -> None:
        self._above = {key: key for key in keys}
        for one, other in joined:
            self.join(one, other)

    def of(self, key: str) -> str:
        """The smallest key of the group; a key that is not known is a group of its own."""
        top = self._above.setdefault(key, key)
        while top != self._above[top]:
            top = self._above[top]
        while key != top:
            self._above[key], key = top, self._above[key]
        return top

    def join(self, one: str, other: str) -> None:
        tops = sorted((self.of(one), self.of(other)))
        self._above[tops[1]] = tops[0]

    def together(self, one: str, other: str) -> bool:
        return self.of(one) == self.of(other)

    def members(self) -> dict[str, list[str]]:
        """The keys of each group, by the group's smallest key."""
        found: dict[str, list[str]] = {}
        for key in sorted(self._above):
            found.setdefault(self.of(key), []).append(key)
        return found

    def copy(self) -> "Groups":
        same = Groups(())
        same._above = dict(self._above)
        return same


def on_a_path(ends: Iterable[str], edges: Sequence[Edge]) -> set[int]:
    """Which of the edges, by number, lie on a path between two different ends.

    A path meets no key twice, so what only hangs from one is not on it. With a root that is
    joined to every end, those are the edges of the biconnected blocks that hold the root.
    Source: Hopcroft and Tarjan 1973, Algorithm 447; walked without recursion.
    """
    root, real = "", len(edges)
    every = [*edges, *((root, end) for end in sorted(set(ends)))]
    beside: dict[str, list[tuple[str, int]]] = {root: []}
    for number, (one, other) in enumerate(every):
        beside.setdefault(one, []).append((other, number))
        beside.setdefault(other, []).append((one, number))
    return {n for top, block in _blocks(root, beside) if top == root for n in block if n < real}


def _blocks(root: str, beside: dict[str, list[tuple[str, int]]]) -> Iterator[tuple[str, list[int]]]:
    """Each block that can be reached from the root: its uppermost key, its edges by number."""
    found, low = {root: 0}, {root: 0}
    walk = [(root, -1, iter(beside[root]))]
    passed: list[int] = []
    while walk:
        key, came_by, ways = walk[-1]
        for to, by in ways:
            if to not in found:
                found[to] = low[to] = len(found)
                passed.append(by)
                walk.append((to, by, iter(beside[to])))
                break
            if by != came_by and found[to] < found[key]:
                passed.append(by)
                low[key] = min(low[key], found[to])
        else:
            walk.pop()
            above = walk[-1][0] if walk else key
            low[above] = min(low[above], low[key])
            if walk and low[key] >= found[above]:
                yield above, _popped(passed, came_by)


def _popped(passed: list[int], until: int) -> list[int]:
    """The end of the list, from `until` on, taken off it."""
    taken = [passed.pop()]
    while taken[-1] != until:
        taken.append(passed.pop())
    return taken
