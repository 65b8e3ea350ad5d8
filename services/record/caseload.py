"""A caseload, from what is held of its people: who is on it, for what, and in which order. Pure.

Nobody is on it for what its viewer may not see: what is given here is what may be shown.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple
from uuid import UUID

from schemas.times import EPOCH, london_date, micros, midnight
from services.access.relationships import Relationship, Standing
from services.access.viewer import Viewer
from services.record.caseload_models import Happened, Waiting, What, Why
from services.record.models import Whereabouts
from services.record.presenters import whereabouts
from services.record.referrals import PartyOut, ReferralOut
from services.record.visit import Visit
from streams.flow.stay import BEDS, Segment, Setting
from streams.referrals.referral import CLOSED, Action, Status

# Where somebody is, of several places that are said: the first of these.
_PLACES: Final = (*BEDS, Setting.EMERGENCY, Setting.HOME, Setting.CONTACT)
_NO_TIE: Final = CLOSED | {Status.DRAFT}
# An appointment waits for its time, not for anybody.
_WAITS_FOR_NOBODY: Final = frozenset({Action.ATTEND})
_URGENT: Final = (What.SILENT, What.OVERDUE, What.WAITING)
_LAST: Final = 2**62


class Held(NamedTuple):
    """How the viewer stands to a person, and what goes on with them that may be shown."""

    person: UUID
    standing: Standing
    teams: frozenset[str]
    visits: Sequence[Visit]
    referrals: Sequence[ReferralOut]


class Asked(NamedTuple):
    """For whom a caseload is made, since when it tells what happened, and when that is asked."""

    viewer: Viewer
    since: datetime
    now: datetime


class Case(NamedTuple):
    """Somebody on the caseload. `latest`: when something last happened, as far as that is held."""

    person: UUID
    why: Sequence[Why]
    teams: Sequence[str]
    whereabouts: Sequence[Whereabouts]
    happened: Sequence[Happened]
    waiting: Sequence[Waiting]
    latest: datetime | None


# The last part tells two people apart, and nothing of either: it stands in addresses.
Order = tuple[int, int, str]


def yesterday(now: datetime) -> datetime:
    """The first moment of the London day before."""
    return midnight(london_date(now) - timedelta(days=1))


def caseload(people: Iterable[Held], asked: Asked) -> list[Case]:
    """Everybody whom something that may be shown puts on the caseload, the most urgent first."""
    cases = (_case(held, asked) for held in people)
    return sorted((case for case in cases if case.why), key=order)


def order(case: Case) -> Order:
    """Silent handoffs, what is overdue and what waits, the soonest due first; then the latest."""
    for rank, what in enumerate(_URGENT):
        dues = [one.due for one in case.waiting if one.what is what]
        if dues:
            return rank, min(micros(due) if due else _LAST for due in dues), _mark(case)
    return len(_URGENT), -micros(case.latest) if case.latest else _LAST, _mark(case)


def _mark(case: Case) -> str:
    return blake2b(case.person.bytes, digest_size=8).hexdigest()


def _case(held: Held, asked: Asked) -> Case:
    waiting = [_waiting(one, asked) for one in held.referrals if one.next_action]
    moments = [*_happened(held, asked)]
    return Case(
        held.person,
        [why for why in _why(held, asked) if Relationship(why) in held.standing],
        sorted(filter(None, held.teams)),
        _whereabouts(held.visits),
        sorted((one for one in moments if one.at >= asked.since), key=_newest_first),
        sorted(waiting, key=_urgency),
        max(_moments(held, moments, asked.now), default=None),
    )


def _moments(held: Held, happened: Iterable[Happened], now: datetime) -> Iterator[datetime]:
    """When anything happened: what was asked for counts, whoever was asked."""
    yield from (one.at for one in happened)
    sent = (one.sent_at for one in held.referrals if one.next_action)
    yield from (at for at in sent if at is not None and at <= now)


def _why(held: Held, asked: Asked) -> Iterator[Why]:
    """What that is shown says whose they are."""
    org = asked.viewer.org
    yield Why.PRACTICE
    if held.teams:
        yield Why.CARE_TEAM
    if any(_is_with_receiver(one, {org}) for one in held.referrals):
        yield Why.REFERRAL
    if any(_is_with(visit, org, asked.since) for visit in held.visits):
        yield Why.STAY


def _is_with_receiver(one: ReferralOut, receivers: Collection[str]) -> bool:
    return one.status not in _NO_TIE and _is(one.receiver, receivers)


def _is_with(visit: Visit, org: str, since: datetime) -> bool:
    """Whether a visit is one of the organisation's and goes on, or its end is news."""
    if org not in {visit.provider, visit.source}:
        return False
    return _goes_on(visit) or _last_of(visit) >= since


