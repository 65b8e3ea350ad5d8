"""FHIR resources as facts of referrals: ServiceRequest, Task, Appointment, Encounter, messages."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from schemas.events import CareEvent
from schemas.fhir.elements import codes, concept_text, type_named
from schemas.times import moment
from streams.referrals.facts import Party, ReferralFact, Role, State
from streams.referrals.names import Mention, global_names, identifier_names, mention_of

Resource = dict[str, Any]

REQUEST = "ServiceRequest"
SNOMED = "http://snomed.info/sct"
# An order for a test is not a referral: laboratory and imaging by category (SNOMED CT, as FHIR R4's
# ServiceRequest has them), and whatever is ordered by a code for observations.
TESTS = frozenset({(SNOMED, "108252007"), (SNOMED, "363679005")})
LOINC = "http://loinc.org"

OF_REQUEST = {
    "draft": State.DRAFT,
    "active": State.ACTIVE,
    "on-hold": State.ON_HOLD,
    "revoked": State.REVOKED,
    "completed": State.COMPLETED,
    "entered-in-error": State.MISTAKEN,
}
OF_TASK = {
    "draft": State.DRAFT,
    "requested": State.REQUESTED,
    "received": State.RECEIVED,
    "accepted": State.ACCEPTED,
    "ready": State.ACCEPTED,
    "rejected": State.REJECTED,
    "cancelled": State.CANCELLED,
    "in-progress": State.IN_PROGRESS,
    "on-hold": State.ON_HOLD,
    "failed": State.FAILED,
    "completed": State.COMPLETED,
    "entered-in-error": State.MISTAKEN,
}
OF_APPOINTMENT = {
    "proposed": State.WAITING,
    "pending": State.WAITING,
    "waitlist": State.WAITING,
    "booked": State.BOOKED,
    "arrived": State.ARRIVED,
    "checked-in": State.ARRIVED,
    "fulfilled": State.FULFILLED,
    "cancelled": State.CANCELLED,
    "noshow": State.NOSHOW,
    "entered-in-error": State.MISTAKEN,
}
OF_ENCOUNTER = {
    "planned": State.PLANNED,
    "triaged": State.TRIAGED,
    "arrived": State.IN_PROGRESS,
    "in-progress": State.IN_PROGRESS,
    "onleave": State.IN_PROGRESS,
    "finished": State.FINISHED,
    "cancelled": State.CANCELLED,
    "entered-in-error": State.MISTAKEN,
}
OF_COMMUNICATION = {
    "in-progress": State.CONTACTED,
    "completed": State.CONTACTED,
    "entered-in-error": State.MISTAKEN,
}
ROLES = {
    "ServiceRequest": Role.REQUEST,
    "Task": Role.ANSWER,
    "Appointment": Role.BOOKING,
    "Encounter": Role.VISIT,
    "Communication": Role.CONTACT,
}
_STRUCK = b'"entered-in-error"'
_BASED_ON = b'"basedOn"'
_ESCAPE, _UNICODE = b"\\", b"\\u"
_PEOPLE = frozenset({"Patient", "RelatedPerson"})
_SERVICES = frozenset({"HealthcareService", "Organization", "CareTeam"})


def concerns(event: CareEvent) -> bool:
    """Whether the event may say something of a referral.

    Of the many encounters only those that say what they are based on, and those that were struck.
    """
    if event.kind != "Encounter":
        return event.kind in ROLES
    return bool(event.deleted or event.answers) or says_so(bytes(event.resource))


def says_so(encounter: bytes) -> bool:
    """Whether the bytes of an Encounter may say what it is based on, or that it was an error."""
    # Any word may be written in escapes; to look for one sign alone is much the cheapest.
    is_escaped = _ESCAPE in encounter and _UNICODE in encounter
    return _BASED_ON in encounter or _STRUCK in encounter or is_escaped


def facts_of_resource(event: CareEvent, known: int) -> list[ReferralFact]:
    """The fact in a resource; none where it names no request and strikes nothing."""
    resource: Resource = msgspec.json.decode(event.resource)
    read = _READERS[event.kind]
    elements = {"state": State.MISTAKEN} if event.deleted else read(event, resource)
    if elements is None:
        return []
    is_struck = elements["state"] is State.MISTAKEN
    if not (is_struck or elements.get("mentions") or event.kind == "ServiceRequest"):
        return []
    common = {
        "version": event.version,
        "event_id": event.id,
        "known": known,
        "role": ROLES[event.kind],
        "source": event.source,
        "speaker": event.source,
        "thread": event.thread,
        "said_at": event.recorded,
        "subject": event.subject,
    }
    return [ReferralFact(**(common | elements))]


Elements = dict[str, Any] | None


def _request(event: CareEvent, resource: Resource) -> Elements:
    """What is asked for, of whom. A test, and what shall not be done, is no referral."""
    category = resource.get("category", ())
    if resource.get("doNotPerform") or _is_test(resource):
        return None
    wanted = resource.get("occurrencePeriod") or {}
    return {
        "state": OF_REQUEST.get(resource.get("status", ""), State.UNKNOWN),
        "names": tuple(sorted({*_own_names(event, resource)} - {event.thread})),
        "start": moment(resource.get("authoredOn")),
        "end": moment(wanted.get("end") or resource.get("occurrenceDateTime")),
        "requester": party(resource.get("requester")),
        "receiver": next(_parties(resource.get("performer", ())), None),
        "priority": resource.get("priority"),
        "what": concept_text(resource.get("code")) or concept_text(next(iter(category), None)),
    }


def _is_test(resource: Resource) -> bool:
    by_category = any(TESTS & codes(one) for one in resource.get("category", ()))
    return by_category or any(system == LOINC for system, _ in codes(resource.get("code")))


def _own_names(event: CareEvent, resource: Resource) -> Iterator[str]:
    for name in (*event.called, event.thread.partition(f"|{REQUEST}/")[2]):
        yield from global_names(name)
    yield from identifier_names(resource.get("identifier"), event.source)


def _answer(event: CareEvent, resource: Resource) -> Elements:
    """How far the receiver is. A part of a bigger task says nothing of the whole."""
    if resource.get("partOf"):
        return None
    focus = resource.get("focus")
    about = [focus] if focus else resource.get("basedOn", ())
    return {
        "state": OF_TASK.get(resource.get("status", ""), State.REQUESTED),
        "mentions": _mentions(event, resource, about, certain=False),
        "said_at": moment(resource.get("lastModified")) or event.recorded,
        "start": moment(resource.get("authoredOn")),
        "end": moment(((resource.get("restriction") or {}).get("period") or {}).get("end")),
        "requester": party(resource.get("requester")),
        "receiver": party(resource.get("owner")),
        "priority": resource.get("priority"),
        "what": concept_text(resource.get("code")) or resource.get("description"),
        "outcome": concept_text(resource.get("statusReason"))
        or concept_text(resource.get("businessStatus")),
    }


def _booking(event: CareEvent, resource: Resource) -> Elements:
    actors = [part.get("actor") or {} for part in resource.get("participant", ())]
    state = OF_APPOINTMENT.get(resource.get("status", ""), State.WAITING)
    made = moment(resource.get("created")) if state in {State.WAITING, State.BOOKED} else None
    return {
        "state": state,
        "mentions": _mentions(event, resource, resource.get("basedOn", ()), certain=True),
        "said_at": made or event.recorded,
        "start": moment(resource.get("start")),
        "end": moment(resource.get("end")),
        "receiver": next(_parties(a for a in actors if type_named(a, resource) in _SERVICES), None),
        "outcome": concept_text(resource.get("cancelationReason")),
    }


def _visit(event: CareEvent, resource: Resource) -> Elements:
    """A status that says nothing is read from the times: ended, begun, else planned."""
    begun = State.FINISHED if event.occurred_end else State.IN_PROGRESS
    by_times = begun if event.occurred_start else State.PLANNED
    mentions = _mentions(event, resource, resource.get("basedOn", ()), certain=True)
    stay = resource.get("hospitalization") or {}
    return {
        "state": OF_ENCOUNTER.get(resource.get("status", ""), by_times),
        "mentions": mentions or _answered(event),
        "start": event.occurred_start,
        "end": event.occurred_end,
        "receiver": party(resource.get("serviceProvider")) or Party(event.source),
        "outcome": concept_text(stay.get("dischargeDisposition")),
    }


def _answered(event: CareEvent) -> tuple[Mention, ...]:
    return (Mention((event.answers,)),) if event.answers else ()


def _contact(event: CareEvent, resource: Resource) -> Elements:
    """A message counts as contact where the person, or who cares for them, had or wrote it."""
    about = [*resource.get("basedOn", ()), *resource.get("about", ())]
    ends = [resource.get("sender") or {}, *resource.get("recipient", ())]
    state = OF_COMMUNICATION.get(resource.get("status", ""), State.NOTHING)
    with_person = any(_is_person(end, resource) for end in ends)
    return {
        "state": state if with_person or state is State.MISTAKEN else State.NOTHING,
        "mentions": _mentions(event, resource, about, certain=False),
        "start": moment(resource.get("received") or resource.get("sent")) or event.recorded,
    }


def _is_person(end: Resource, resource: Resource) -> bool:
    said = end.get("reference", "")
    is_subject = bool(said) and said == (resource.get("subject") or {}).get("reference")
    return is_subject or type_named(end, resource) in _PEOPLE


def _mentions(
    event: CareEvent, resource: Resource, references: Iterable[Resource], *, certain: bool
) -> tuple[Mention, ...]:
    found = (mention_of(one, resource, event, certain=certain) for one in references)
    return tuple(dict.fromkeys(mention for mention in found if mention))


def party(reference: object) -> Party | None:
    """Whom a Reference means: an identifier or the end of what it says, and its display."""
    if not isinstance(reference, dict):
        return None
    identifier = reference.get("identifier") or {}
    said = reference.get("reference", "").partition("/_history/")[0]
    of_its_own = said.rpartition("/")[2] if "/" in said and not any(global_names(said)) else None
    code, name = identifier.get("value") or of_its_own, reference.get("display")
    return Party(code, name) if code or name else None


def _parties(references: Iterable[Resource]) -> Iterator[Party]:
    return (found for reference in references if (found := party(reference)))


_READERS: dict[str, Callable[[CareEvent, Resource], Elements]] = {
    "ServiceRequest": _request,
    "Task": _answer,
    "Appointment": _booking,
    "Encounter": _visit,
    "Communication": _contact,
}
