"""Messages to begin with: one of every shape that the readers know."""

from typing import Any

import orjson

from tests import builders as fhir
from tests.unit.fhir import seeds as resources
from tests.unit.hl7v2.made import adt, evn, line, msh, pid, pv1

# Stands where a person's name stands: no refusal may repeat it. No name of an element or a type
# looks like this: those are what paths are made of.
SECRET = "Featherstone-Haugh"
_PID = pid(fields={5: f"{SECRET}^GIVEN", 32: "01"})


def _message(*segments: str) -> str:
    return "\r".join(segments)


def hl7v2() -> list[bytes]:
    """HL7 v2: each kind of message that has a reading of its own, batches, frames, characters."""
    texts = [
        *(adt(trigger, _PID, pv1()) for trigger in ("A01", "A02", "A03", "A08", "A11", "A13")),
        adt("A17", _PID, pv1("W1"), pid("2"), pv1("W2")),
        adt("A40", _PID, "MRG|9^^^PAS~8", pid("2"), "MRG|7"),
        adt("A24", _PID, pid("2")),
        adt("A45", _PID, "MRG|1||3||V9", pv1(), "MRG|1||3||V8", pv1()),
        adt("A21", _PID, pv1(), line("PV2", {47: "20260301", 22: "Y"}), "ARV|1|A|DEM"),
        "\r".join([msh("SIU^S12"), "SCH|1|2|||||||||^^30^20260401100000^20260401103000", _PID]),
        "\r".join([msh("REF^I12"), line("RF1", {1: "P", 6: "R1", 7: "20260401"}), _PID]),
        "\r".join(
            [msh("MDM^T02"), line("TXA", {2: "DS", 4: "20260401", 12: "D1"}), "OBX|1|TX|||x"]
        ),
        "\r".join(
            [msh("ORU^R01"), _PID, line("OBR", {4: "1^BP", 7: "20260401"}), "OBX|1|NM|1^A||7"]
        ),
        "\r".join([msh("ORM^O01"), _PID, line("ORC", {1: "NW", 9: "20260401"})]),
        "\r".join(
            ["FHS|^~\\&|A", "BHS|^~\\&|A", adt("A01", msh_10="1"), adt("A03"), "BTS|2", "FTS|1"]
        ),
        f"\x0b{adt('A01')}\x1c\r\x0b{adt('A03')}\x1c\r",
        adt("A01").replace("|", "$").replace("^", "*").replace("&", "/"),
        _message("MSH|^~\\&#|A|B|||20260101||ADT^A01|7|P|2.7", evn(), _PID, "NTE|1||\\P\\#"),
        adt("A01", _PID, "NTE|1||\\F\\\\S\\\\R\\\\E\\\\T\\\\X41\\\\.br\\\\H\\x\\N\\\\Zq\\"),
    ]
    return [
        *(text.encode() for text in texts),
        adt("A01", pid(fields={5: "ZOË"}), msh_18="8859/1").encode("iso8859-1"),
        adt("A01", pid(fields={5: "山田"}), msh_18="UNICODE UTF-16").encode("utf-16"),
        adt("A01", pid(fields={5: "山田"}), msh_18="~ISO IR87").encode("iso2022_jp"),
        texts[0].replace("\r", "\r\n").encode("utf-8-sig"),
    ]


def json() -> list[bytes]:
    """FHIR: single resources, every kind of Bundle, deletions, contained resources, references."""
    named = resources.PATIENT | {"name": [{"family": SECRET, "given": ["Given"]}]}
    stay = fhir.encounter(location=[fhir.at_ward("W1", "2026-02-01T09:00:00Z")])
    found: list[dict[str, Any]] = [
        named,
        resources.ENCOUNTER,
        fhir.verified(),
        stay,
        fhir.observation(),
        fhir.bundle("message", fhir.message_header(), named, stay, fhir.observation()),
        fhir.bundle("transaction", named, stay),
        fhir.bundle("collection", named, fhir.observation()),
        fhir.history(fhir.put(stay), fhir.delete("Encounter/e1"), fhir.delete("Task?identifier=7")),
        {
            "resourceType": "Appointment",
            "id": "a1",
            "status": "booked",
            "contained": [{"resourceType": "Patient", "id": "p", "birthDate": "1948-02-29"}],
            "participant": [{"actor": {"reference": "#p"}, "status": "accepted"}],
        },
        {
            "resourceType": "ServiceRequest",
            "status": "active",
            "intent": "order",
            "subject": {"identifier": fhir.nhs_identifier()},
        },
        {
            "resourceType": "Task",
            "id": "t1",
            "status": "requested",
            "intent": "order",
            "for": {"reference": "urn:uuid:1"},
        },
        {
            "resourceType": "Flag",
            "id": "f1",
            "status": "active",
            "code": {"text": "x"},
            "subject": {"reference": "Patient/person-1"},
        },
    ]
    return [orjson.dumps(each) for each in found]


SEEDS = {"hl7": hl7v2, "json": json}