def _goes_on(visit: Visit) -> bool:
    """A bed is taken until it is left; any other visit may just never have been ended."""
    return visit.status == "open" and visit.setting in BEDS


def _last_of(visit: Visit) -> datetime:
    return visit.discharged_at or max(visit.told_at, visit.admitted_at or visit.told_at)


def _is(party: PartyOut | None, codes: Collection[str]) -> bool:
    return party is not None and (party.code or party.name) in codes


def _whereabouts(visits: Iterable[Visit]) -> list[Whereabouts]:
    """Where a person is by every visit that is open, a bed first, then the latest begun."""
    here = [visit for visit in visits if visit.status == "open"]
    begun = sorted(here, key=lambda visit: visit.admitted_at or EPOCH, reverse=True)
    return [whereabouts(visit) for visit in sorted(begun, key=_place_of)]


def _place_of(visit: Visit) -> int:
    return [str(one) for one in _PLACES].index(visit.setting)


def _happened(held: Held, asked: Asked) -> Iterator[Happened]:
    """What has happened by now, also before the moment since when it is told."""
    us = {asked.viewer.org, *asked.viewer.teams}
    for visit in held.visits:
        yield from (one for one in _of_visit(visit) if one.at <= asked.now)
    for one in held.referrals:
        if one.sent_at and one.sent_at <= asked.now and _is_with_receiver(one, us):
            yield Happened(
                what=What.REFERRED, at=one.sent_at, what_for=one.what_for, by=one.requester
            )


def _of_visit(visit: Visit) -> Iterator[Happened]:
    if visit.setting == Setting.EMERGENCY and visit.admitted_at:
        yield _at(visit, What.EMERGENCY, visit.admitted_at, visit.segments[:1])
    if visit.setting not in BEDS:
        return
    if visit.admitted_at:
        yield _at(visit, What.ADMITTED, visit.admitted_at, _first_in_bed(visit))
    for place in visit.segments[1:]:
        if visit.admitted_at is None or place.start > visit.admitted_at:
            yield _at(visit, What.MOVED, place.start, [place])
    if visit.status == "finished" and visit.discharged_at:
        yield _at(visit, What.DISCHARGED, visit.discharged_at, visit.segments[-1:])


def _first_in_bed(visit: Visit) -> Sequence[Segment]:
    """Where they were admitted to: who came by the emergency department was there before."""
    at = visit.admitted_at
    return [place for place in visit.segments if at is not None and place.start <= at][-1:]


def _at(visit: Visit, what: What, at: datetime, place: Sequence[Segment]) -> Happened:
    return Happened(
        what=what,
        at=at,
        provider=visit.provider,
        site=place[0].site if place else None,
        ward=place[0].ward if place else None,
    )


def _newest_first(one: Happened) -> tuple[int, str]:
    return -micros(one.at), one.what


def _waiting(one: ReferralOut, asked: Asked) -> Waiting:
    viewer = asked.viewer
    is_for_us = _is(one.next_by, {viewer.org, viewer.user, *viewer.teams})
    return Waiting(
        what=_what(one, asked.now, is_for_us=is_for_us),
        what_for=one.what_for,
        next_action=one.next_action or "",
        next_by=one.next_by,
        due=one.due,
        is_for_us=is_for_us,
    )


def _what(one: ReferralOut, now: datetime, *, is_for_us: bool) -> What | None:
    if one.is_silent:
        return What.SILENT
    if one.due is not None and one.due < now:
        return What.OVERDUE
    return What.WAITING if is_for_us and one.next_action not in _WAITS_FOR_NOBODY else None


def _urgency(one: Waiting) -> tuple[int, int]:
    rank = _URGENT.index(one.what) if one.what else len(_URGENT)
    return rank, micros(one.due) if one.due else _LAST


def page(cases: Sequence[Case], after: Order | None, limit: int) -> list[Case]:
    """The cases behind a place in the order."""
    return [case for case in cases if after is None or order(case) > after][:limit]
