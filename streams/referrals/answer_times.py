"""How long a referral may wait for its answer, and for its next review: one table, versioned.

No national standard covers every service, so these are this project's own choice; they are
shown with their version. Working days are Monday to Friday in London; bank holidays count as
working days, since they differ by nation and by service.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.times import LONDON

VERSION = "answer-times-1"


class Within(NamedTuple):
    """A time: so many working days, or so many hours of any day."""

    working_days: int = 0
    hours: int = 0


# By FHIR request priority.
ANSWER_WITHIN = {
    "stat": Within(hours=1),
    "asap": Within(working_days=1),
    "urgent": Within(working_days=2),
    "routine": Within(working_days=5),
}
DEFAULT = ANSWER_WITHIN["routine"]
REVIEW_AFTER = timedelta(days=28)
_SATURDAY = 5


def answer_due(sent_at: datetime, priority: str | None, wanted_by: datetime | None) -> datetime:
    """By when a referral must be answered: in its priority's time, and before it is wanted.

    A time by which it was wanted before it was sent says nothing.
    """
    within = ANSWER_WITHIN.get(priority or "", DEFAULT)
    due = later_by(sent_at, within)
    return min(due, wanted_by) if wanted_by is not None and wanted_by > sent_at else due


def later_by(at: datetime, within: Within) -> datetime:
    """The moment that much later, at the same time by London's clock; in the zone of `at`."""
    if within.hours:
        return at + timedelta(hours=within.hours)
    local, left = at.astimezone(LONDON), within.working_days
    while left:
        local += timedelta(days=1)
        left -= local.weekday() < _SATURDAY
    return local.astimezone(at.tzinfo)
