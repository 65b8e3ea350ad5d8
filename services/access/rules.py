"""The access rules: every one of them, as predicates that touch nothing. Source: definitions, 8."""

from collections.abc import Iterable
from typing import NamedTuple

from schemas.restriction import Restriction
from services.access.relationships import Relationship, Standing
from services.access.viewer import Role, Viewer

GIVES_CARE = frozenset({Role.CLINICIAN, Role.CARE_COORDINATOR})
SEES_MEASURES = GIVES_CARE | {Role.OPERATIONS, Role.ADMINISTRATOR}
_OWN = frozenset[str]({Relationship.SELF})
SEES_RESTRICTED = frozenset(
    {
        Relationship.SELF,
        Relationship.PRACTICE,
        Relationship.CARE_TEAM,
        Relationship.BREAK_GLASS,
    }
)


# Codes of what allowed a look: relationships, and that the viewer's organisation sent it.
Because = frozenset[str]
NO_REASON: Because = frozenset()
SENT_IT = "sent-it"


class Decision(NamedTuple):
    """Whether, and why in words that may be shown to the viewer; `because`: why, in codes."""

    allowed: bool
    reason: str
    because: Because = NO_REASON


def may_search_people(viewer: Viewer) -> Decision:
    """Allow those who give care to find the person they care for."""
    return _of_roles(viewer, GIVES_CARE, "finding a person is for those who give care")


def may_view_caseload(viewer: Viewer) -> Decision:
    """Allow those who give care to see whom their organisation and teams have to do with."""
    return _of_roles(viewer, GIVES_CARE, "a caseload is for those who give care")


def may_view_record(viewer: Viewer, standing: Standing) -> Decision:
    """Allow the person, and those who give care and have to do with the person now."""
    if Relationship.SELF in standing:
        return Decision(True, "the person's own record", _OWN)
    decision = _of_roles(
        viewer, GIVES_CARE, "a record is for those who give care and for the person"
    )
    return _standing(standing) if decision.allowed else decision


def may_view_directory(viewer: Viewer) -> Decision:
    """Allow those who give care to see who else does, and where: it is about nobody in care."""
    return _of_roles(viewer, GIVES_CARE, "who gives care, and where, is for those who give care")


def may_open_own_record(viewer: Viewer) -> Decision:
    """Allow whoever signs in as the person whose record it is."""
    return _of_roles(viewer, {Role.PERSON}, "one's own record is for the person")


def may_view_what_was_sent(viewer: Viewer, standing: Standing, source: str) -> Decision:
    """Allow as the record does, and those who give care what their own organisation sent."""
    if viewer.role in GIVES_CARE and source == viewer.org:
        return Decision(True, "sent by the viewer's own organisation", frozenset({SENT_IT}))
    return may_view_record(viewer, standing)


def may_view_restricted(
    standing: Standing, restriction: Restriction, *, own: bool, sent: bool = False
) -> Decision:
    """Allow of what is restricted what the viewer's organisation wrote (`own`), if they may look.

    And a request that names it as who asks or who is asked (`sent`): nobody can answer what they
    may not read.

    What is restricted besides: the person, their practice and their care team, who have to do with
    all of it, and whoever broke the glass. What is very restricted: nobody else.
    """
    if own:
        return Decision(True, "written by the viewer's own organisation")
    if sent:
        return Decision(True, "a request of the viewer's organisation, or to it")
    if restriction is not Restriction.VERY_RESTRICTED and standing & SEES_RESTRICTED:
        return Decision(True, "restricted, and shown to those who have to do with all of it")
    return Decision(False, "this entry is restricted")


def may_edit_about_me(viewer: Viewer, standing: Standing) -> Decision:
    """Allow the person, whose words they are, and who may see them and writes them down."""
    if Relationship.SELF in standing:
        return Decision(True, "the person's own words", _OWN)
    decision = _of_roles(viewer, GIVES_CARE, "About me is written by the person, or with them")
    return _standing(standing) if decision.allowed else decision


def may_break_glass(viewer: Viewer) -> Decision:
    """Allow those who give care: they answer for it afterwards."""
    return _of_roles(viewer, GIVES_CARE, "breaking the glass is for those who give care")


def may_review_broken_glass(viewer: Viewer) -> Decision:
    """Allow the privacy officer."""
    reason = "who broke the glass is for the privacy officer"
    return _of_roles(viewer, {Role.PRIVACY_OFFICER}, reason)


def may_decide_who_is_one_person(viewer: Viewer, standings: Iterable[Standing]) -> Decision:
    """Allow administrators, and those who give care to all of the people whom it is about.

    Joining gives each whatever the other's record holds: a tie to one of them is not enough.
    """
    reason = "who is one person is for those who give care and for administrators"
    decision = _of_roles(viewer, GIVES_CARE | {Role.ADMINISTRATOR}, reason)
    if not decision.allowed or viewer.role is Role.ADMINISTRATOR:
        return decision
    return next((d for d in map(_standing, standings) if not d.allowed), decision)


def may_view_access_log(viewer: Viewer, standing: Standing) -> Decision:
    """Allow the privacy officer, and the person: they can see who looked."""
    if Relationship.SELF in standing:
        return Decision(True, "the person's own record", _OWN)
    reason = "who looked is for the privacy officer and for the person"
    return _of_roles(viewer, {Role.PRIVACY_OFFICER}, reason)


def may_search_audit(viewer: Viewer) -> Decision:
    """Allow the privacy officer, who sees who looked, and nothing of what they saw."""
    reason = "what was looked at is for the privacy officer"
    return _of_roles(viewer, {Role.PRIVACY_OFFICER}, reason)


def may_follow_figures(viewer: Viewer) -> Decision:
    """Allow those who give care to see the stays behind a figure, of whomever they are."""
    return _of_roles(viewer, GIVES_CARE, "the stays behind a figure are for those who give care")


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


def _standing(standing: Standing) -> Decision:
    if standing:
        return Decision(True, f"allowed by {', '.join(sorted(standing))}", frozenset(standing))
    return Decision(False, "nothing that is known ties your organisation to this person")


def _of_roles(viewer: Viewer, roles: frozenset[Role] | set[Role], otherwise: str) -> Decision:
    if viewer.role in roles:
        return Decision(True, f"allowed to a {viewer.role}")
    return Decision(False, otherwise)
