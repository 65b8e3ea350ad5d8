"""Whom of a caseload each filter leaves, and how many it would. Pure."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final

from services.record.caseload import Case
from services.record.caseload_models import NOWHERE, Counts, What, Why


def whats(case: Case) -> frozenset[str]:
    """All that there is to know of somebody; what is silent or overdue may wait for us as well."""
    waits = {one.what for one in case.waiting if one.what}
    for_us = {What.WAITING for one in case.waiting if one.what and one.is_for_us}
    return frozenset({*waits, *for_us, *(one.what for one in case.happened)})


def places(case: Case) -> frozenset[str]:
    """Where somebody is: the setting, the provider, its site and its ward, as `ZT1/ZT101/W2`."""
    found = {NOWHERE} if not case.whereabouts else set[str]()
    for here in case.whereabouts:
        said = [part for part in (here.provider, here.site, here.ward) if part]
        found |= {here.setting, *("/".join(said[: n + 1]) for n in range(len(said)))}
    return frozenset(found)


Facet = Callable[[Case], Collection[str]]
FACETS: Final[Mapping[str, Facet]] = {
    "what": whats,
    "why": lambda case: case.why,
    "team": lambda case: case.teams,
    "place": places,
}
_ALWAYS: Final[Mapping[str, Iterable[str]]] = {"what": What, "why": Why}


def narrowed(cases: Iterable[Case], to: Mapping[str, str]) -> list[Case]:
    """The cases that every filter leaves, in the order given. `to`: filters by their name."""
    return [case for case in cases if _fits(case, to)]


def _fits(case: Case, to: Mapping[str, str]) -> bool:
    return all(value in FACETS[name](case) for name, value in to.items())


def counts(cases: Sequence[Case], to: Mapping[str, str]) -> Counts:
    """How many each filter leaves beside the others that are set; of `what` and `why` also none."""
    left = {facet: narrowed(cases, _others(facet, to)) for facet in FACETS}
    told = {facet: _counted(left[facet], facet) for facet in FACETS}
    return Counts(anything=len(left["what"]), **told)


def _others(facet: str, to: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in to.items() if name != facet}


def _counted(cases: Iterable[Case], facet: str) -> dict[str, int]:
    found = Counter({str(value): 0 for value in _ALWAYS.get(facet, ())})
    for case in cases:
        found.update(map(str, FACETS[facet](case)))
    return dict(found)
