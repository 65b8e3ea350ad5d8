"""A person's care team: everybody who is involved, once, and the one to ask first.

Source: definitions, section 7. Whom to ask first, where no team names somebody, is this project's
choice: `Reason` is the order.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final, NamedTuple

from schemas.about_me import plain
from streams.story.fact import Fact
from streams.story.members import Member, Reason, involved
from streams.story.people import Directory

KINDS: Final = ("CareTeam", "EpisodeOfCare", "Patient", "Encounter", "CarePlan")
WORDS: Final = {
    Reason.COORDINATES: "named by a care team as the one who coordinates",
    Reason.MANAGES_EPISODE: "manages an episode of care that goes on",
    Reason.ATTENDS: "responsible for a stay or visit that goes on",
    Reason.IN_TEAM: "a member of a care team",
    Reason.WROTE_PLAN: "wrote a care plan that is in force",
    Reason.REGISTERED_GP: "the registered general practice",
}


class CareTeam(NamedTuple):
    """The members by reason and name, and the one to ask first; None where nobody is known."""

    members: tuple[Member, ...]
    named_contact: Member | None


def care_team_of(
    facts: Iterable[Fact], directory: Directory, at: datetime, ongoing: Collection[str] = ()
) -> CareTeam:
    """Who is involved with a person at a moment, whatever order the facts come in.

    `ongoing`: the ids of the facts of visits that are open.
    """
    found = involved(facts, directory, at, ongoing)
    members = tuple(sorted(_together(found), key=_rank))
    return CareTeam(members, members[0] if members else None)


def _rank(member: Member) -> tuple[int, bool, float, str, tuple[str, ...]]:
    """By reason; somebody to talk to before an organisation; the latest to come in first."""
    begun = -member.since.timestamp() if member.since else 0.0
    order = list(Reason).index(member.reason)
    return order, member.is_organisation, begun, member.name, member.event_ids


def _together(found: Iterable[Member]) -> list[Member]:
    """One member for each name, with all that is said of them: the best reason, every role.

    Two sources may well have somebody of one name: they are one only where both name the same
    organisation. An organisation is one by its name.
    """
    by_name: dict[tuple[str, str], list[Member]] = {}
    for member in found:
        where = "" if member.is_organisation else plain(member.organisation or member.sources[0])
        by_name.setdefault((plain(member.name), where), []).append(member)
    return [_one(sorted(members, key=_order)) for members in by_name.values()]


def _order(member: Member) -> tuple[int, str, tuple[str, ...]]:
    return list(Reason).index(member.reason), member.name, member.event_ids


def _one(members: list[Member]) -> Member:
    first = members[0]
    begun = [member.since for member in members if member.since]
    return first._replace(
        roles=_all(member.roles for member in members),
        teams=_all(member.teams for member in members),
        organisation=next(filter(None, (member.organisation for member in members)), None),
        contact=next(filter(None, (member.contact for member in members)), ()),
        since=min(begun) if begun else None,
        sources=_all(member.sources for member in members),
        event_ids=_all(member.event_ids for member in members),
    )


def _all(parts: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({word for part in parts for word in part}))
