"""An Encounter on a timeline: a stay as it happened, any other visit as one line."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from schemas.events import CareEvent
from schemas.fhir.elements import concept_text, reference_text, text, values
from schemas.times import moment
from streams.timeline.entry import Entry, joined
from streams.timeline.named import thread_of
from streams.timeline.reads import every, labelled, staff

Resource = dict[str, Any]

ADMITTING = frozenset({"IMP", "ACUTE", "NONAC", "SS", "OBSENC"})
CLASS_TITLES = {
    "EMER": "Emergency attendance",
    "VR": "Virtual ward",
    "HH": "Home visit",
    "AMB": "Contact",
    "FLD": "Contact in the community",
}
ADMISSIONS = {"planned": "Admission planned", "cancelled": "Admission cancelled"}
VISITS = {"planned": "planned", "cancelled": "cancelled"}
# Within a ward or around it: being there is no move of its own.
NO_WARD = frozenset({"si", "bu", "bd", "ro"})
EXPECTED = frozenset({"planned", "reserved"})

_who = staff("participant.individual")
_why = every("reasonCode", "reasonReference")
_came = labelled("from", every("hospitalization.admitSource"))
_went = labelled("to", every("hospitalization.dischargeDisposition", "hospitalization.destination"))


def entries_of_encounter(event: CareEvent, resource: Resource) -> list[Entry]:
    """The entries of an Encounter, at least one."""
    code = text((resource.get("class") or {}).get("code"))
    if code in ADMITTING:
        return list(_stay(event, resource))
    title = concept_text(next(values(resource, "type"), None)) or CLASS_TITLES.get(code, "Visit")
    status = text(resource.get("status"))
    stop = next(iter(_stops(event, resource)), NOWHERE)
    author, author_thread = _by(event, resource)
    return [
        Entry(
            "visit",
            "emergency" if code == "EMER" else "contact",
            f"{title} {VISITS[status]}" if status in VISITS else title,
            at=event.occurred_start or event.recorded,
            until=event.occurred_end,
            status=status or None,
            place=stop.place,
            author=author,
            detail=joined(_why(resource), _went(resource)),
            author_thread=author_thread,
            place_thread=stop.thread,
        )
    ]


class Stop(NamedTuple):
    """Where the person was, since when. `thread`: of the Location that has its name."""

    place: str | None = None
    since: datetime | None = None
    thread: str | None = None


NOWHERE = Stop()


def _by(event: CareEvent, resource: Resource) -> tuple[str | None, str | None]:
    """Who saw the person: a name, else the thread that holds it."""
    if "participant" not in resource:
        return None, None
    author, reference = _who.found(resource)
    return author, thread_of(reference, event, resource)


def _stay(event: CareEvent, resource: Resource) -> Iterable[Entry]:
    """A hospital stay is read as it happened: admitted, each move and leave, discharged."""
    stops = _stops(event, resource) or [NOWHERE]
    status = text(resource.get("status"))
    author, author_thread = _by(event, resource)
    yield Entry(
        "admitted",
        "admission",
        ADMISSIONS.get(status, "Admitted to hospital"),
        at=event.occurred_start or event.recorded,
        until=event.occurred_end,
        status=status or None,
        place=stops[0].place,
        author=author,
        detail=joined(_why(resource), _came(resource)),
        author_thread=author_thread,
        place_thread=stops[0].thread,
    )
    for number, stop in enumerate(stops[1:], 1):
        before = stops[number - 1].place
        yield Entry(
            f"moved-{number}",
            "transfer",
            "Moved ward",
            at=stop.since,
            place=stop.place,
            detail=f"from {before}" if before and before != stop.place else None,
            place_thread=stop.thread,
        )
    yield from _leaves(resource)
    if event.occurred_end is not None and status == "finished":
        yield Entry(
            "discharged",
            "discharge",
            "Discharged from hospital",
            at=event.occurred_end,
            place=stops[-1].place,
            detail=_went(resource),
            place_thread=stops[-1].thread,
        )


def _leaves(resource: Resource) -> Iterator[Entry]:
    """Each leave that the history of the status tells, and the return from it."""
    if "statusHistory" not in resource:
        return
    leaves = (p for p in values(resource, "statusHistory") if p.get("status") == "onleave")
    for number, past in enumerate(leaves, 1):
        period = past.get("period") or {}
        start, end = moment(period.get("start")), moment(period.get("end"))
        if start is not None:
            yield Entry(f"left-{number}", "leave", "Left on leave", at=start, until=end)
        if end is not None:
            yield Entry(f"returned-{number}", "leave", "Returned from leave", at=end)


def _stops(event: CareEvent, resource: Resource) -> list[Stop]:
    """Where the person was, in order; a site, a bed or a plan is not a move of its own."""
    found = [
        _stop(event, resource, location)
        for location in resource.get("location", ())
        if location.get("status") not in EXPECTED and _physical(location) not in NO_WARD
    ]
    return sorted(found, key=lambda stop: (stop.since is not None, stop.since))


def _stop(event: CareEvent, resource: Resource, location: Resource) -> Stop:
    reference = location.get("location") or {}
    name = reference_text(reference, resource)
    return Stop(
        name or _code(reference),
        moment((location.get("period") or {}).get("start")),
        None if name else thread_of(reference, event, resource),
    )


def _code(reference: Resource) -> str | None:
    """What a place without a name is known by: its identifier, else its reference."""
    identifier = reference.get("identifier") or {}
    return text(identifier.get("value")) or text(reference.get("reference")) or None


def _physical(location: Resource) -> str | None:
    codings = (location.get("physicalType") or {}).get("coding") or [{}]
    code: str | None = codings[0].get("code")
    return code
