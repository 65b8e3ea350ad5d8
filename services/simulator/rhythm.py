"""When things happen: arrivals by hour, weekday and season, lengths of stay, discharge hours."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from random import Random

from schemas.times import LONDON, london_date

YEAR_DAYS = 365.25
_WINTER, _SUMMER = 1.15, 0.92
_WINTER_MONTHS, _SUMMER_MONTHS = frozenset({12, 1, 2}), frozenset({6, 7, 8})


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Weights of the hours, factors of the weekdays (Monday first), and whether seasons tell."""

    hours: tuple[int, ...]
    weekdays: tuple[float, ...]
    seasonal: bool = False


_OFFICE = (0, 0, 0, 0, 0, 0, 0, 0, 6, 10, 10, 9, 6, 6, 9, 8, 6, 3, 0, 0, 0, 0, 0, 0)
EMERGENCIES = Rhythm(
    (3, 2, 2, 2, 2, 2, 3, 4, 6, 8, 9, 9, 8, 8, 8, 8, 8, 8, 8, 7, 7, 6, 5, 4),
    (1.12, 1.02, 0.98, 0.97, 0.98, 0.95, 0.98),
    seasonal=True,
)
SURGERY_HOURS = Rhythm(_OFFICE, (1.35, 1.15, 1.1, 1.05, 1.1, 0.1, 0.0), seasonal=True)
HOME_VISITS = Rhythm(
    (0, 0, 0, 0, 0, 0, 0, 4, 8, 10, 10, 8, 6, 6, 8, 8, 6, 4, 3, 2, 1, 0, 0, 0),
    (1.1, 1.1, 1.1, 1.1, 1.1, 0.75, 0.75),
)
ELECTIVES = Rhythm((0,) * 7 + (10, 6, 2, 1, 3, 2) + (0,) * 11, (1.3, 1.3, 1.3, 1.3, 1.1, 0.3, 0.1))
DISCHARGES = Rhythm(
    (0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 6, 8, 9, 10, 11, 12, 12, 10, 7, 5, 3, 1, 1, 0),
    (1.05, 1.05, 1.05, 1.05, 1.25, 0.75, 0.6),
)


def london(day: date, minute: int, second: int) -> datetime:
    """The UTC moment of a London wall clock time; one that the clock skips is an hour later."""
    wall = datetime(day.year, day.month, day.day, minute // 60, minute % 60, second, tzinfo=LONDON)
    return wall.astimezone(UTC)


def moment_on(day: date, rhythm: Rhythm, rng: Random) -> datetime:
    """A UTC moment on a London day, at an hour that the rhythm favours; never on the minute.

    Whole minutes are left out so that no event falls on midnight itself, where a bed day
    would depend on a convention rather than on the person.
    """
    hour = rng.choices(range(24), cum_weights=list(accumulate(rhythm.hours)))[0]
    return london(day, 60 * hour + rng.randrange(60), rng.randrange(1, 60))


def arrivals(
    rng: Random, rhythm: Rhythm, start: date, days: int, per_year: float
) -> Iterator[datetime]:
    """UTC moments, by day, of something that happens `per_year` times a year on average."""
    peak = per_year / YEAR_DAYS * max(rhythm.weekdays) * _WINTER
    offset = rng.expovariate(peak) if peak else math.inf
    while offset < days:
        day = start + timedelta(days=int(offset))
        if rng.random() < _factor(rhythm, day) / (max(rhythm.weekdays) * _WINTER):
            yield moment_on(day, rhythm, rng)
        offset += rng.expovariate(peak)


def _factor(rhythm: Rhythm, day: date) -> float:
    weekday = rhythm.weekdays[day.weekday()]
    if rhythm.seasonal and day.month in _WINTER_MONTHS:
        return weekday * _WINTER
    if rhythm.seasonal and day.month in _SUMMER_MONTHS:
        return weekday * _SUMMER
    return weekday


def long_tailed(rng: Random, median: float, sigma: float, most: float) -> float:
    """A log-normal draw, in the unit of `median`, capped at `most`."""
    return min(most, rng.lognormvariate(math.log(median), sigma))


def discharge_at(rng: Random, admitted: datetime, stay_days: float) -> datetime:
    """The UTC moment at which someone leaves: about `stay_days` after, at an hour people leave."""
    if stay_days < 1:
        return admitted + timedelta(seconds=int(stay_days * 86_400) + 3_601)
    day = london_date(admitted) + timedelta(days=round(stay_days))
    while rng.random() > DISCHARGES.weekdays[day.weekday()] + 0.2:
        day += timedelta(days=1)
    return moment_on(day, DISCHARGES, rng)
