"""What an HL7 v2 message says on a timeline: one table of triggers, in words a person reads."""

from typing import NamedTuple

from schemas.events import CareEvent
from schemas.hl7v2 import Message, Segment, parse
from schemas.hl7v2.patients import groups_of
from schemas.hl7v2.values import place
from streams.timeline.entry import Entry


class Words(NamedTuple):
    """`kind` is what a timeline is filtered by."""

    kind: str
    title: str


OF_TRIGGER: dict[str, Words] = {
    "ADT^A01": Words("admission", "Admitted to hospital"),
    "ADT^A02": Words("transfer", "Moved ward"),
    "ADT^A03": Words("discharge", "Discharged from hospital"),
    "ADT^A04": Words("contact", "Arrived"),
    "ADT^A05": Words("admission", "Admission planned"),
    "ADT^A06": Words("admission", "Became an inpatient"),
    "ADT^A07": Words("contact", "Became an outpatient"),
    "ADT^A08": Words("person", "Details of the visit updated"),
    "ADT^A09": Words("transfer", "Left for another place"),
    "ADT^A10": Words("transfer", "Arrived at another place"),
    "ADT^A11": Words("admission", "Admission cancelled"),
    "ADT^A12": Words("transfer", "Move cancelled"),
    "ADT^A13": Words("discharge", "Discharge cancelled"),
    "ADT^A14": Words("admission", "Admission expected"),
    "ADT^A15": Words("transfer", "Move expected"),
    "ADT^A16": Words("discharge", "Discharge expected"),
    "ADT^A17": Words("transfer", "Changed beds"),
    "ADT^A18": Words("person", "Records merged"),
    "ADT^A21": Words("leave", "Left on leave"),
    "ADT^A22": Words("leave", "Returned from leave"),
    "ADT^A23": Words("admission", "Visit deleted"),
    "ADT^A24": Words("person", "Records linked"),
    "ADT^A25": Words("discharge", "Expected discharge withdrawn"),
    "ADT^A26": Words("transfer", "Expected move withdrawn"),
    "ADT^A27": Words("admission", "Expected admission withdrawn"),
    "ADT^A28": Words("person", "Personal details recorded"),
    "ADT^A29": Words("person", "Person deleted at the source"),
    "ADT^A30": Words("person", "Records merged"),
    "ADT^A31": Words("person", "Personal details updated"),
    "ADT^A32": Words("transfer", "Arrival at another place cancelled"),
    "ADT^A33": Words("transfer", "Leaving for another place cancelled"),
    "ADT^A34": Words("person", "Records merged"),
    "ADT^A35": Words("person", "Accounts merged"),
    "ADT^A36": Words("person", "Records merged"),
    "ADT^A37": Words("person", "Records parted"),
    "ADT^A38": Words("admission", "Planned admission cancelled"),
    "ADT^A39": Words("person", "Records merged"),
    "ADT^A40": Words("person", "Records merged"),
    "ADT^A41": Words("person", "Accounts merged"),
    "ADT^A42": Words("person", "Visits merged"),
    "ADT^A43": Words("person", "Number moved to another record"),
    "ADT^A44": Words("person", "Account moved to another record"),
    "ADT^A45": Words("person", "Visit moved to another record"),
    "ADT^A46": Words("person", "Number changed"),
    "ADT^A47": Words("person", "Number changed"),
    "ADT^A48": Words("person", "Number changed"),
    "ADT^A49": Words("person", "Account number changed"),
    "ADT^A50": Words("person", "Visit number changed"),
    "ADT^A51": Words("person", "Visit number changed"),
    "ADT^A52": Words("leave", "Leave cancelled"),
    "ADT^A53": Words("leave", "Return from leave cancelled"),
    "ADT^A54": Words("team", "Attending doctor changed"),
    "ADT^A55": Words("team", "Change of attending doctor cancelled"),
    "ADT^A60": Words("alert", "Allergies updated"),
    "ADT^A61": Words("team", "Consulting doctor changed"),
    "ADT^A62": Words("team", "Change of consulting doctor cancelled"),
}
OF_CODE: dict[str, Words] = {
    "SIU": Words("appointment", "Appointment"),
    "REF": Words("referral", "Referral"),
    "MDM": Words("document", "Document"),
    "ORU": Words("observation", "Result"),
    "ORM": Words("referral", "Order"),
    "OMG": Words("referral", "Order"),
}
UNKNOWN = Words("record", "Message of an unknown kind")


def entries_of_message(event: CareEvent) -> list[Entry]:
    """The one entry of a patient of a message: what its trigger says, and where."""
    message = parse(event.text())
    words = OF_TRIGGER.get(event.kind) or OF_CODE.get(event.kind[:3], UNKNOWN)
    visit = _visit_segment(message, event.part)
    where = place(visit, 3)
    return [
        Entry(
            "message",
            words.kind,
            words.title,
            at=event.occurred_start or event.recorded,
            until=event.occurred_end,
            place=where.ward or None,
            author=_name(visit, 7),
        )
    ]


def _visit_segment(message: Message, part: int) -> Segment:
    """The PV1 that goes with a patient; an empty one where there is none."""
    groups = groups_of(message)
    group = groups[part] if part < len(groups) else []
    return next((s for s in group if s.name == "PV1"), Segment("PV1", message.separators))


def _name(segment: Segment, number: int) -> str | None:
    """The name in an XCN field: given, family."""
    words = (segment.text(number, 3), segment.text(number, 2))
    return " ".join(word for word in words if word) or None
