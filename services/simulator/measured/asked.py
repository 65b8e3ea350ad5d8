"""What is asked of the truth: which days, as of when, of which beds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
ONE_DAY = timedelta(days=1)
_EIGHT = time(8)


class At(StrEnum):
    """When a figure about one moment is taken."""

    NOW = "now"
    EIGHT = "08:00"
    MIDNIGHT = "midnight"


@dataclass(frozen=True, slots=True)
class Asked:
    """London days from `first` up to, not including, `end`; what is open goes on until `now`.

    `at`: now, or at 08:00 or at the midnight that begins the day `end`. `virtual`: of virtual
    wards in place of hospital beds.
    """

    first: date
    end: date
    now: datetime
    at: At = At.NOW
    virtual: bool = False

    @property
    def today(self) -> date:
        return day_of(self.now)

    @property
    def moment(self) -> datetime:
        """The moment that `at` names."""
        if self.at is At.NOW:
            return self.now
        wall = _EIGHT if self.at is At.EIGHT else time()
        return datetime.combine(self.end, wall, LONDON)

    @property
    def day(self) -> date:
        """The London day of that moment."""
        return self.today if self.at is At.NOW else self.end

    def days(self) -> Iterator[date]:
        """Every day of the period that is over."""
        yield from days_between(self.first, min(self.end, self.today))

    def holds(self, moment: datetime | None) -> bool:
        """Whether a moment is within the period."""
        return moment is not None and self.first <= day_of(moment) < self.end


def days_between(first: date, end: date) -> Iterator[date]:
    """The days from `first` up to, not including, `end`."""
    while first < end:
        yield first
        first += ONE_DAY


def day_of(moment: datetime) -> date:
    """Its day in London."""
    return moment.astimezone(LONDON).date()
