"""What one stay adds to the figures of a moment. Pure.

The same is counted over all stays by `services.figures.counted`; here it tells which stays moved a
figure. Keys are those of `care.measures.v1`; a measure alone is its sum.
"""

from collections import Counter
from collections.abc import Iterator

from schemas.times import london_date
from services.figures.moments import Moment
from streams.flow.bed_days import nights_of
from streams.flow.stay import HAPPENED, Setting, Stay


def amounts_of(stay: Stay, moment: Moment) -> Counter[str]:
    """How much of each figure of the moment the stay is: beds and, at midnight, the day's flow."""
    found = Counter[str]()
    for measure, *place in _told(stay, moment):
        found[measure] += 1
        found["|".join((measure, *place))] += 1
    return found


def _told(stay: Stay, moment: Moment) -> Iterator[tuple[str, ...]]:
    if moment.ended is None:
        yield from _at_eight(stay, moment)
        return
    for night in nights_of(stay):
        there = night.first <= moment.ended and (night.last is None or night.last > moment.ended)
        if there and night.setting == Setting.BED:
            yield "beds_occupied", stay.provider, night.site, night.ward
    if stay.setting != Setting.BED or stay.status not in HAPPENED:
        return
    sites = [segment.site for segment in stay.segments] or [stay.provider]
    if stay.admitted_at is not None and london_date(stay.admitted_at) == moment.ended:
        yield "admissions", stay.provider, sites[0]
    ended = stay.status == "finished" and stay.discharged_at is not None
    if ended and stay.discharged_at and london_date(stay.discharged_at) == moment.ended:
        yield "discharges", stay.provider, sites[-1]


def _at_eight(stay: Stay, moment: Moment) -> Iterator[tuple[str, ...]]:
    """The ward where the person was then, once they had been admitted to a bed."""
    admitted = stay.admitted_at is not None and stay.admitted_at <= moment.at
    if stay.setting != Setting.BED or not admitted:
        return
    for segment in stay.segments:
        if segment.start <= moment.at and (segment.end is None or segment.end > moment.at):
            yield "beds_occupied", stay.provider, segment.site, segment.ward
