"""When the thing that a resource reports happened: one table for every resource type."""

from datetime import datetime
from typing import Any

from schemas.times import moment

Resource = dict[str, Any]
Occurred = tuple[datetime | None, datetime | None]

# The first element that is there counts. Event times come before the times of writing them down.
PERIODS = (
    "period",
    "effectivePeriod",
    "performedPeriod",
    "occurrencePeriod",
    "onsetPeriod",
    "executionPeriod",
    "servicedPeriod",
)
MOMENTS = (
    "effectiveDateTime",
    "effectiveInstant",
    "performedDateTime",
    "occurrenceDateTime",
    "onsetDateTime",
    "sent",
    "authoredOn",
    "authored",
    "startDate",
    "created",
    "recordedDate",
    "recorded",
    "assertedDate",
    "dateTime",
    "date",
    "issued",
    "statusDate",
)


def occurred(resource: Resource) -> Occurred:
    """Start and end (UTC) of what the resource reports; None where it does not say."""
    for name in PERIODS:
        period = resource.get(name)
        if isinstance(period, dict):
            return moment(period.get("start")), moment(period.get("end"))
    if "start" in resource:
        return moment(resource["start"]), moment(resource.get("end"))
    for name in MOMENTS:
        if name in resource:
            at = moment(resource[name])
            if at is not None:
                return at, None
    return None, None
