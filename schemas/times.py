"""FHIR times as moments, and moments as London days."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The first moment whose London day exists: London was behind UTC until 1847.
FIRST_MOMENT = datetime(1, 1, 2, tzinfo=UTC)
_MONTH_LENGTH, _YEAR_LENGTH = 7, 4
NOON = 12
# Not the locale's: the same words wherever this runs.
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_SECONDS = slice(16, 19)


def moment(value: object) -> datetime | None:
    """The UTC moment of a FHIR date, dateTime or instant; None where there is none to read.

    A date without a time is its first moment in London, and so are a month and a year.
    A leap second is the second before it. Nothing before `FIRST_MOMENT` is a time.
    """
    if not isinstance(value, str):
        return None
    try:
        read = datetime.fromisoformat(_padded(value))
    except ValueError:
        return None
    if read.tzinfo is None:
        read = read.replace(tzinfo=LONDON)
    try:
        # Most of what is published is in UTC: to ask is cheaper than to convert.
        at = read if read.tzinfo is UTC else read.astimezone(UTC)
    except OverflowError:
        return None
    return at if at >= FIRST_MOMENT else None


def _padded(value: str) -> str:
    if len(value) == _YEAR_LENGTH:
        return value + "-01-01"
    if value[_SECONDS] == ":60":
        return value[: _SECONDS.start] + ":59" + value[_SECONDS.stop :]
    return value + "-01" if len(value) == _MONTH_LENGTH else value


def london_date(at: datetime) -> date:
    """The calendar day in London at a moment."""
    return at.astimezone(LONDON).date()


def midnight(day: date) -> datetime:
    """The first moment of a London day, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=LONDON).astimezone(UTC)


def micros(at: datetime) -> int:
    """Microseconds since 1970, exact."""
    return (at - EPOCH) // timedelta(microseconds=1)


def spoken(at: datetime, *, whole_day: bool = False) -> str:
    """A moment as it is read out in London: "1 January 2026, 3:05pm", or the day alone."""
    here = at.astimezone(LONDON)
    day = f"{here.day} {MONTHS[here.month - 1]} {here.year}"
    if whole_day:
        return day
    return f"{day}, {here.hour % 12 or 12}:{here.minute:02d}{'am' if here.hour < NOON else 'pm'}"
