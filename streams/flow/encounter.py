"""What a FHIR Encounter says about its visit: a full state of it, and the numbers it goes by."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from schemas.events import CareEvent
from schemas.identity import indexable
from schemas.times import moment
from streams.flow.facts import TOLD_ON, ClassRun, Place, State, VisitKey

WARDLESS = frozenset({"si", "bu", "bd", "ro", "co", "area"})
EXPECTED_ONLY = frozenset({"planned", "reserved"})
VISIT_NUMBER = "VN"
# R5's `plannedEndDate` in R4. Source: FHIR R5, versions.html, extensions for converting.
PLANNED_END = "http://hl7.org/fhir/5.0/StructureDefinition/extension-Encounter.plannedEndDate"
_THREAD = "|Encounter/"


# The elements that a state is made of. To decode these alone takes half of what all of the
# resource does; a primitive is whatever the source wrote, as FHIR's own reading has judged it.
class _Element(msgspec.Struct, gc=False):
    pass


class _Coding(_Element):
    code: Any = None


class _Concept(_Element):
    coding: tuple[_Coding, ...] | None = None


class _Identifier(_Element):
    type: _Concept | None = None
    value: Any = None


class _Reference(_Element):
    reference: Any = None
    identifier: _Identifier | None = None
    display: Any = None


class _Period(_Element):
    start: Any = None
    end: Any = None


_NO_PERIOD, _NO_CODE, _NOWHERE = _Period(), _Coding(), _Reference()


class _Location(_Element):
    location: _Reference | None = None
    status: Any = None
    physicalType: _Concept | None = None  # noqa: N815 (FHIR's own name)
    period: _Period | None = None


class _Past(_Element):
    status: Any = None
    visit_class: _Coding | None = msgspec.field(default=None, name="class")
    period: _Period | None = None


class _Extension(_Element):
    url: Any = None
    valueDateTime: Any = None  # noqa: N815 (FHIR's own name)


class _Encounter(_Element):
    status: Any = "unknown"
    visit_class: _Coding | None = msgspec.field(default=None, name="class")
    period: _Period | None = None
    location: tuple[_Location, ...] | None = None
    serviceProvider: _Reference | None = None  # noqa: N815 (FHIR's own name)
    identifier: tuple[_Identifier, ...] | None = None
    statusHistory: tuple[_Past, ...] | None = None  # noqa: N815 (FHIR's own name)
    classHistory: tuple[_Past, ...] | None = None  # noqa: N815 (FHIR's own name)
    extension: tuple[_Extension, ...] | None = None


_decode = msgspec.json.Decoder(_Encounter).decode


class Encounter(NamedTuple):
    """What an Encounter says of its visit, and the other numbers that the visit has."""

    state: State
    numbers: tuple[str, ...]


def visit_of(event: CareEvent) -> VisitKey:
    """The visit that an Encounter fact is about: its id, or the identifier that stands for it."""
    return VisitKey(event.source, event.thread[len(event.source) + len(_THREAD) :])


def encounter_of(event: CareEvent) -> Encounter:
    """What an Encounter says: its state, and by which numbers HL7 v2 messages may call the visit.

    Those are the identifiers typed as a visit number (VN); where none is, the only one there is.
    """
    said = _decode(event.resource)
    return Encounter(_state(event, said, 0), _numbers(event, said) if said.identifier else ())


def visit_fact(event: CareEvent, known: int) -> State:
    """What an Encounter says of its visit. `known`: microseconds since 1970."""
    return _state(event, _decode(event.resource), known)


def _numbers(event: CareEvent, said: _Encounter) -> tuple[str, ...]:
    found = [one for one in said.identifier or () if one.value]
    stated = found if len(found) == 1 else [one for one in found if VISIT_NUMBER in _types(one)]
    own = visit_of(event).visit
    return tuple(sorted({indexable(one.value) for one in stated} - {own}))


def _types(identifier: _Identifier) -> set[str]:
    return {one.code for one in identifier.type.coding or ()} if identifier.type else set()


def _state(event: CareEvent, said: _Encounter, known: int) -> State:
    return State(
        event.version,
        event.id,
        known,
        "entered-in-error" if event.deleted else said.status,
        _class(said.visit_class),
        event.occurred_start,
        event.occurred_end,
        _provider(said.serviceProvider) or event.source,
        _site(said.location or ()),
        tuple(_places(said.location or ())),
        tuple(_leaves(said, event.recorded)) if _tells_of_leave(said) else (),
        event.subject,
        tuple(_classes(said)) if said.classHistory else (),
        event.recorded,
        tuple(flag for flag in event.flags if flag in TOLD_ON) if event.flags else (),
        expected=_expected_end(said.extension) if said.extension else None,
    )


def _class(said: _Coding | None) -> str:
    code: str = (said or _NO_CODE).code
    return code or "unknown"


def _expected_end(extensions: Iterable[_Extension]) -> datetime | None:
    """When the visit is expected to end, which R4 says by an extension."""
    told = (one.valueDateTime for one in extensions if one.url == PLANNED_END)
    return next(filter(None, map(moment, told)), None)


def _classes(said: _Encounter) -> Iterable[ClassRun]:
    """The class history and then the class."""
    past = [(moment((one.period or _NO_PERIOD).start), one) for one in said.classHistory or ()]
    past.sort(key=lambda one: (one[0] is not None, one[0]))
    for start, one in past:
        yield ClassRun(_class(one.visit_class), start)
    ends = [moment((one.period or _NO_PERIOD).end) for _, one in past]
    last = max((end for end in ends if end is not None), default=None)
    # A history that already ends in the class of now says nothing of another change.
    code = _class(said.visit_class)
    if _class(past[-1][1].visit_class) != code and last is not None:
        yield ClassRun(code, last)


def _places(locations: Iterable[_Location]) -> Iterator[Place]:
    """Wards only: a site, a bed or a room is not a ward, and a plan is not a place."""
    for one in locations:
        if one.status in EXPECTED_ONLY or _physical(one) in WARDLESS:
            continue
        period = one.period or _NO_PERIOD
        yield Place(_code(one.location or _NOWHERE), moment(period.start), moment(period.end))


def _site(locations: Iterable[_Location]) -> str | None:
    for one in locations:
        if _physical(one) == "si":
            return _code(one.location or _NOWHERE)
    return None


def _code(place: _Reference) -> str:
    """The place's code: identifier, else the end of its reference, else its name."""
    return indexable(_named(place) or place.display or "unknown")


