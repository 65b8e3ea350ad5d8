"""The stay that one visit's facts describe: a fold that no order or repeat can change."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from streams.flow.course import Course, course_of
from streams.flow.facts import Change, ClassRun, Place, State, VisitFact


class Setting(StrEnum):
    """What kind of bed, if any. Virtual ward days are never added to hospital bed days."""

    BED = "bed"
    EMERGENCY = "emergency"
    VIRTUAL = "virtual"
    HOME = "home"
    CONTACT = "contact"


class StayFlag(StrEnum):
    UNKNOWN_WARD = "unknown-ward"
    NO_ADMISSION_TIME = "no-admission-time"
    END_BEFORE_START = "end-before-start"
    NO_DISCHARGE_TIME = "no-discharge-time"


UNKNOWN_WARD = "unknown"

# FHIR v3 ActEncounterCode; which classes hold a hospital bed: definitions, section 4.
SETTINGS = {
    "IMP": Setting.BED,
    "ACUTE": Setting.BED,
    "NONAC": Setting.BED,
    "SS": Setting.BED,
    "OBSENC": Setting.BED,
    "EMER": Setting.EMERGENCY,
    "VR": Setting.VIRTUAL,
    "HH": Setting.HOME,
}
STATUSES = {
    "planned": "planned",
    "arrived": "open",
    "triaged": "open",
    "in-progress": "open",
    "onleave": "open",
    "finished": "finished",
    "cancelled": "cancelled",
    "entered-in-error": "entered-in-error",
}
HAPPENED = frozenset({"open", "finished"})
BEDS = frozenset({Setting.BED, Setting.VIRTUAL})


class Segment(msgspec.Struct, frozen=True, gc=False):
    """A stretch of a stay in one ward. Half-open: the person is not there at `end`."""

    ward: str
    site: str
    start: datetime
    end: datetime | None


class Leave(msgspec.Struct, frozen=True, gc=False):
    """A stretch away from the bed, within the stay. `end` None: not back yet."""

    start: datetime
    end: datetime | None


class Stay(msgspec.Struct, frozen=True, gc=False):
    """One visit as it is known: status, class, times (UTC), wards, leaves, data confidence.

    `settings`: what it took up since when, where that changed. `undone`: the event ids of the
    changes that do not count, each with that of the cancel that undid it.
    """

    status: str
    visit_class: str
    setting: Setting
    provider: str
    admitted_at: datetime | None
    discharged_at: datetime | None
    segments: tuple[Segment, ...]
    leaves: tuple[Leave, ...]
    flags: tuple[str, ...]
    subject: str | None
    settings: tuple[tuple[Setting, datetime | None], ...] = ()
    expected_discharge: datetime | None = None
    undone: tuple[tuple[str, str], ...] = ()


# All that is left of a visit whose facts belong to another one now. Not a status of a stay: where
# stays are read it is left out.
MOVED = Stay("moved", "unknown", Setting.CONTACT, "unknown", None, None, (), (), (), None)


def stay_of(facts: Iterable[VisitFact]) -> Stay:
    """The stay that one visit's facts describe, whatever order and however often they came.

    The greatest full state holds, and the changes that were written after it go on from it.
    Raises ValueError where there is no fact. Source: definitions, sections 2 and 4.
    """
    states: list[State] = []
    changes: dict[Change, None] = {}
    for fact in facts:
        if isinstance(fact, State):
            states.append(fact)
        else:
            changes[fact] = None
    base = max(states, key=lambda state: (state.version, state.event_id), default=None)
    if base is None and not changes:
        raise ValueError("no stay without a fact: the facts are empty")
    return _stay(
        course_of(base, list(changes))
        if changes or base is None
        else Course(base, expected_discharge=base.expected)
    )


def _stay(course: Course) -> Stay:
    fact = course.state
    status = _status(fact)
    end = None if status == "open" else fact.end or _last_seen(fact, status)
    backwards = fact.start is not None and end is not None and end < fact.start
    end = fact.start if backwards else end
    segments = _segments(fact, end) if status in HAPPENED else ()
    settings = _settings(fact)
    return Stay(
        status,
        fact.visit_class,
        SETTINGS.get(fact.visit_class, Setting.CONTACT),
        fact.provider,
        _admitted(fact, settings, end),
        end,
        segments,
        tuple(_leaves(fact, end)),
        (*_flags(fact, status, segments, backwards=backwards), *fact.flags),
        fact.subject,
        settings,
        course.expected_discharge if status == "open" else None,
        course.undone,
    )


def _settings(fact: State) -> tuple[tuple[Setting, datetime | None], ...]:
    """What kind of place the visit took up since when; nothing where it was one kind only."""
    runs: tuple[ClassRun, ...] = fact.classes
    return tuple((SETTINGS.get(run.code, Setting.CONTACT), run.start) for run in runs)


def _admitted(
    fact: State, settings: tuple[tuple[Setting, datetime | None], ...], end: datetime | None
) -> datetime | None:
    """When the visit took a bed, if it ever did; else when the person came."""
    beds = (since for setting, since in settings if setting in BEDS)
    into_bed = next(beds, None)
    if into_bed is None or fact.start is None:
        return fact.start
    admitted = max(into_bed, fact.start)
    return min(admitted, end) if end is not None else admitted


def _last_seen(fact: State, status: str) -> datetime | None:
    """The latest time that a finished visit names: its end, where the source forgot the end."""
    if status != "finished":
        return None
    times = [fact.start, *(t for place in fact.places for t in (place.start, place.end))]
    return max((at for at in times if at is not None), default=None)


def _status(fact: State) -> str:
    """A status that says nothing is read from the times: ended, else still open."""
    known = STATUSES.get(fact.status)
    return known or ("finished" if fact.end else "open")


def _flags(
    fact: State, status: str, segments: tuple[Segment, ...], *, backwards: bool
) -> Iterable[StayFlag]:
    if fact.start is None and status in HAPPENED:
        yield StayFlag.NO_ADMISSION_TIME
    if backwards:
        yield StayFlag.END_BEFORE_START
    if status == "finished" and fact.end is None:
        yield StayFlag.NO_DISCHARGE_TIME
    if any(segment.ward == UNKNOWN_WARD for segment in segments):
        yield StayFlag.UNKNOWN_WARD


def _segments(fact: State, end: datetime | None) -> tuple[Segment, ...]:
    """Segments that cover the stay from its start to its end, without a gap or an overlap.

    A later place ends the one before it; time that no place covers is in an unknown ward.
    A move within a ward is none.
    """
    if fact.start is None:
        return ()
    site = fact.site or fact.provider
    at, segments = fact.start, []
    for place, next_start in _in_order(fact):
        start = max(place.start or fact.start, at)
        start = min(start, end) if end else start
        if start > at:
            segments.append(Segment(UNKNOWN_WARD, site, at, start))
            at = start
        stop = _earliest(place.end, next_start, end)
        if stop is None or stop > start:
            segments.append(Segment(place.ward, place.site or site, start, stop))
            if stop is None:
                return _joined(segments)
            at = stop
    if at != end:
        segments.append(Segment(UNKNOWN_WARD, site, at, end))
    return _joined(segments)


def _joined(segments: list[Segment]) -> tuple[Segment, ...]:
    joined: list[Segment] = []
    for one in segments:
        before = joined[-1] if joined else None
        if before and (before.ward, before.site) == (one.ward, one.site):
            joined[-1] = Segment(one.ward, one.site, before.start, one.end)
        else:
            joined.append(one)
    return tuple(joined)


def _in_order(fact: State) -> Iterable[tuple[Place, datetime | None]]:
    """Each place with the next later start; one without a start was there from the beginning."""
    if len(fact.places) == 1:
        return [(fact.places[0], None)]
    begin: Any = fact.start
    places = sorted(fact.places, key=lambda p: (p.start or begin, p.end is None, p.end, p.ward))
    starts = [place.start or begin for place in places]
    later = [bisect_right(starts, start) for start in starts]
    return [
        (place, starts[at] if at < len(starts) else None)
        for place, at in zip(places, later, strict=True)
    ]


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((at for at in moments if at is not None), default=None)


def _leaves(fact: State, end: datetime | None) -> Iterable[Leave]:
    for start, back in fact.leaves:
        if fact.start is not None and start >= fact.start and (end is None or start < end):
            yield Leave(start, _earliest(back, end))
