"""Which pages there are, and who is led to each. Pure."""

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from services.access.rules import (
    Decision,
    may_decide_who_is_one_person,
    may_open_own_record,
    may_search_audit,
    may_search_people,
    may_view_caseload,
    may_view_measures,
)
from services.access.viewer import Viewer
from services.pages import words


class Place(NamedTuple):
    """A page in the menu, and what it is for; in its path `{me}` is whoever is led there."""

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
        "My record",
        "/people/{me}",
        "Your whole story: where you have been, who is involved, and what is planned.",
        may_open_own_record,
    ),
    Place(
        "My own words",
        "/people/{me}/about-me",
        "What everybody who cares for you should know, in your words. Change it when you like.",
        may_open_own_record,
    ),
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
        "Who is who",
        "/identities/reviews",
        "Records that may be one person's, or two people's: look at both, and decide.",
        lambda viewer: may_decide_who_is_one_person(viewer, ()),
    ),
    Place(
        "Privacy",
        "/privacy",
        "Broken glass to ask about, who looked at what, and whether the audit is whole.",
        may_search_audit,
    ),
)


def shown_to(viewer: Viewer, path: str = "") -> tuple[Shown, ...]:
    """The places that a viewer may go to; the innermost that `path` is in is current."""
    me = quote(viewer.user, safe="")
    led = [(place, place.path.format(me=me)) for place in PLACES if place.may_view(viewer).allowed]
    current = max((at for _, at in led if is_in(path, at)), key=len, default=None)
    return tuple(Shown(place.name, at, place.purpose, at == current) for place, at in led)


def who(viewer: Viewer) -> str:
    """Who is signed in: of staff with their role and their organisation."""
    if may_open_own_record(viewer).allowed:
        return viewer.name
    return f"{viewer.name} ({words.spaced(viewer.role)}, {viewer.org})"


def is_in(path: str, place: str) -> bool:
    """Whether a path is the place's, or under it."""
    return path == place or path.startswith(f"{place}/")