def _named(thing: _Reference) -> str:
    """What a reference calls the thing: its identifier, else the id at the reference's end."""
    said: str = (thing.identifier.value if thing.identifier else "") or _referred(thing)
    return said


def _referred(thing: _Reference) -> str:
    """The id at the end of a reference, whichever version of the thing it names."""
    said: str = thing.reference or ""
    return said.partition("/_history/")[0].rpartition("/")[2]


def _physical(location: _Location) -> str | None:
    codings = location.physicalType.coding if location.physicalType else None
    return codings[0].code if codings else None


def _provider(said: _Reference | None) -> str | None:
    """The organisation whose bed it is: its ODS code, else the end of its reference."""
    code = _named(said) if said else ""
    return indexable(code) if code else None


def _tells_of_leave(said: _Encounter) -> bool:
    return bool(said.statusHistory) or said.status == "onleave"


def _leaves(said: _Encounter, recorded: datetime) -> Iterable[tuple[datetime, datetime | None]]:
    """Leave of absence: each `onleave` of the status history that has a start, and of now.

    Leave that only the status tells of began where the history ends, else when it was written.
    """
    ends: list[datetime] = []
    told = False
    for past in said.statusHistory or ():
        period = past.period or _NO_PERIOD
        start, end = moment(period.start), moment(period.end)
        ends += [end] if end is not None else []
        if past.status == "onleave" and start is not None:
            told = told or end is None
            yield start, end
    if said.status == "onleave" and not told:
        yield max(ends, default=recorded), None
