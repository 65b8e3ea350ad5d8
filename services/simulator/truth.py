"""What really happened: the oracle that a service's answers are checked against.

It shares no code with any projection, and counts in the most naive way there is.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.simulator.visits import HOSPITAL_BEDS, VIRTUAL_BEDS, Visit

_OPEN = frozenset({"arrived", "triaged", "in-progress", "onleave"})
_NEVER_HAPPENED = frozenset({"planned", "cancelled", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class TrueSegment:
    """A stretch in one ward; half-open, in UTC, `end` None while it goes on."""

    ward: str
    site: str
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class TrueLeave:
    """A stretch away from the bed, in UTC, `end` None while it goes on."""

    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True)
class TrueStay:
    """The final state of one visit, known by (`source`, `visit`).

    `status` is planned, open, finished, cancelled or entered-in-error; the last two and the
    first have no segments, since the person was never in a bed.
    """

    source: str
    visit: str
    nhs_number: str
    class_code: str
    status: str
    admitted_at: datetime | None
    discharged_at: datetime | None
    segments: tuple[TrueSegment, ...]
    leaves: tuple[TrueLeave, ...]


@dataclass(frozen=True, slots=True)
class TrueReferral:
    """Where a referral has got to, known by the number that its requester (`source`) gives it.

    `status` is sent, received, accepted, being-seen, completed or rejected. Times in UTC; None for
    what has not happened. `receiver`: the ODS code of the service that it was sent to.
    """

    source: str
    referral: str
    nhs_number: str
    status: str
    sent_at: datetime
    received_at: datetime | None = None
    accepted_at: datetime | None = None
    first_contact_at: datetime | None = None
    closed_at: datetime | None = None
    receiver: str = ""


@dataclass(frozen=True, slots=True)
class Truth:
    """Every stay (contacts apart), the number of contacts by source, every referral.

    `until` (UTC) is the end of what was simulated: the midnight that ends the last day.
    """

    stays: tuple[TrueStay, ...]
    contacts: dict[str, int]
    until: datetime
    referrals: tuple[TrueReferral, ...] = ()

    def bed_days(self, first: date, last: date) -> dict[str, int]:
        """Hospital bed days by ward for London days `first` up to, not including, `last`.

        A bed day of a day is someone in the bed, and not on leave, at the midnight that ends it.
        """
        return self._nights(first, last, HOSPITAL_BEDS, away=False)

    def virtual_bed_days(self, first: date, last: date) -> dict[str, int]:
        """The same for virtual wards, which are never added to hospital bed days."""
        return self._nights(first, last, VIRTUAL_BEDS, away=False)

    def leave_nights(self, first: date, last: date) -> dict[str, int]:
        """Nights on leave from a hospital bed, by the ward that kept the bed."""
        return self._nights(first, last, HOSPITAL_BEDS, away=True)

    def _nights(
        self, first: date, last: date, classes: frozenset[str], *, away: bool
    ) -> dict[str, int]:
        nights: Counter[str] = Counter()
        day = first
        while day < last:
            at = midnight_after(day)
            if at <= self.until:
                nights.update(
                    segment.ward
                    for stay in self.stays
                    if stay.class_code in classes and _on_leave(stay, at) == away
                    for segment in stay.segments
                    if _covers(segment, at)
                )
            day += timedelta(days=1)
        return dict(nights)


def midnight_after(day: date) -> datetime:
    """The UTC moment at which a London day ends."""
    following = day + timedelta(days=1)
    local = datetime(
        following.year, following.month, following.day, tzinfo=ZoneInfo("Europe/London")
    )
    return local.astimezone(UTC)


def _covers(stretch: TrueSegment | TrueLeave, at: datetime) -> bool:
    """There as the day ended: someone who leaves at midnight itself was, who comes then was not."""
    return stretch.start < at and (stretch.end is None or stretch.end >= at)


def _on_leave(stay: TrueStay, at: datetime) -> bool:
    return any(_covers(leave, at) for leave in stay.leaves)


def truth_of(
    final_states: Iterable[Visit], referrals: Iterable[TrueReferral], until: datetime
) -> Truth:
    """The truth that the last state of every visit and of every referral tells."""
    visits = list(final_states)
    contacts = Counter(visit.source.source for visit in visits if visit.is_contact)
    stays = tuple(stay_of(visit) for visit in visits if not visit.is_contact)
    return Truth(stays, dict(contacts), until, tuple(referrals))


def stay_of(visit: Visit) -> TrueStay:
    """One visit's state in the words of the stays that are answered for."""
    return TrueStay(
        source=visit.source.source,
        visit=visit.visit,
        nhs_number=visit.person.nhs_number,
        class_code=visit.class_code,
        status="open" if visit.status in _OPEN else visit.status,
        admitted_at=visit.start,
        discharged_at=visit.end,
        segments=tuple(_segments(visit)),
        leaves=tuple(TrueLeave(leave.start, leave.end) for leave in visit.leaves),
    )


def _segments(visit: Visit) -> Iterator[TrueSegment]:
    if visit.status in _NEVER_HAPPENED:
        return
    for segment in visit.segments:
        yield TrueSegment(segment.ward.code, segment.ward.site, segment.start, segment.end)
