"""Both sides of a referral as they publish it, in FHIR and in HL7 v2, with defaults."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from schemas.events import CareEvent
from schemas.topics import ContentType
from streams.referrals.facts import ReferralFact
from streams.referrals.fold import referrals_of
from streams.referrals.read import facts_of
from streams.referrals.referral import Referral
from tests.builders import Json, event_of

# A Monday, at ten in London.
SENT = datetime(2026, 2, 2, 10, tzinfo=UTC)
SENDER, RECEIVER = "RX1", "RY2"
UBRN = "https://fhir.nhs.uk/Id/UBRN"
# What RF1-6 says below, as FHIR writes it.
OF_V2 = {"system": "urn:oid:2.16.840.1", "value": "226839"}
UUID = "236bb75d-90ef-461f-b71e-fde7f899802c"


def at(hours: float) -> str:
    """So many hours after the referral was sent, as FHIR says it."""
    return (SENT + timedelta(hours=hours)).isoformat()


def written(hours: float, version: int = 1) -> Json:
    return {"versionId": str(version), "lastUpdated": at(hours)}


def request(status: str = "active", hours: float = 0, **elements: Any) -> Json:
    """The sender's ServiceRequest as it is so many hours after it was sent."""
    return {
        "resourceType": "ServiceRequest",
        "id": "S1",
        "meta": written(hours),
        "identifier": [{"system": UBRN, "value": "70001"}],
        "status": status,
        "intent": "order",
        "code": {"text": "Falls clinic"},
        "subject": {"reference": "Patient/p1"},
        "authoredOn": at(0),
        "requester": {"identifier": {"value": SENDER}, "display": "Sending Trust"},
        "performer": [{"identifier": {"value": RECEIVER}, "display": "Falls team"}],
        **elements,
    }


BY_IDENTIFIER = {"identifier": {"system": UBRN, "value": "70001"}, "type": "ServiceRequest"}


def task(status: str = "accepted", hours: float = 1, **elements: Any) -> Json:
    """The receiver's Task about the request."""
    return {
        "resourceType": "Task",
        "id": "T1",
        "meta": written(hours),
        "status": status,
        "intent": "order",
        "focus": BY_IDENTIFIER,
        "for": {"reference": "Patient/q1"},
        "owner": {"identifier": {"value": RECEIVER}, "display": "Falls team"},
        **elements,
    }


def appointment(status: str = "booked", hours: float = 2, start: float = 48, **more: Any) -> Json:
    """The receiver's Appointment, half an hour long, from so many hours after the sending on."""
    return {
        "resourceType": "Appointment",
        "id": "A1",
        "meta": written(hours),
        "status": status,
        "basedOn": [BY_IDENTIFIER],
        "start": at(start),
        "end": at(start + 0.5),
        "participant": [{"actor": {"reference": "Patient/q1"}, "status": "accepted"}],
        **more,
    }


def visit(status: str = "finished", hours: float = 49, start: float = 48, **elements: Any) -> Json:
    """The receiver's Encounter, half an hour long where it is over."""
    end = {"end": at(start + 0.5)} if status == "finished" else {}
    return {
        "resourceType": "Encounter",
        "id": "E1",
        "meta": written(hours),
        "status": status,
        "class": {"code": "AMB"},
        "subject": {"reference": "Patient/q1"},
        "basedOn": [BY_IDENTIFIER],
        "period": {"start": at(start), **end},
        **elements,
    }


def call(status: str = "completed", hours: float = 30, **elements: Any) -> Json:
    """The receiver's Communication with the person."""
    return {
        "resourceType": "Communication",
        "id": "C1",
        "meta": written(hours),
        "status": status,
        "about": [BY_IDENTIFIER],
        "subject": {"reference": "Patient/q1"},
        "recipient": [{"reference": "Patient/q1"}],
        "sent": at(hours),
        **elements,
    }


def message(kind: str, *segments: str, hours: float = 0, control: str = "M1") -> bytes:
    """An HL7 v2 message about one patient, written so many hours after the sending."""
    sent = (SENT + timedelta(hours=hours)).strftime("%Y%m%d%H%M%S")
    header = f"MSH|^~\\&|PAS|{SENDER}|CLINIC|{RECEIVER}|{sent}+0000||{kind}|{control}|P|2.5.1"
    return "\r".join([header, "PID|1||123^^^PAS^MR||Brown^Ada", *segments]).encode()


RF1 = "RF1|{status}|R|FALLS^Falls clinic||O|226839^^2.16.840.1^ISO|20260202||20260202"
PROVIDERS = (
    "PRD|RP|Jones^Ann||||||||Sending Trust^^^^^^^^^RX1",
    "PRD|RT|Falls^Team||||||||Falls team^^^^^^^^^RY2",
)


def ref(
    trigger: str = "I12", status: str = "P^Pending", hours: float = 0, control: str = ""
) -> bytes:
    """A REF message about one referral; its id means the same to both sides."""
    segments = (RF1.format(status=status), *PROVIDERS)
    control = control or f"R{trigger}{status[:1]}{hours}"
    return message(f"REF^{trigger}", *segments, hours=hours, control=control)


