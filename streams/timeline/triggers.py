"""What each HL7 v2 message says on a timeline: one table of triggers, one of message codes.

Source: HL7 v2.8, chapters 3, 4, 7, 9, 10, 11 and 12; definitions, section 4.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from streams.timeline.scene import (
    Read,
    any_of,
    at_place,
    due,
    each,
    in_role,
    labelled,
    nothing,
    number,
    provider_name,
    provider_place,
    staff,
    together,
    worded,
    words,
)

HERE = at_place("PV1", 3, 11)
NEXT = at_place("PV1", 42, 3)
AWAY = at_place("PV1", 11, 42, 3)
FROM = labelled("from", at_place("PV1", 6))
WHY = any_of(words("PV2", 3), words("DG1", 4, 3))
ATTENDING = staff("PV1", 7, 17, 9)
GIVEN_UP = labelled("number given up:", number("MRG", 1, 5, 3))


class Words(NamedTuple):
    """How a message is told. `kind` is what a timeline is filtered by.

    `called` is what the source calls the thing: it is the title where `title` is empty, else the
    detail begins with it. `struck`: the message withdraws what it is a state of.
    """

    kind: str
    title: str
    detail: Read = nothing
    where: Read = HERE
    who: Read = ATTENDING
    called: Read = nothing
    struck: bool = False


def _person(title: str, detail: Read = nothing) -> Words:
    return Words("person", title, detail, nothing, nothing)


OF_TRIGGER: dict[str, Words] = {
    "ADT^A01": Words("admission", "Admitted to hospital", WHY),
    "ADT^A02": Words("transfer", "Moved ward", FROM),
    "ADT^A03": Words(
        "discharge",
        "Discharged from hospital",
        labelled("to", any_of(words("PV1", 37), worded("PV1", 36))),
        at_place("PV1", 3, 6),
    ),
    "ADT^A04": Words("contact", "Arrived", WHY),
    "ADT^A05": Words(
        "admission", "Admission planned", together(due("on", ("PV2", 8), ("EVN", 3)), WHY), NEXT
    ),
    "ADT^A06": Words("admission", "Became an inpatient", together(FROM, WHY)),
    "ADT^A07": Words("contact", "Became an outpatient", together(FROM, WHY)),
    "ADT^A08": Words("person", "Details of the visit updated", nothing),
    "ADT^A09": Words("transfer", "Left for another place", FROM, AWAY),
    "ADT^A10": Words("transfer", "Arrived at another place", FROM, AWAY),
    "ADT^A11": Words("admission", "Admission cancelled", worded("EVN", 4)),
    "ADT^A12": Words("transfer", "Move cancelled", worded("EVN", 4)),
    "ADT^A13": Words("discharge", "Discharge cancelled", worded("EVN", 4)),
    "ADT^A14": Words(
        "admission", "Admission expected", together(due("on", ("PV2", 8), ("EVN", 3)), WHY), NEXT
    ),
    "ADT^A15": Words(
        "transfer", "Move expected", together(due("on", ("EVN", 3)), labelled("from", HERE)), NEXT
    ),
    "ADT^A16": Words("discharge", "Discharge expected", due("on", ("PV2", 9), ("EVN", 3))),
    "ADT^A17": Words("transfer", "Changed beds with another person", FROM),
    "ADT^A18": _person("Records merged", GIVEN_UP),
    "ADT^A19": _person("Answer to a query about the person"),
    "ADT^A20": Words("record", "State of the bed updated"),
    "ADT^A21": Words(
        "leave",
        "Left on leave",
        together(labelled("from", HERE), due("back on", ("PV2", 47))),
        AWAY,
    ),
    "ADT^A22": Words("leave", "Returned from leave"),
    "ADT^A23": Words("admission", "Visit deleted"),
    "ADT^A24": _person("Records linked"),
    "ADT^A25": Words("discharge", "Expected discharge withdrawn"),
    "ADT^A26": Words("transfer", "Expected move withdrawn", nothing, NEXT),
    "ADT^A27": Words("admission", "Expected admission withdrawn", nothing, NEXT),
    "ADT^A28": _person("Personal details recorded"),
    "ADT^A29": _person("Person deleted at the source"),
    "ADT^A30": _person("Records merged", GIVEN_UP),
    "ADT^A31": _person("Personal details updated"),
    "ADT^A32": Words("transfer", "Arrival at another place cancelled", nothing, AWAY),
    "ADT^A33": Words("transfer", "Leaving for another place cancelled", nothing, AWAY),
    "ADT^A34": _person("Records merged", GIVEN_UP),
    "ADT^A35": _person("Accounts merged", GIVEN_UP),
    "ADT^A36": _person("Records merged", GIVEN_UP),
    "ADT^A37": _person("Records parted"),
    "ADT^A38": Words("admission", "Planned admission cancelled", nothing, NEXT),
    "ADT^A39": _person("Records merged", GIVEN_UP),
    "ADT^A40": _person("Records merged", GIVEN_UP),
    "ADT^A41": _person("Accounts merged", GIVEN_UP),
    "ADT^A42": _person("Visits merged", GIVEN_UP),
    "ADT^A43": _person("Number moved to another record", GIVEN_UP),
    "ADT^A44": _person("Account moved to another record", GIVEN_UP),
    "ADT^A45": _person("Visit moved to another record", GIVEN_UP),
    "ADT^A46": _person("Number changed", GIVEN_UP),
    "ADT^A47": _person("Number changed", GIVEN_UP),
    "ADT^A48": _person("Number changed", GIVEN_UP),
    "ADT^A49": _person("Account number changed", GIVEN_UP),
    "ADT^A50": _person("Visit number changed", GIVEN_UP),
    "ADT^A51": _person("Visit number changed", GIVEN_UP),
    "ADT^A52": Words("leave", "Leave cancelled"),
    "ADT^A53": Words("leave", "Return from leave cancelled"),
    "ADT^A54": Words("team", "Attending doctor changed", who=staff("PV1", 7)),
    "ADT^A55": Words("team", "Change of attending doctor cancelled", who=staff("PV1", 7)),
    "ADT^A60": Words(
        "alert", "Allergies updated", any_of(each("IAM", 3), each("AL1", 3)), nothing, nothing
    ),
    "ADT^A61": Words("team", "Consulting doctor changed", who=staff("PV1", 9)),
    "ADT^A62": Words("team", "Change of consulting doctor cancelled", who=staff("PV1", 9)),
}

SERVICE = any_of(words("AIS", 3), words("SCH", 8))
SCHEDULED = Words(
    "appointment",
    "Appointment",
    any_of(words("SCH", 7), words("SCH", 6)),
    any_of(at_place("AIL", 3), at_place("PV1", 3)),
    any_of(staff("AIP", 3), staff("SCH", 16)),
    SERVICE,
)
REFERRED = Words(
    "referral",
    "Referral",
    together(
        labelled("to", in_role(("RT",), provider_name)),
        words("RF1", 10),
        words("DG1", 4, 3),
    ),
    in_role(("RT",), provider_place),
    in_role(("RP",), provider_name),
    words("RF1", 3),
)
DOCUMENT = Words(
    "document", "", words("TXA", 16), nothing, staff("TXA", 9, 5, 10, 22), words("TXA", 2)
)
ORDER = Words(
    "referral",
    "Order",
    words("OBR", 31, 13),
    HERE,
    staff("ORC", 12),
    any_of(each("OBR", 4), words("RXO", 1), words("RXE", 2), words("ODS", 3)),
)
MEDICINE = Words("medication", "Medicine", nothing, HERE, staff("ORC", 12))

# A code's own row, and what a trigger of it changes in the title.
OF_CODE: dict[str, Words] = {
    "SIU": SCHEDULED,
    "REF": REFERRED,
    "RRI": REFERRED._replace(title="Answer to a referral"),
    "MDM": DOCUMENT,
    "ORU": Words("observation", "Result", where=nothing),
    "ORM": ORDER,
    "OMG": ORDER,
    "OML": ORDER,
    "OMP": ORDER,
    "RDE": MEDICINE._replace(title="Medicine ordered", called=words("RXE", 2)),
    "RDS": MEDICINE._replace(title="Medicine dispensed", called=words("RXD", 2)),
    "RAS": MEDICINE._replace(title="Medicine given", called=words("RXA", 5)),
    "VXU": Words("procedure", "", who=staff("RXA", 10), called=each("RXA", 5)),
    "PPR": Words("condition", "", who=nothing, called=each("PRB", 3)),
    "PGL": Words("plan", "", who=nothing, called=each("GOL", 3)),
    "DFT": Words("record", "Charge recorded", called=words("FT1", 7, 8)),
    "BAR": Words("record", "Account updated"),
}
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "SIU^S12": "Appointment booked",
        "SIU^S13": "Appointment rescheduled",
        "SIU^S14": "Appointment changed",
        "SIU^S15": "Appointment cancelled",
        "SIU^S16": "Appointment discontinued",
        "SIU^S17": "Appointment deleted",
        "SIU^S18": "Added to an appointment",
        "SIU^S19": "Changed in an appointment",
        "SIU^S20": "Cancelled in an appointment",
        "SIU^S21": "Discontinued in an appointment",
        "SIU^S22": "Deleted in an appointment",
        "SIU^S26": "Did not attend an appointment",
        "REF^I13": "Referral changed",
        "REF^I14": "Referral cancelled",
        "REF^I15": "Referral status asked for",
        "MDM^T03": "Status of a document changed",
        "MDM^T04": "Status of a document changed",
        "MDM^T05": "Addition to a document",
        "MDM^T06": "Addition to a document",
        "MDM^T07": "Document edited",
        "MDM^T08": "Document edited",
        "MDM^T11": "Document cancelled",
    }
)
WITHDRAWN = frozenset({"SIU^S17", "MDM^T11"})
# RF1-1 (HL7 table 0283): what has become of a referral, where the trigger does not say.
REFERRAL_STATES = {
    "A": "Referral accepted",
    "R": "Referral rejected",
    "E": "Referral expired",
    "C": "Referral cancelled",
}
# ORC-1 (HL7 table 0119): what is to happen, or has happened, to an order.
ORDER_STATES = {
    "CA": "Order cancelled",
    "CR": "Order cancelled",
    "OC": "Order cancelled",
    "DC": "Order stopped",
    "DR": "Order stopped",
    "OD": "Order stopped",
    "HD": "Order on hold",
    "OH": "Order on hold",
    "XO": "Order changed",
    "RP": "Order replaced",
}
# HL7 table 0270, where a document has no other name.
DOCUMENT_TYPES = {
    "AR": "Autopsy report",
    "CD": "Heart investigation",
    "CN": "Consultation",
    "DI": "Diagnostic imaging",
    "DS": "Discharge summary",
    "ED": "Emergency department report",
    "HP": "History and physical examination",
    "OP": "Operative report",
    "PC": "Psychiatric consultation",
    "PH": "Psychiatric history and physical examination",
    "PN": "Procedure note",
    "PR": "Progress note",
    "SP": "Surgical pathology",
    "TS": "Transfer summary",
}
NAMES = {"MDM": "Document", "VXU": "Vaccination", "PPR": "Problem", "PGL": "Goal"}
UNKNOWN = Words("record", "Message of an unknown kind")
