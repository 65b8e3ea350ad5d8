"""Which pages there are, and who is led to each. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from services.access.rules import (
    Decision,
    may_search_audit,
    may_search_people,
    may_view_caseload,
    may_view_measures,
)
from services.access.viewer import Viewer


class Place(NamedTuple):
    """A page in the menu, and what it is for."""

    name: str
    path: str
    purpose: str
    may_view: Callable[[Viewer], Decision]


class Shown(NamedTuple):
    """A place as a viewer's menu shows it."""

    name: str
    path: str
    purpose: str
    current: bool


PLACES = (
    Place(
        "My people",
        "/caseload",
        "Those whom your organisation and teams care for: what changed, what waits and for whom.",
        may_view_caseload,
    ),
    Place(
        "Find a person",
        "/find",
        "By NHS number, or by name and date of birth: their record, and what matters to them.",
        may_search_people,
    ),
    Place(
        "Operations",
        "/operations",
        "Beds, long stays, people ready to leave, admissions and discharges, as they happen.",
        may_view_measures,
    ),
    Place(
        "Measures",
        "/measures",
        "What each figure means, where its meaning comes from, and how it can be cut.",
        may_view_measures,
    ),
    Place(
        "Privacy",
        "/privacy",
        "Broken glass to ask about, who looked at what, and whether the audit is whole.",
        may_search_audit,
    ),
)


def shown_to(viewer: Viewer, path: str = "") -> tuple[Shown, ...]:
    """The places that a viewer may go to; the one that `path` is in is current."""
    return tuple(
        Shown(place.name, place.path, place.purpose, is_in(path, place.path))
        for place in PLACES
        if place.may_view(viewer).allowed
    )


def is_in(path: str, place: str) -> bool:
    """Whether a path is the place's, or under it."""
    return path == place or path.startswith(f"{place}/")