def siu(trigger: str = "S12", hours: float = 2, start: float = 48, more: str = "") -> bytes:
    """A booking that names the referral in RF1."""
    starts = (SENT + timedelta(hours=start)).strftime("%Y%m%d%H%M%S")
    schedule = f"SCH|B1|B1|||||||30|MIN|^^30^{starts}+0000{more}"
    return message(
        f"SIU^{trigger}",
        schedule,
        RF1.format(status=""),
        hours=hours,
        control=f"B{trigger}{hours}",
    )


def sender(body: Json | bytes, **beside: Any) -> CareEvent:
    """The event as the sending organisation publishes it."""
    return _event(body, SENDER, beside)


def receiver(body: Json | bytes, **beside: Any) -> CareEvent:
    """The event as the receiving organisation publishes it."""
    return _event(body, RECEIVER, beside)


def _event(body: Json | bytes, source: str, beside: Json) -> CareEvent:
    kind = {"content_type": ContentType.HL7V2} if isinstance(body, bytes) else {}
    return event_of(body, source=source, **(kind | beside))


def facts(*events: CareEvent, known: int = 0) -> list[ReferralFact]:
    return [fact for event in events for fact in facts_of(event, known)]


def folded(*events: CareEvent) -> list[Referral]:
    return referrals_of(facts(*events))


def one(*events: CareEvent) -> Referral:
    """The one referral that the events tell of."""
    (found,) = folded(*events)
    return found


_STATUSES = {
    "ServiceRequest": ("draft", "active", "on-hold", "revoked", "completed", "entered-in-error"),
    "Task": (
        "requested",
        "received",
        "accepted",
        "rejected",
        "in-progress",
        "on-hold",
        "failed",
        "completed",
        "cancelled",
        "entered-in-error",
    ),
    "Appointment": ("proposed", "booked", "fulfilled", "cancelled", "noshow", "waitlist"),
    "Encounter": ("planned", "triaged", "in-progress", "finished", "cancelled", "entered-in-error"),
    "Communication": ("completed", "not-done", "entered-in-error"),
}
_MAKERS = {
    "ServiceRequest": request,
    "Task": task,
    "Appointment": appointment,
    "Encounter": visit,
    "Communication": call,
}


def _reference(number: int, how: int) -> Json:
    """Two requests, each by its identifier, by the sender's id, by both."""
    identifier = {
        "identifier": {"system": UBRN, "value": f"7000{number}"},
        "type": "ServiceRequest",
    }
    local = {"reference": f"ServiceRequest/S{number}"}
    return ({**identifier}, {**local}, {**identifier, **local})[how]


@st.composite
def fhir_events(draw: st.DrawFn) -> CareEvent:
    """A state of a thing of one of two referrals, by either side, sometimes about both."""
    kind = draw(st.sampled_from([*_MAKERS]))
    number = draw(st.integers(1, 2))
    made = _MAKERS[kind](draw(st.sampled_from(_STATUSES[kind])), draw(st.integers(0, 90)))
    made["id"] = f"{kind[0]}{number}"
    if draw(st.integers(0, 5)) == 0:
        # Nobody says when it was written: what counts is when it came, and it comes again.
        made["meta"] = {"source": "urn:unwritten"}
    if kind == "ServiceRequest":
        known = [{"system": UBRN, "value": f"7000{n}"} for n in (1, 2)] + [OF_V2]
        given = draw(st.lists(st.sampled_from(known), max_size=2))
        made.pop("identifier")
        made |= {"identifier": given} if given else {}
    elif kind == "Task":
        made["focus"] = _reference(draw(st.integers(1, 2)), draw(st.integers(0, 2)))
    else:
        element = "about" if kind == "Communication" else "basedOn"
        about = draw(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 2)), max_size=2))
        made[element] = [_reference(*each) for each in about]
        if not about:
            del made[element]
    source = draw(st.sampled_from([SENDER, RECEIVER]))
    received = SENT + timedelta(days=9, minutes=draw(st.integers(0, 3)))
    return event_of(made, source=source, received=received)


@st.composite
def v2_events(draw: st.DrawFn) -> CareEvent:
    """A REF or an RRI of the one referral, or a booking for it."""
    hours = draw(st.integers(0, 90))
    if draw(st.booleans()):
        status = draw(st.sampled_from(["A^Accepted", "P", "R^Rejected", "E", "C^Cancelled", ""]))
        trigger = draw(st.sampled_from(["I12", "I13", "I14", "I15"]))
        # Some senders use a control id twice: the first written message counts.
        body = ref(trigger, status, hours, draw(st.sampled_from(["", "", "", "K1", "K2"])))
    else:
        body = siu(draw(st.sampled_from(["S12", "S13", "S15", "S17", "S26"])), hours)
    received = {"received": SENT + timedelta(days=9, minutes=draw(st.integers(0, 2)))}
    return _event(body, draw(st.sampled_from([SENDER, RECEIVER])), received)


def histories(most: int = 8) -> st.SearchStrategy[list[CareEvent]]:
    """Events of two referrals in FHIR and of one in HL7 v2, as wild as they come."""
    return st.lists(fhir_events() | v2_events(), min_size=1, max_size=most)


def in_two(events: Sequence[CareEvent], cut: int) -> list[Sequence[CareEvent]]:
    return [events[:cut], events[cut:]]
