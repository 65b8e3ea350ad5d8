"""Small valid resources, of the shape that UK services send, to start tests from."""

from typing import Any

Json = dict[str, Any]

NHS_NUMBER = "https://fhir.nhs.uk/Id/nhs-number"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

ENCOUNTER: Json = {
    "resourceType": "Encounter",
    "id": "stay-1",
    "meta": {
        "versionId": "2",
        "lastUpdated": "2026-01-31T09:30:00.123Z",
        "profile": ["https://fhir.hl7.org.uk/StructureDefinition/UKCore-Encounter"],
    },
    "extension": [
        {
            "url": "https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-LegalStatus",
            "valueCodeableConcept": {"text": "informal"},
        }
    ],
    "identifier": [{"system": "https://example.nhs.uk/stays", "value": "S1", "use": "official"}],
    "status": "in-progress",
    "statusHistory": [{"status": "arrived", "period": {"start": "2026-01-30T23:10:00+00:00"}}],
    "class": {"system": ACT_CODE, "code": "IMP", "display": "inpatient encounter"},
    "priority": {"coding": [{"code": "EM", "userSelected": True}]},
    "subject": {"reference": "Patient/person-1", "type": "Patient"},
    "period": {"start": "2026-01-31T01:00:00+00:00", "end": "2026-02"},
    "length": {"value": 2.5, "unit": "d", "comparator": ">="},
    "diagnosis": [{"condition": {"reference": "Condition/c1"}, "rank": 1}],
    "location": [{"location": {"reference": "Location/ward-5"}, "status": "active"}],
}

PATIENT: Json = {
    "resourceType": "Patient",
    "id": "person-1",
    "contained": [{"resourceType": "Organization", "id": "practice", "name": "A practice"}],
    "identifier": [{"system": NHS_NUMBER, "value": "9990000026"}],
    "active": True,
    "name": [{"family": "Example", "given": ["Test", None], "_given": [None, {"id": "g2"}]}],
    "gender": "female",
    "birthDate": "1948-02-29",
    "_birthDate": {
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-birthTime",
                "valueDateTime": "1948-02-29T04:15:00Z",
            }
        ]
    },
    "deceasedBoolean": False,
    "multipleBirthInteger": 2,
    "telecom": [{"system": "phone", "use": "home", "rank": 1, "value": "01632 960000"}],
    "address": [{"line": ["1 Example Street"], "postalCode": "ZZ99 3WZ"}],
    "communication": [{"language": {"text": "English"}, "preferred": True}],
    "generalPractitioner": [{"reference": "#practice"}],
}

SERVICE_REQUEST: Json = {
    "resourceType": "ServiceRequest",
    "id": "referral-1",
    "status": "active",
    "intent": "order",
    "priority": "urgent",
    "subject": {"reference": "Patient/person-1"},
    "authoredOn": "2026-01-31T10:00:00+01:00",
    "occurrencePeriod": {"start": "2026-02-01", "end": "2026-02-14"},
    "asNeededBoolean": False,
    "note": [{"text": "Please see at home.", "authorString": "Ward 5"}],
}

TASK: Json = {
    "resourceType": "Task",
    "id": "task-1",
    "instantiatesUri": "https://example.nhs.uk/pathway/1",
    "status": "requested",
    "intent": "order",
    "focus": {"reference": "ServiceRequest/referral-1"},
    "for": {"reference": "Patient/person-1"},
    "lastModified": "2026-01-31T10:00:00Z",
    "restriction": {"repetitions": 1, "period": {"end": "2026-02-14"}},
    "input": [{"type": {"text": "reason"}, "valueString": "falls"}],
}

OBSERVATION: Json = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "Clinical frailty scale"},
    "effectiveInstant": "2026-01-31T10:00:00Z",
    "valueQuantity": {"value": 6},
    "component": [{"code": {"text": "time"}, "valueTime": "10:00:00"}],
}

MESSAGE_HEADER: Json = {
    "resourceType": "MessageHeader",
    "id": "message-1",
    "eventCoding": {"system": "https://fhir.nhs.uk/CodeSystem/message-events", "code": "admit"},
    "source": {"endpoint": "https://example.nhs.uk/fhir"},
    "focus": [{"reference": "urn:uuid:0d1f5c6a-1f4e-4c1f-9d8e-3a0a5b6c7d8e"}],
}

MESSAGE: Json = {
    "resourceType": "Bundle",
    "id": "bundle-1",
    "type": "message",
    "timestamp": "2026-01-31T10:00:00Z",
    "entry": [
        {
            "fullUrl": "urn:uuid:6b1de7a2-92a1-4d4a-8a5e-2f7d3f6b1c90",
            "resource": MESSAGE_HEADER,
        },
        {
            "fullUrl": "urn:uuid:0d1f5c6a-1f4e-4c1f-9d8e-3a0a5b6c7d8e",
            "resource": ENCOUNTER,
        },
        {
            "fullUrl": "urn:uuid:4f9f3ab4-63a0-4b57-8b8f-0ed4c7b60d11",
            "resource": PATIENT,
        },
    ],
}

SEEDS = [ENCOUNTER, PATIENT, SERVICE_REQUEST, TASK, OBSERVATION, MESSAGE_HEADER, MESSAGE]
