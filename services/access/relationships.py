"""How a viewer stands to a person, from what facts tie the two together. Pure.

Source: definitions, 8. Each tie is dated; one that has ended holds for as long as is set, since
letters, results and questions of whoever gave care come after it (`Settings.relationship_days`).
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.access.viewer import Role, Viewer


class Relationship(StrEnum):
    """Why a viewer may have to do with a person; whoever has none is a stranger."""

    SELF = "self"
    PRACTICE = "registered-practice"
    CARE_TEAM = "care-team"
    REFERRAL = "open-referral"
    STAY = "current-or-recent-stay"
    BREAK_GLASS = "break-glass"


Standing = frozenset[Relationship]
STRANGER: Standing = frozenset()
# What anybody may have to do with somebody else.
ANY_CARE: Standing = frozenset(Relationship) - {Relationship.SELF}
# These go on for a time after they have ended; the others end when they end.
LINGER = frozenset({Relationship.STAY})


class Tie(NamedTuple):
    """What a fact says of who has to do with a person.

    `organisations`, `teams` and `users`: whom it ties, by their codes. Half-open; no `since`: from
    ever, no `until`: still so.
    """

    relationship: Relationship
    organisations: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    users: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None


def standing_of(
    viewer: Viewer,
    own_ids: Collection[UUID],
    ties: Iterable[Tie],
    now: datetime,
    recent: timedelta,
) -> Standing:
    """How the viewer stands now to the person of these ids, whom these ties are about.

    Whoever is a person stands to nobody but themselves, whatever their organisation.
    """
    if viewer.role is Role.PERSON:
        is_own = viewer.user in {str(own_id) for own_id in own_ids}
        return frozenset({Relationship.SELF}) if is_own else STRANGER
    return frozenset(
        tie.relationship for tie in ties if names(tie, viewer) and _holds(tie, now, recent)
    )


def names(tie: Tie, viewer: Viewer) -> bool:
    """Whether a tie names the viewer, their organisation or one of their teams."""
    return (
        viewer.org in tie.organisations
        or viewer.user in tie.users
        or not tie.teams.isdisjoint(viewer.teams)
    )


def _holds(tie: Tie, now: datetime, recent: timedelta) -> bool:
    if tie.since is not None and now < tie.since:
        return False
    after = recent if tie.relationship in LINGER else timedelta()
    return tie.until is None or now - after < tie.until
