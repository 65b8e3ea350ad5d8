"""From what a provider says of somebody to a viewer, whatever it calls its claims. Pure."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from pydantic import ValidationError

from schemas.settings import Settings
from services.access.viewer import Role, Viewer

Claims = Mapping[str, Any]


class BadToken(Exception):
    """The token proves nothing; the message says why without quoting it."""


class Names(NamedTuple):
    """Where a provider says what: claims by name, or by a path that leads into one.

    `roles`: what it calls our roles. Where that is not said, it uses our names.
    """

    role: str = "role"
    org: str = "org"
    teams: str = "teams"
    roles: Mapping[str, Role] = {}


OURS = Names()


def names_of(settings: Settings) -> Names:
    """The names that are set. Raises ValueError where one leads to a role that is none."""
    roles = {theirs: Role(ours) for theirs, ours in settings.oidc_roles.items()}
    told = (settings.oidc_role_claim, settings.oidc_org_claim, settings.oidc_teams_claim)
    return Names(*told, roles)


def viewer_of(claims: Claims, names: Names = OURS) -> Viewer:
    """Whom the claims are about. Raises BadToken where they say too little, or too much."""
    roles = _roles(texts_at(claims, names.role), names.roles)
    orgs = set(texts_at(claims, names.org))
    if len(roles) > 1 or len(orgs) > 1:
        raise BadToken("the token has more than one role or organisation")
    try:
        return Viewer(
            user=claims["sub"],
            name=claims.get("name") or claims["sub"],
            role=roles.pop(),
            org=orgs.pop(),
            teams=tuple(texts_at(claims, names.teams)),
        )
    except (KeyError, ValidationError):
        raise BadToken("the token lacks a role or an organisation that is known here") from None


def _roles(told: list[str], roles: Mapping[str, Role]) -> set[Role]:
    """The roles among what was told; where they have names, nothing else is one."""
    known = roles or {role.value: role for role in Role}
    return {known[one] for one in told if one in known}


def texts_at(said: object, path: str) -> list[str]:
    """Every text that the path leads to, through lists on the way. Raises BadToken for no text.

    A name may hold dots itself: one that is there as a whole is what is meant.
    """
    if said is None:
        return []
    if isinstance(said, list):
        return [text for one in said for text in texts_at(one, path)]
    if isinstance(said, Mapping) and path:
        if path in said:
            return texts_at(said[path], "")
        name, _, rest = path.partition(".")
        return texts_at(said.get(name), rest) if rest else []
    if not isinstance(said, str) or path:
        raise BadToken("a claim of the token is of another shape than it should be")
    return [said]
