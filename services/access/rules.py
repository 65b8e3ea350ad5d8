"""The access rules: every one of them, as predicates that touch nothing. Source: definitions, 8."""

from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.access.viewer import Role, Viewer

GIVES_CARE = frozenset({Role.CLINICIAN, Role.CARE_COORDINATOR})
SEES_MEASURES = GIVES_CARE | {Role.OPERATIONS, Role.ADMINISTRATOR}


class Decision(NamedTuple):
    """Whether, and why in words that may be shown to the viewer."""

    allowed: bool
    reason: str


class Relationship(StrEnum):
    """How a viewer stands to the person whose record it is."""

    SELF = "self"
    UNKNOWN = "unknown"


def relationship_of(viewer: Viewer, person: UUID | None) -> Relationship:
    """SELF where a person asks for the record that their own token names as `sub`."""
    own = viewer.role is Role.PERSON and person is not None and viewer.user == str(person)
    return Relationship.SELF if own else Relationship.UNKNOWN


def may_search_people(viewer: Viewer) -> Decision:
    """Allow those who give care to find the person they care for."""
    return _of_roles(viewer, GIVES_CARE, "finding a person is for those who give care")


def may_view_record(viewer: Viewer, relationship: Relationship) -> Decision:
    """Allow those who give care, and the person themselves."""
    if relationship is Relationship.SELF:
        return Decision(True, "the person's own record")
    return _of_roles(viewer, GIVES_CARE, "a record is for those who give care and for the person")


def may_edit_about_me(viewer: Viewer, relationship: Relationship) -> Decision:
    """Allow the person, whose words they are, and those who give care and write them down."""
    if relationship is Relationship.SELF:
        return Decision(True, "the person's own words")
    return _of_roles(viewer, GIVES_CARE, "About me is written by the person, or with them")


def may_decide_who_is_one_person(viewer: Viewer) -> Decision:
    """Allow those who give care, and administrators, to join and part what is one person."""
    reason = "who is one person is for those who give care and for administrators"
    return _of_roles(viewer, GIVES_CARE | {Role.ADMINISTRATOR}, reason)


def may_view_access_log(viewer: Viewer, relationship: Relationship) -> Decision:
    """Allow the privacy officer, and the person: they can see who looked."""
    if relationship is Relationship.SELF:
        return Decision(True, "the person's own record")
    reason = "who looked is for the privacy officer and for the person"
    return _of_roles(viewer, {Role.PRIVACY_OFFICER}, reason)


def may_view_measures(viewer: Viewer) -> Decision:
    """Allow those who run or give care: measures are counts, of nobody in particular."""
    return _of_roles(viewer, SEES_MEASURES, "measures are for those who run or give care")


def may_publish(viewer: Viewer, source: str) -> Decision:
    """Allow a publisher to speak for its own organisation, an administrator for any."""
    if viewer.role is Role.ADMINISTRATOR:
        return Decision(True, "an administrator may publish for any organisation")
    if viewer.role is not Role.PUBLISHER:
        return Decision(False, "publishing is for publishers")
    if viewer.org != source:
        return Decision(False, "a publisher may publish for its own organisation only")
    return Decision(True, "the publisher's own organisation")


def may_desk_rejects(viewer: Viewer) -> Decision:
    """Allow administrators to see rejects and to send them again."""
    return _of_roles(viewer, {Role.ADMINISTRATOR}, "the reject desk is for administrators")


def _of_roles(viewer: Viewer, roles: frozenset[Role] | set[Role], otherwise: str) -> Decision:
    if viewer.role in roles:
        return Decision(True, f"allowed to a {viewer.role}")
    return Decision(False, otherwise)
