"""How often somebody may ask: so many times a minute, all of them at once if they like. Pure.

In the memory of one process: every `serve` process counts for itself.
"""

from collections.abc import Callable, Hashable
from enum import StrEnum
from ipaddress import IPv6Address, ip_address
from time import monotonic
from typing import NamedTuple

MINUTE_S = 60.0
# Some 100 bytes each. More than this many at once forget those that asked first.
MOST_REMEMBERED = 50_000
# Sums of paces are not exact.
_HARDLY_S = 1e-6


class Kind(StrEnum):
    """What is counted apart."""

    SEARCH = "search"
    GLASS = "break-glass"
    REQUEST = "request"
    SIGN_IN = "sign-in"
    REFUSAL = "refusal"


class Wait(NamedTuple):
    """How long to wait before asking again. `is_first`: they were not told so a moment ago."""

    seconds: float
    is_first: bool


class Limiter:
    """Counts by one time each: when all that was asked for would be due at an even pace (GCRA).

    `a_minute` 0: nobody is held back. `now` gives seconds that only grow.
    """

    def __init__(
        self,
        a_minute: int,
        now: Callable[[], float] = monotonic,
        most: int = MOST_REMEMBERED,
    ) -> None:
        self._pace = MINUTE_S / a_minute if a_minute else 0.0
        self._now, self._most = now, most
        self._due: dict[Hashable, float] = {}
        self._held: set[Hashable] = set()

    def ask(self, who: Hashable) -> Wait | None:
        """None where they may ask, which counts; else how long to wait, which does not."""
        if not self._pace:
            return None
        now = self._now()
        due = max(now, self._due.get(who, now))
        too_soon = due - now - (MINUTE_S - self._pace)
        if too_soon > _HARDLY_S:
            is_first = who not in self._held
            self._held.add(who)
            return Wait(too_soon, is_first)
        if len(self._due) >= self._most and who not in self._due:
            self._forget(now)
        self._due[who] = due + self._pace
        self._held.discard(who)
        return None

    def _forget(self, now: float) -> None:
        """Whoever has asked for nothing lately; where that is nobody, the half that came first."""
        kept = {who: due for who, due in self._due.items() if due > now}
        if len(kept) >= self._most:
            kept = dict(list(kept.items())[self._most // 2 :])
        self._due = kept
        self._held &= kept.keys()


def kind_of(method: str, path: str) -> Kind | None:
    """What a viewer's request counts as; None for what is published, which nothing holds back."""
    if method in {"GET", "HEAD"}:
        return Kind.REQUEST
    if path in {"/find", "/api/people/search"} or path.endswith("/_search"):
        return Kind.SEARCH
    if path.startswith("/fhir"):
        return None
    return Kind.GLASS if path.endswith("/break-glass") else Kind.REQUEST


def neighbourhood(address: str) -> str:
    """What an address is counted as: of IPv6 the network, since one machine has all of it."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address) or found.ipv4_mapped:
        return address
    return str(IPv6Address(int(found) >> 64 << 64))
