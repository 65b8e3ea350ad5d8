"""A look at a record in words: who, from where, at what, and why they could. Pure."""

from collections.abc import Collection, Iterable
from typing import Final

from schemas.measure import Dimension
from services.access.relationships import Relationship
from services.access.rules import SENT_IT
from services.access.viewer import Role
from services.access.views import view_of
from services.pages import words
from services.pages.parts import Names

ROLES: Final = {
    Role.CLINICIAN: "Clinician",
    Role.CARE_COORDINATOR: "Care coordinator",
    Role.OPERATIONS: "Operations",
    Role.PRIVACY_OFFICER: "Privacy officer",
    Role.ADMINISTRATOR: "Administrator of this service",
    Role.PUBLISHER: "A publishing system",
    Role.PERSON: "The person",
}
# Why, as an end of "They could, because ...".
_BECAUSE: Final = {
    Relationship.SELF: "it is their own record",
    Relationship.PRACTICE: "the person is registered with their practice",
    Relationship.CARE_TEAM: "they are in the person's care team",
    Relationship.REFERRAL: "the person was referred to their service",
    Relationship.STAY: "the person has been in their care, in a stay or at a visit",
    Relationship.BREAK_GLASS: "they broke the glass",
    SENT_IT: "their organisation wrote this",
}
# The same to the person whose record it is.
_BECAUSE_OF_YOU: Final = {
    Relationship.PRACTICE: "you are registered with their practice",
    Relationship.CARE_TEAM: "they are in your care team",
    Relationship.REFERRAL: "you were referred to their service",
    Relationship.STAY: "you have been in their care, in a stay or at a visit",
    Relationship.BREAK_GLASS: "they said that they had to, and the privacy officer asks them why",
}
_BY_DEED: Final = {
    "search": "a search tells everybody who gives care who somebody is",
    "measure-stays": "everybody who gives care may see the stays behind a figure",
}
_BY_ROLE: Final = {
    Role.PRIVACY_OFFICER: "they look after privacy: they see who looked, not the record",
    Role.ADMINISTRATOR: "they look after this service",
}
REFUSED: Final = "They were refused, and saw nothing."
GLASS: Final = Relationship.BREAK_GLASS


def role(code: str) -> str:
    """What a role is called; one that is not known by its code."""
    known = {str(one): name for one, name in ROLES.items()}
    return known.get(code) or words.spaced(code).capitalize()


def organisation(code: str, names: Names) -> str:
    """What an organisation is called, with its code."""
    name = names.get(Dimension.PROVIDER, {}).get(code)
    return f"{name} ({code})" if name else code


def views(seen: Iterable[str]) -> str:
    """What was looked at, each thing once: "Timeline, Stays and visits"."""
    return ", ".join(dict.fromkeys(view_of(name).words for name in seen))


def is_broken_glass(because: Collection[str]) -> bool:
    """Whether nothing but a broken glass let them look."""
    return set(because) == {GLASS}


def tag(view: str, because: Collection[str], *, allowed: bool) -> tuple[str, str]:
    """What is unusual about a look, and in which colour; nothing of what is not."""
    if not allowed:
        return "Refused", "grey"
    if is_broken_glass(because) or view == "break-glass":
        return "Broken glass", "orange"
    return "", ""


def why(
    role_code: str, view: str, because: Collection[str], *, allowed: bool, own: bool = False
) -> str:
    """Why they could look, as a sentence; that they could not, where they were refused.

    `own`: told to the person whose record it is.
    """
    if not allowed:
        return REFUSED
    told = _BECAUSE | _BECAUSE_OF_YOU if own else _BECAUSE
    reasons = [told[code] for code in _BECAUSE if code in because]
    if not reasons:
        by_role = {str(one): reason for one, reason in _BY_ROLE.items()}
        reasons = [_BY_DEED.get(view) or by_role.get(role_code) or "their role lets them"]
    return f"They could, because {words.listed(reasons)}."
